/** The process that is measured. It is told how long to take for each row, and prints the rows as JSON. */
import { createHook } from "node:async_hooks";
import { text } from "node:stream/consumers";
import { Bench } from "tinybench";
import { median } from "../common/figures.ts";
import { inBatches, oneByOne, protocol, wakeAll } from "./groups.ts";
import type { Group, Job, Pass, Row } from "./rows.ts";

/** Runs of a pass, however long they take. */
const RUNS_MIN = 5;

const job: Job = JSON.parse(await text(process.stdin));
const rows: Row[] = [];
for (const group of [oneByOne, inBatches, wakeAll(), ...protocol]) rows.push(...(await measure(group)));
process.stdout.write(JSON.stringify(rows));

/** The passes of a group take turns, so that what changes over time on this machine spares none of them. */
async function measure({ name: group, passes }: Group): Promise<Row[]> {
  const speeds = passes.map((): number[] => []);
  for (let round = 0; round < job.rounds; round += 1) {
    for (const [at, pass] of passes.entries()) speeds[at]?.push(await messagesPerSecondOf(pass));
  }
  const rows: Row[] = [];
  for (const [at, pass] of passes.entries()) {
    const messagesPerSecond = median(speeds[at] ?? []);
    rows.push({ group, name: pass.name, messagesPerSecond, promisesPerMessage: await promisesOf(pass) });
  }
  return rows;
}

async function messagesPerSecondOf(pass: Pass): Promise<number> {
  const bench = new Bench({
    time: job.measuredMs,
    iterations: RUNS_MIN,
    warmupTime: job.warmUpMs,
    warmupIterations: RUNS_MIN,
    throws: true,
  });
  bench.add(pass.name, () => runOf(pass));
  const [task] = await bench.run();
  if (task?.result.state !== "completed") throw new Error(`${pass.name} was not measured to its end`);
  return (1000 * pass.messages) / task.result.latency.p50;
}

/** Runs a pass once. A pass that loses something is wrong, however fast. */
function runOf(pass: Pass): Promise<void> | void {
  const arrived = pass.run();
  return typeof arrived === "number"
    ? checkAll(pass, arrived)
    : arrived.then((count) => checkAll(pass, count));
}

function checkAll({ name, messages }: Pass, arrived: number): void {
  if (arrived !== messages) throw new Error(`${name} lost ${messages - arrived} of ${messages} messages`);
}

/** Promises created for a message, those of sender and receiver together. */
async function promisesOf(pass: Pass): Promise<number> {
  const runs = Math.ceil(job.counted / pass.messages);
  let promises = 0;
  const hook = createHook({
    init(_, type) {
      if (type === "PROMISE") promises += 1;
    },
  });
  hook.enable();
  for (let run = 0; run < runs; run += 1) {
    const running = runOf(pass);
    if (running) await running;
  }
  hook.disable();
  return promises / (runs * pass.messages);
}
