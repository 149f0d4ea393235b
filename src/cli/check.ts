import { formatBytes, memoryCeiling, stateCeiling } from "../memory/ceiling.ts";
import type { InForce } from "../settings/reader.ts";
import { settingsReport } from "../settings/report.ts";
import type { Settings } from "../settings/settings.ts";
import { loadAddressKey } from "../store/address-key.ts";
import { findHead } from "../store/head-file.ts";
import { loadSecret } from "../store/secret-file.ts";
import { inspectStateDirectory, placesIn } from "../store/state-directory.ts";
import { quote } from "../system/printable.ts";
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
      return inspected.isOpen
        ? done(`others can get at it, until the server closes it to them at its start; ${atMost}`)
        : inspectWritten(settings.state.path, `${formatBytes(inspected.bytes)} on disk`, atMost);
  }
}

/** How far the database has come, and whether the address key is there. Whether the database is whole only a start can tell. */
function inspectWritten(directory: string, onDisk: string, atMost: string): Outcome {
  const addressKey = loadAddressKey(directory);
  if (addressKey.kind === "wrong") return addressKey;
  const found = findHead(placesIn(directory).head);
  switch (found.kind) {
    case "missing":
      return done(`${onDisk}; ${atMost}`);
    case "damaged": {
      const sentence = `The state directory ${quote(directory)} is damaged (its file "head"): restore it from a backup, or run \`plume repair\`.`;
      return { kind: "wrong", sentence };
    }
    case "found":
      return done(`${onDisk}, ${found.head.entries} entries after ${found.head.writes} writes; ${atMost}`);
  }
}

function done(text: string): Outcome {
  return { kind: "done", text };
}
