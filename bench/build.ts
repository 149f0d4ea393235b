import { join } from "node:path";
import { build } from "vite";

const outDir = join(import.meta.dirname, "../dist/bench");

/**
 * Makes plain JavaScript of the programs that are measured, for they have to run as the product does: a loader of
 * TypeScript in a process would be measured too. Returns the files, by the names given.
 */
export async function buildPrograms<Name extends string>(sources: Record<Name, string>) {
  await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    build: { ssr: true, outDir, target: "node20", rolldownOptions: { input: sources } },
  });
  return (name: Name): string => join(outDir, `${name}.js`);
}
