import { formatBytes, memoryCeiling, stateCeiling } from "../memory/ceiling.ts";
import type { InForce } from "../settings/reader.ts";
import { settingsReport } from "../settings/report.ts";
import type { Settings } from "../settings/settings.ts";
import { loadSecret } from "../store/secret-file.ts";
import { inspectStateDirectory } from "../store/state-directory.ts";
import type { Outcome } from "./outcome.ts";

/** `plume check`: the settings in force, the memory ceiling, and whether the files they name can be used. Changes nothing. */
export function check({ settings, inForce }: { settings: Settings; inForce: readonly InForce[] }): Outcome {
  const state = inspectState(settings);
  if (state.kind !== "done") return state;
  if (settings.secret.kind === "file") {
    const loaded = loadSecret(settings.secret.path);
    if (loaded.kind === "wrong") return loaded;
  }
  return { kind: "done", text: settingsReport(inForce, memoryCeiling(settings), state.text) };
}

/** What there is to say of the state directory, without opening it: a server may be using it. */
function inspectState(settings: Settings): Outcome {
  if (settings.state.kind === "memory") return done("none: rooms and names end with the process");
  const inspected = inspectStateDirectory(settings.state.path);
  const atMost = `at most ${formatBytes(stateCeiling(settings))}`;
  switch (inspected.kind) {
    case "wrong":
      return inspected;
    case "missing":
      return done(`not there yet, the server makes it; ${atMost}`);
    case "empty":
      return done(`empty yet; ${atMost}`);
    case "found":
      return done(`${formatBytes(inspected.bytes)} on disk; ${atMost}`);
  }
}

function done(text: string): Outcome {
  return { kind: "done", text };
}
