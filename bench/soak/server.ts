import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../src/limits.ts";
import { killAtExit, minimalEnv } from "../common/programs.ts";
import { usageOf } from "../common/usage.ts";
import { plumeFile, plumeListens, withSecretFile } from "../servers/servers.ts";

/** Messages a room keeps: few, so that slow readers fall behind and rooms are full before the first snapshot. */
const HISTORY = 200;
/** From this level on pino's lines are trouble: `error`. */
const ERROR = 50;
/** How long a server without clients may take to stop. */
const STOP_MS_MAX = 10_000;

/** How long a rest takes: who was lost has left every room by then, and nothing is sent again and again. */
export const restMs = limits.graceMs + 3000;
/** How long after that the last connections may take to end: about what uWebSockets gives a client that reads nothing. */
const LATE_MS_MAX = 30_000;

/** What can be seen of a server from outside, at any time and at no cost to it. */
export interface OutsideView {
  residentMb: number;
  descriptors: number;
  /** Those of them that are sockets. */
  sockets: number;
}

/** What the probe tells of the server's process after a garbage collection. */
export interface ProbeReport {
  heapMb: number;
  /** Outside the heap, buffers included. */
  externalMb: number;
  /** What keeps Node's event loop busy. */
  handles: number;
  // Objects that are reachable:
  timers: number;
  connections: number;
  clients: number;
  rooms: number;
  channels: number;
  followers: number;
  deadlines: number;
  promises: number;
}

/** The numbers of a server at rest, which have to be again as they were. */
export interface Snapshot extends OutsideView, ProbeReport {}

/** Plume as it is run, with a probe in it: see `probe.ts`. */
export class SoakedServer {
  readonly #child: ChildProcess;
  /** Errors that the server has logged, and what it said when it died. */
  readonly errors: readonly string[];
  /** On 127.0.0.1. */
  readonly port: number;
  /** What a client of that name logs in with. */
  readonly token: (name: string) => string;

  private constructor(
    child: ChildProcess,
    errors: readonly string[],
    port: number,
    token: (name: string) => string,
  ) {
    this.#child = child;
    this.errors = errors;
    this.port = port;
    this.token = token;
  }

  /** @param probe the URL of the built probe. */
  static async start(probe: string): Promise<SoakedServer> {
    return withSecretFile(async (secretFile, token) => {
      const env = {
        ...minimalEnv(),
        PLUME_PORT: "0",
        PLUME_SECRET_FILE: secretFile,
        PLUME_HISTORY: String(HISTORY),
        PLUME_LOG_LEVEL: "error",
      };
      const args = ["--expose-gc", "--no-warnings", "--import", probe, plumeFile];
      const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
      killAtExit(child);
      const errors: string[] = [];
      void collectErrors(child.stderr, errors);
      return new SoakedServer(child, errors, await portOf(child.stdout), token);
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  outside(): OutsideView {
    const folder = `/proc/${this.#pid}/fd`;
    const targets = readdirSync(folder).map((descriptor) => targetOf(join(folder, descriptor)));
    return {
      residentMb: usageOf(this.#pid).memoryMb,
      descriptors: targets.length,
      sockets: targets.filter((target) => target.startsWith("socket:")).length,
    };
  }

  /** Waits until the server is at rest, and takes a snapshot. */
  async snapshotAtRest(): Promise<Snapshot> {
    const lateMs = Date.now() + restMs + LATE_MS_MAX;
    await sleep(restMs);
    for (;;) {
      const snapshot = await this.snapshot();
      if (snapshot.connections === 0 || Date.now() > lateMs) return snapshot;
      await sleep(2000);
    }
  }

  /** Collects the server's garbage and has its objects counted, which holds it up for a second or more. */
  async snapshot(): Promise<Snapshot> {
    const answered: Promise<[ProbeReport]> = once(this.#child, "message").then(([report]) => [report]);
    this.#child.send("report");
    const died = once(this.#child, "exit").then(() => {
      throw new Error("the server died");
    });
    const [report] = await Promise.race([answered, died]);
    return { ...this.outside(), ...report };
  }

  /** Stops it as an operator does. Returns its exit code; undefined when it had to be killed. */
  async stop(): Promise<number | undefined> {
    if (this.isRunning) {
      const killing = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
      clearTimeout(killing);
    }
    return this.#child.exitCode ?? undefined;
  }

  get #pid(): number {
    const { pid } = this.#child;
    if (pid === undefined || !this.isRunning) throw new Error("the server died");
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
  for await (const line of createInterface(stdout)) {
    const port = plumeListens.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("the server ended before it listened");
}

/** "" of a descriptor that was closed while its folder was read. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    return "";
  }
}
