import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

/** Who a program is: they get a core each, where that can be asked for. */
export type Role = "server" | "load";

const coreOf: Record<Role, string> = { server: "0", load: "1" };

/** Whether programs are held to their cores: that takes Linux's `taskset`, and two cores that we may use. */
export const pinned = spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;

/** A program that takes longer is killed: more than the longest row takes. */
const PROGRAM_MS_MAX = 10 * 60 * 1000;

/** Programs that run. None is left behind when this process ends. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

/** A program of ours: plain JavaScript, in a Node of its own with an environment of its own. */
export interface Program {
  role: Role;
  file: string;
  env?: Record<string, string>;
}

/** Starts a server and waits for the line of its stdout that `pattern` finds the port in. */
export async function startServer(program: Program, pattern: RegExp) {
  const { child, next } = start(program);
  for (;;) {
    const port = pattern.exec(await next())?.[1];
    if (port !== undefined && child.pid !== undefined) {
      return { pid: child.pid, port: Number(port), stop: () => stop(child) };
    }
  }
}

/** A program that has been told what to do. */
export interface Conversation {
  /** The next line that it prints. Rejects when it ends without one. */
  next(): Promise<string>;
  /** Ends its stdin. */
  finish(): void;
}

/** Runs a program with `line` on its stdin. */
export function talkTo(program: Program, line: string): Conversation {
  const { child, next } = start(program);
  child.stdin.write(`${line}\n`);
  return { next, finish: () => void child.stdin.end() };
}

function start({ role, file, env = {} }: Program) {
  const command = [...(pinned ? ["taskset", "-c", coreOf[role]] : []), process.execPath, file];
  const [program = process.execPath, ...args] = command;
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...env }, timeout: PROGRAM_MS_MAX });
  running.add(child);
  child.once("exit", () => running.delete(child));
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
