import { readFileSync } from "node:fs";

/** The product's version, from `package.json`, which lies two folders above both `src/system` and `dist/system`. */
export const version: string = readVersion(new URL("../../package.json", import.meta.url));

function readVersion(file: URL): string {
  const json: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (typeof json === "object" && json !== null && "version" in json && typeof json.version === "string") {
    return json.version;
  }
  throw new Error(`no version in ${file.pathname}`);
}
