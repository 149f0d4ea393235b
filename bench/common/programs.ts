import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { build } from "vite";

/** A program of plain JavaScript that runs in a Node of its own. Server and load have a core each, where that can be had. */
export interface Program {
  role: "server" | "load";
  file: string;
  /** All of its environment beside PATH and HOME. */
  env: Record<string, string>;
}

/** A program that was told what to do. */
export interface Conversation {
  /** The next line that it prints. Rejects when it ends without one. */
  next(): Promise<string>;
  /** Ends its stdin. */
  finish(): void;
}

/** Whether programs are held to their cores, which takes Linux's `taskset` and two cores. */
const pinned = spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;
const coreOf = { server: "0", load: "1" } as const;

/** A program that takes longer is killed: more than the longest row takes. */
const PROGRAM_MS_MAX = 10 * 60 * 1000;

/** Programs that run. None outlives this process. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

const outDir = join(import.meta.dirname, "../../dist/bench");

/**
 * Compiles the programs that are measured to plain JavaScript, as the product is: a loader of TypeScript inside their
 * process would be measured too. Returns the files by the names given.
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

/** Starts a server, and waits for the line of its stdout in which `pattern` finds the port. */
export async function startServer(program: Program, pattern: RegExp) {
  const { child, next } = start(program);
  for (;;) {
    const port = pattern.exec(await next())?.[1];
    if (port !== undefined && child.pid !== undefined) {
      return { pid: child.pid, port: Number(port), stop: () => stop(child) };
    }
  }
}

/** Runs a program with `line` on its stdin. */
export function talkTo(program: Program, line: string): Conversation {
  const { child, next } = start(program);
  child.stdin.write(`${line}\n`);
  return { next, finish: () => void child.stdin.end() };
}

/** What every program has of this process's environment. */
export function minimalEnv() {
  const { PATH, HOME } = process.env;
  return { PATH, HOME };
}

/** Kills a child that still runs when this process ends. */
export function killAtExit(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** Where a run took place. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  system: string;
  node: string;
  /** Whether server and load had a core each. */
  pinned: boolean;
}

export function thisMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown CPU",
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    pinned,
  };
}

/** A machine in a line, without who had which core. */
export function describeMachine({ cpu, cores, memoryGb, system, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}`;
}

function start({ role, file, env }: Program) {
  const command = [...(pinned ? ["taskset", "-c", coreOf[role]] : []), process.execPath, file];
  const [program = process.execPath, ...args] = command;
  const child = spawn(program, args, { env: { ...minimalEnv(), ...env }, timeout: PROGRAM_MS_MAX });
  killAtExit(child);
  const errors = text(child.stderr);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done) throw new Error(`${file} ended:\n${await errors}`);
    return line.value;
  };
  return { child, next };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
