import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { mintToken } from "../../src/cli/token.ts";
import { systemClock } from "../../src/system/clock.ts";
import { usageOf } from "../usage.ts";
import type { Look } from "./look.ts";

const main = join(import.meta.dirname, "../../dist/main.js");
/** Messages a room keeps: few, so that slow readers fall off and rooms are full before the first look. */
const HISTORY = 200;
/** From this level on pino's lines are trouble: `error`. */
const ERROR = 50;
/** How long a server without clients may take to stop. */
const STOP_MS_MAX = 10_000;

/** What can be seen of a server from outside, at any time and at no cost to it. */
export interface Outside {
  residentMb: number;
  descriptors: number;
  /** Those of them that are sockets. */
  sockets: number;
}

/** Plume as it is run, with a probe in it: see `probe.ts`. */
export class SoakedServer {
  readonly #child: ChildProcess;
  readonly #secret: Buffer;
  /** Errors the server has logged, and what it said when it died. */
  readonly errors: readonly string[];
  /** On 127.0.0.1. */
  readonly port: number;

  private constructor(child: ChildProcess, secret: Buffer, port: number, errors: readonly string[]) {
    this.#child = child;
    this.#secret = secret;
    this.port = port;
    this.errors = errors;
  }

  static async start(probe: string): Promise<SoakedServer> {
    const secret = Buffer.from(randomBytes(32).toString("hex"));
    const folder = mkdtempSync(join(tmpdir(), "plume-soak-"));
    const secretFile = join(folder, "secret");
    writeFileSync(secretFile, secret, { mode: 0o600 });
    const { PATH, HOME } = process.env;
    const env = {
      PATH,
      HOME,
      PLUME_PORT: "0",
      PLUME_SECRET_FILE: secretFile,
      PLUME_HISTORY: String(HISTORY),
      PLUME_LOG_LEVEL: "error",
    };
    const args = ["--expose-gc", "--no-warnings", "--import", probe, main];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    process.once("exit", () => child.kill("SIGKILL"));
    const errors: string[] = [];
    void collectErrors(child.stderr, errors);
    try {
      return new SoakedServer(child, secret, await portOf(child.stdout), errors);
    } finally {
      rmSync(folder, { recursive: true }); // it is read once, before the server listens
    }
  }

  /** Whether the process is there. */
  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  token(name: string): string {
    const minted = mintToken({ name, email: `${name}@example.org` }, this.#secret, systemClock);
    if (minted.kind === "wrong") throw new Error(minted.sentence);
    return minted.token;
  }

  outside(): Outside {
    const folder = `/proc/${this.#pid}/fd`;
    const targets = readdirSync(folder).map((descriptor) => targetOf(join(folder, descriptor)));
    return {
      residentMb: usageOf(this.#pid).memoryMb,
      descriptors: targets.length,
      sockets: targets.filter((target) => target.startsWith("socket:")).length,
    };
  }

  /** Collects garbage and looks. Holds the server up for a second or more. */
  async look(): Promise<Look> {
    const answered: Promise<[Look]> = once(this.#child, "message").then(([look]) => [look]);
    this.#child.send("look");
    const died = once(this.#child, "exit").then(() => {
      throw new Error("the server died");
    });
    const [look] = await Promise.race([answered, died]);
    return look;
  }

  /** Stops it as an operator does. Returns its exit code; undefined when it had to be killed. */
  async stop(): Promise<number | undefined> {
    if (this.runs) {
      const killing = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
      clearTimeout(killing);
    }
    return this.#child.exitCode ?? undefined;
  }

  get #pid(): number {
    const { pid } = this.#child;
    if (pid === undefined || !this.runs) throw new Error("the server died");
    return pid;
  }
}

async function collectErrors(stderr: Readable | null, errors: string[]): Promise<void> {
  if (stderr === null) throw new Error("a server without stderr");
  for await (const line of createInterface(stderr)) {
    const level = /^{"level":(\d+)/.exec(line)?.[1];
    if (level === undefined || Number(level) >= ERROR) errors.push(line);
  }
}

async function portOf(stdout: Readable | null): Promise<number> {
  if (stdout === null) throw new Error("a server without stdout");
  const lines = createInterface(stdout);
  for await (const line of lines) {
    const port = /^Plume listens on http:.*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("the server ended before it listened");
}

/** A descriptor may be closed while its folder is read. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return "";
  }
}
