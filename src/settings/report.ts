import { formatBytes, inMib, type MemoryCeiling } from "../memory/ceiling.ts";
import type { InForce } from "./reader.ts";
import type { Settings } from "./settings.ts";

/**
 * What `plume check` prints: every setting in force with where it comes from, the memory ceiling by its parts, and what
 * there is to say of the state directory.
 */
export function settingsReport(inForce: readonly InForce[], ceiling: MemoryCeiling, state: string): string {
  const settings = inForce.map(({ setting, text, source }) => [setting.environment, text, `(${source})`]);
  const parts = ceiling.parts.map(({ name, bytes, formula }) => [name, formatBytes(bytes), `(${formula})`]);
  const least = `(PLUME_MEMORY_MIB takes ${inMib(ceiling.leastBytes)} or more with these settings)`;
  return [
    "Settings in force",
    ...columns(settings),
    "",
    "Memory this process takes at most; the kernel's buffers for sockets are beside it",
    ...columns([...parts, ["in all", `${inMib(ceiling.bytes)} MiB`, least]]),
    "",
    "State directory",
    `  ${state}`,
    "",
  ].join("\n");
}

/** Settings that work and are not fit for production, as sentences for the log. */
export function settingsWarnings({ production, secret, origins, host }: Settings): readonly string[] {
  if (!production) return [];
  const warnings: [boolean, string][] = [
    [
      secret.kind === "random",
      "Neither PLUME_STATE_DIR nor PLUME_SECRET_FILE is set: everybody has to log in again whenever this server restarts.",
    ],
    [
      origins.kind === "own",
      `PLUME_ORIGINS is not set: only pages opened as http://${host} and the like may connect; behind a proxy set it to the public origin.`,
    ],
  ];
  return warnings.filter(([applies]) => applies).map(([, sentence]) => sentence);
}

/** What whoever starts a server to try it has to know, for the line that says that it listens. */
export function settingsNotes({ mail, state }: Settings): Readonly<Record<string, string>> {
  return {
    ...(mail.kind === "terminal" && {
      codes: "login codes are printed to stdout and not mailed: PLUME_SMTP_URL is not set",
    }),
    ...(state.kind === "memory" && {
      state: "rooms and names are in memory only and end with this process: PLUME_STATE_DIR is not set",
    }),
  };
}

function columns(rows: readonly string[][]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  return rows.map(([a = "", b = "", c = ""]) => `  ${a.padEnd(first)}  ${b.padEnd(second)}  ${c}`.trimEnd());
}
