import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintToken } from "../../src/cli/token.ts";
import { systemClock } from "../../src/system/clock.ts";
import { startServer } from "../programs.ts";
import type { Competitor, RunningServer } from "./server.ts";

const file = join(import.meta.dirname, "../../dist/main.js");

/** More sockets than any scenario opens. */
const CLIENTS_MAX = 20_000;

/** Plume as it is run, but with no limit on how fast one client talks, and a log of nothing but trouble. */
export function plume(name: string, dialect: "v1" | "v2"): Competitor {
  return { name, dialect, promisesAll: true, start };
}

async function start(): Promise<RunningServer> {
  const secret = Buffer.from(randomBytes(32).toString("hex"));
  const folder = mkdtempSync(join(tmpdir(), "plume-bench-"));
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const env = {
    PLUME_PORT: "0",
    PLUME_SECRET_FILE: secretFile,
    PLUME_MAX_CLIENTS: String(CLIENTS_MAX),
    PLUME_MESSAGES_PER_SECOND: "0",
    PLUME_LOG_LEVEL: "warn",
  };
  try {
    const server = await startServer({ role: "server", file, env }, /^Plume listens on http:.*:(\d+)$/);
    return {
      pid: server.pid,
      port: server.port,
      token(name) {
        const minted = mintToken({ name, email: `${name}@example.org` }, secret, systemClock);
        if (minted.kind === "wrong") throw new Error(minted.sentence);
        return minted.token;
      },
      [Symbol.asyncDispose]: server.stop,
    };
  } finally {
    rmSync(folder, { recursive: true }); // it is read once, before the server listens
  }
}
