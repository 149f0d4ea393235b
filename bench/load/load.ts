/** A process that is all clients of one room. It is told what to do, and tells what it has seen: see `job.ts`. */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { usageOf } from "../usage.ts";
import { Crowd } from "./crowd.ts";
import type { Job, Outcome, Stay } from "./job.ts";
import { SpeakingCrowd } from "./speaking.ts";

/** How long is waited at most until a crowd has been silent for as long as it should. */
const SILENT_MS_MAX = 60_000;
/** How long all are silent before the load begins, and how long that is waited for. */
const GREETED = { stillMs: 100, maxMs: 20_000 };

const stdin = createInterface(process.stdin);
const ended = once(stdin, "close");
stdin.once("line", async (line: string) => {
  const job: Job = JSON.parse(line);
  const result = await run(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await ended; // until then all stay
  process.exit();
});

function run(job: Job): Promise<Outcome[] | Stay> {
  switch (job.kind) {
    case "phases":
      return speak(job);
    case "chat":
      return chat(job);
    case "crowd":
      return stay(job);
  }
}

async function speak(job: Extract<Job, { kind: "phases" }>): Promise<Outcome[]> {
  const crowd = await SpeakingCrowd.enter(job);
  await crowd.settled(GREETED);
  await crowd.warmUp(job.warmUp);
  const outcomes: Outcome[] = [];
  for (const phase of job.phases) {
    const outcome = await crowd.measure(phase, new AbortController().signal);
    outcomes.push(outcome);
    if (outcome.lost + outcome.late > 0) break;
  }
  return outcomes;
}

/** Longer than anything that it chats beside. */
const CHAT_SECONDS_MAX = 120;

async function chat(job: Extract<Job, { kind: "chat" }>): Promise<Outcome[]> {
  const crowd = await SpeakingCrowd.enter(job);
  await crowd.settled(GREETED);
  process.stdout.write("in\n");
  const stop = new AbortController();
  void ended.then(() => stop.abort());
  const { deliveriesPerSecond } = job;
  return [await crowd.measure({ deliveriesPerSecond, seconds: CHAT_SECONDS_MAX }, stop.signal)];
}

async function stay(job: Extract<Job, { kind: "crowd" }>): Promise<Stay> {
  const before = usageOf(job.pid);
  const loadBefore = usageOf(process.pid);
  const startMs = performance.now();
  const crowd = await Crowd.enter(job, () => {});
  const enteredMs = performance.now() - startMs;
  const server = usageOf(job.pid);
  const load = usageOf(process.pid);
  if (job.silentMs > 0) await crowd.settled({ stillMs: job.silentMs, maxMs: SILENT_MS_MAX });
  return {
    enteredMs,
    serverCpuMs: server.cpuMs - before.cpuMs,
    loadCpu: (load.cpuMs - loadBefore.cpuMs) / enteredMs,
    memoryKbPerClient: (1024 * (usageOf(job.pid).memoryMb - before.memoryMb)) / job.tokens.length,
    remarks: crowd.remarks,
  };
}
