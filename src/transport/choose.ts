import type { TransportName } from "../settings/table.ts";
import type { Listen } from "./endpoint.ts";

/** What listens for sockets. */
export interface Transport {
  name: TransportName;
  listen: Listen;
}

export type Choice =
  | ({ kind: "chosen"; warnings: readonly string[] } & Transport)
  /** The library that was asked for cannot be loaded; a sentence for people. */
  | { kind: "failed"; sentence: string };

/** Loads the transport that was asked for: only that, so that a binary nobody wants harms nobody. */
export async function chooseTransport(wanted: TransportName | "auto"): Promise<Choice> {
  if (wanted === "ws") return loadWs([]);
  const uws = await loadUws();
  if (uws.kind === "loaded") return { kind: "chosen", name: "uws", listen: uws.listen, warnings: [] };
  const problem = `uWebSockets.js cannot be loaded on this machine (${uws.reason})`;
  if (wanted === "auto") {
    return loadWs([`${problem}: sockets are served by ws instead, which works the same and is slower`]);
  }
  return {
    kind: "failed",
    sentence:
      `${problem}: use Node 20 on Linux with glibc 2.31 or newer, macOS or Windows, and install with npm ci; ` +
      "or set PLUME_TRANSPORT=ws, or leave it out.",
  };
}

async function loadWs(warnings: readonly string[]): Promise<Choice> {
  const { listenWithWs } = await import("./ws.ts");
  return { kind: "chosen", name: "ws", listen: listenWithWs, warnings };
}

type LoadedUws = { kind: "loaded"; listen: Listen } | { kind: "unloadable"; reason: string };

async function loadUws(): Promise<LoadedUws> {
  try {
    const { listenWithUws } = await import("./uws.ts");
    return { kind: "loaded", listen: listenWithUws };
  } catch (cause) {
    return { kind: "unloadable", reason: reasonOf(cause) };
  }
}

/** uWebSockets.js says first which versions of Node there are, and then in a line of its own why it can't be loaded. */
function reasonOf(cause: unknown): string {
  const lines = String(cause).split("\n");
  const line = lines.findLast((candidate) => candidate.startsWith("Error: ")) ?? lines[0] ?? "";
  return line.replace("Error: ", "");
}
