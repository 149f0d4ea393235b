import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sessionToken } from "../common/login.ts";
import { startServer } from "../common/programs.ts";
import type { DialectName } from "../load/dialects.ts";

/** A server to compare: who logs in is in one room, where everybody gets every line. */
export interface Competitor {
  name: string;
  dialect: DialectName;
  /** Whether it promises to lose, double and reorder nothing: then a run fails when it does. */
  promisesAll: boolean;
  start(): Promise<RunningServer>;
}

/** A server that listens, in a process of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  /** What a client of that name logs in with. */
  token(name: string): string;
}

/** Sources of the servers that are not the product. */
export const serverSources = {
  publish: `${import.meta.dirname}/publish-main.ts`,
  ws: `${import.meta.dirname}/ws-loop-main.ts`,
  socketIo: `${import.meta.dirname}/socket-io-main.ts`,
};

/** All that are compared, in the order of every report. @param fileOf what their sources were built to. */
export function competitorsOf(fileOf: (name: keyof typeof serverSources) => string) {
  return {
    plumeV1: plume("plume v1", "v1"),
    plumeV2: plume("plume v2", "v2"),
    /** uWebSockets' own `publish`: a chat server without everything but the fan-out. */
    publish: baseline("uWS publish", "v1", fileOf("publish")),
    ws: baseline("ws loop", "v1", fileOf("ws")),
    socketIo: baseline("socket.io", "socket.io", fileOf("socketIo")),
  };
}

export type Competitors = ReturnType<typeof competitorsOf>;

/** More sockets than any scenario opens. */
const CLIENTS_MAX = 20_000;

/** Plume as it is run, but with no limit on how fast one client talks, and a log of nothing but trouble. */
export function plume(name: string, dialect: "v1" | "v2"): Competitor {
  return {
    name,
    dialect,
    promisesAll: true,
    start: () =>
      withSecretFile(async (secretFile, token) => {
        const env = {
          PLUME_PORT: "0",
          PLUME_SECRET_FILE: secretFile,
          PLUME_MAX_CLIENTS: String(CLIENTS_MAX),
          PLUME_MESSAGES_PER_SECOND: "0",
          PLUME_LOG_LEVEL: "warn",
        };
        const { pid, port, stop } = await startServer({ role: "server", file: plumeFile, env }, plumeListens);
        return { pid, port, token, [Symbol.asyncDispose]: stop };
      }),
  };
}

export const plumeFile = join(import.meta.dirname, "../../dist/main.js");

/** Finds the port in the line that Plume prints when it listens. */
export const plumeListens = /^Plume listens on http:.*:(\d+)$/;

/** Has a new secret in a file while `start` runs: a server reads it once, before it listens. */
export async function withSecretFile<T>(
  start: (secretFile: string, token: (name: string) => string) => Promise<T>,
): Promise<T> {
  const secret = Buffer.from(randomBytes(32).toString("hex"));
  const folder = mkdtempSync(join(tmpdir(), "plume-bench-"));
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, secret, { mode: 0o600 });
  try {
    return await start(secretFile, (name) => sessionToken(name, secret));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A server that does nothing but the fan-out. It believes everybody: a token is a name. */
function baseline(name: string, dialect: DialectName, file: string): Competitor {
  return {
    name,
    dialect,
    promisesAll: false,
    async start() {
      const { pid, port, stop } = await startServer(
        { role: "server", file, env: {} },
        /^listening on (\d+)$/,
      );
      return { pid, port, token: (user) => user, [Symbol.asyncDispose]: stop };
    },
  };
}
