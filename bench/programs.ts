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
const PROGRAM_MS_MAX = 5 * 60 * 1000;

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
  const child = start(program);
  const errors = text(child.stderr);
  for await (const line of createInterface(child.stdout)) {
    const port = pattern.exec(line)?.[1];
    if (port !== undefined && child.pid !== undefined) {
      return { pid: child.pid, port: Number(port), stop: () => stop(child) };
    }
  }
  throw new Error(`${program.file} ended before it listened:\n${await errors}`);
}

/** Runs a program to its end with `input` on its stdin, and returns what it printed. */
export async function runProgram(program: Program, input: string): Promise<string> {
  const child = start(program);
  child.stdin.end(input);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`${program.file} failed:\n${errors}`);
  return output;
}

function start({ role, file, env = {} }: Program) {
  const command = [...(pinned ? ["taskset", "-c", coreOf[role]] : []), process.execPath, file];
  const [program = process.execPath, ...args] = command;
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, { env: { PATH, HOME, ...env }, timeout: PROGRAM_MS_MAX });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
