/** A process that is all clients of one room. It is told what to do, and tells what it has seen: see `job.ts`. */
import { text } from "node:stream/consumers";
import { encodeMessage, MessageType } from "../../src/protocol/message.ts";
import { usageOf } from "../usage.ts";
import { enter } from "./enter.ts";
import { Hearing } from "./hearing.ts";
import type { Job, Outcome, Phase } from "./job.ts";
import { lineText } from "./line.ts";
import { keepPace, settled } from "./pace.ts";
import type { Wire, WireEvents } from "./wire.ts";

/** Clients that come in at the same time: fewer than a server lets wait for `accept`. */
const ENTERING_MAX = 50;
/** Deliveries timed in a second, about: enough for a p99, and few enough not to show in the load's own CPU time. */
const TIMED_PER_SECOND = 50_000;
/** How long nothing may have come before what is missing is lost. */
const STILL_MS = 1_000;
/** How long a server may take to deliver what is left when a phase is over. What has not come by then is lost too. */
const DRAIN_MS_MAX = 3_000;
/** How long all are silent before the load begins. */
const GREETINGS_MS = 100;
/** How long everybody listens for lines that come again. */
const ECHO_MS = 50;

const job: Job = JSON.parse(await text(process.stdin));
const clients = job.tokens.length;
const hearing = new Hearing(clients, job.senders);
const wires = await enterAll();
const senders = wires.slice(0, job.senders);
/** Lines sent so far, in both phases. */
let sent = 0;

await run(job.warmUp);
const outcome = await measure(job.measured);
for (const wire of wires) wire.close();
process.stdout.write(JSON.stringify(outcome));

/** All come in, and wait until they have heard of each other. */
async function enterAll(): Promise<Wire[]> {
  const entered: Wire[] = [];
  let greetings = 0;
  let areIn = false;
  const events = (client: number): WireEvents => ({
    text(bytes, start, end) {
      if (areIn) hearing.text(client, bytes, start, end);
      else greetings += 1;
    },
    closed: (reason) => hearing.remark(`closed: ${reason}`),
  });
  for (let first = 0; first < clients; first += ENTERING_MAX) {
    const tokens = job.tokens.slice(first, first + ENTERING_MAX);
    const entering = tokens.map((token, at) => enter(job.port, token, events(first + at)));
    entered.push(...(await Promise.all(entering)));
  }
  await settled(() => greetings, { stillMs: GREETINGS_MS, maxMs: DRAIN_MS_MAX });
  areIn = true;
  return entered;
}

/** Sends a phase's lines and waits until they are delivered, or lost. Returns when the first was due. */
async function run({ deliveriesPerSecond, seconds }: Phase): Promise<number> {
  const linesPerSecond = deliveriesPerSecond / clients;
  const pace = { count: Math.ceil(linesPerSecond * seconds), intervalMs: 1000 / linesPerSecond };
  const first = sent;
  sent += pace.count;
  hearing.timeAfresh(Math.ceil(deliveriesPerSecond / TIMED_PER_SECOND));
  const startMs = await keepPace(pace, (index, dueMs) => {
    const number = first + index;
    const line = encodeMessage({ type: MessageType.Text, text: lineText(number, Math.round(1000 * dueMs)) });
    senders[number % senders.length]?.send(line, number);
  });
  const goal = sent * clients;
  await settled(() => hearing.tally.delivered, { goal, stillMs: STILL_MS, maxMs: DRAIN_MS_MAX });
  return startMs;
}

async function measure(phase: Phase): Promise<Outcome> {
  const { tally } = hearing;
  const deliveredBefore = tally.delivered;
  const serverBefore = usageOf(job.pid);
  const loadBefore = usageOf(process.pid);
  const startMs = await run(phase);
  const load = usageOf(process.pid);
  const server = usageOf(job.pid);
  const delivered = tally.delivered - deliveredBefore;
  if (delivered === 0) throw new Error(`nothing was delivered: ${JSON.stringify(hearing.remarks)}`);
  const busyMs = Math.max(1000 * phase.seconds, hearing.timedAtMs - startMs);
  const waitedMs = Math.max(server.waitedMs - serverBefore.waitedMs, load.waitedMs - loadBefore.waitedMs);
  await new Promise((resolve) => setTimeout(resolve, ECHO_MS));
  return {
    delivered,
    deliveredPerSecond: (1000 * delivered) / busyMs,
    latencyP50Ms: hearing.latencyUs.percentile(50) / 1000,
    latencyP99Ms: hearing.latencyUs.percentile(99) / 1000,
    serverCpuUsPerDelivery: (1000 * (server.cpuMs - serverBefore.cpuMs)) / delivered,
    serverMemoryMb: server.memoryMb,
    loadCpu: (load.cpuMs - loadBefore.cpuMs) / busyMs,
    disturbed: waitedMs / busyMs,
    lost: sent * clients - tally.delivered,
    doubled: tally.doubled,
    reordered: tally.reordered,
    remarks: hearing.remarks,
  };
}
