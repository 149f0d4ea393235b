/** A process that is all clients of one room. It is told a job, and prints what it has seen: see `load-generator.ts`. */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { Deliveries, dueUsOf, Latencies, lineText, numberOf } from "../common/lines.ts";
import { keepPace, type Settling, settled } from "../common/pace.ts";
import { type Usage, usageOf } from "../common/usage.ts";
import { Fleet } from "./fleet.ts";
import type { Clients, EntryResult, Job, Phase, PhaseResult } from "./load-generator.ts";

/** How long is waited at most until silent clients have been silent for as long as they should. */
const SILENT_MS_MAX = 60_000;
/** How long no frame may have come before the load begins, and how long that is waited for. */
const GREETED = { stillMs: 100, maxMs: 20_000 };
/** Longer than anything that is measured beside a chat. */
const CHAT_SECONDS_MAX = 120;
/** Deliveries timed in a second, about: enough for a p99.9, and too few to show in the load's own CPU time. */
const TIMED_PER_SECOND = 100_000;
/** How long nothing may have come before what is missing is lost. */
const STILL_MS = 1_500;
/** How long a server may take to deliver the rest when a phase is over. What has not come by then is late. */
const DRAIN_MS_MAX = 2_000;
/** The same of the warm-up, which is to leave nothing over. */
const WARM_UP_DRAIN_MS_MAX = 10_000;
/** How long everybody listens for lines that come again. */
const ECHO_MS = 50;

/** Nothing ends a phase early. */
const never = new AbortController().signal;

const stdin = createInterface(process.stdin);
const ended = once(stdin, "close");
stdin.once("line", async (line: string) => {
  const job: Job = JSON.parse(line);
  const result = await run(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await ended; // until then all stay
  process.exit();
});

function run(job: Job): Promise<PhaseResult[] | EntryResult> {
  switch (job.kind) {
    case "phases":
      return runPhases(job);
    case "chat":
      return chat(job);
    case "enter":
      return enterAndWait(job);
  }
}

async function runPhases(job: Extract<Job, { kind: "phases" }>): Promise<PhaseResult[]> {
  const runner = await PhaseRunner.enter(job);
  await runner.warmUp(job.warmUp);
  const results: PhaseResult[] = [];
  for (const phase of job.phases) {
    const result = await runner.measure(phase, never);
    results.push(result);
    if (result.lost + result.late > 0) break;
  }
  return results;
}

async function chat(job: Extract<Job, { kind: "chat" }>): Promise<PhaseResult[]> {
  const runner = await PhaseRunner.enter(job);
  process.stdout.write("in\n");
  const stop = new AbortController();
  void ended.then(() => stop.abort());
  const { deliveriesPerSecond } = job;
  return [await runner.measure({ deliveriesPerSecond, seconds: CHAT_SECONDS_MAX }, stop.signal)];
}

async function enterAndWait(job: Extract<Job, { kind: "enter" }>): Promise<EntryResult> {
  const before = usageOf(job.pid);
  const loadBefore = usageOf(process.pid);
  const startMs = performance.now();
  const fleet = await Fleet.enter(job, () => {});
  const enteredMs = performance.now() - startMs;
  const server = usageOf(job.pid);
  const load = usageOf(process.pid);
  if (job.silentMs > 0) await fleet.settled({ stillMs: job.silentMs, maxMs: SILENT_MS_MAX });
  return {
    enteredMs,
    serverCpuMs: server.cpuMs - before.cpuMs,
    loadCpu: (load.cpuMs - loadBefore.cpuMs) / enteredMs,
    memoryKbPerClient: (1024 * (usageOf(job.pid).memoryMb - before.memoryMb)) / job.tokens.length,
    remarks: fleet.remarks,
  };
}

/** Checks all lines that clients get, and times a sample of them. */
class Receipts {
  readonly deliveries: Deliveries;
  latencies = new Latencies();
  /** When the newest timed line came, in ms of this process's clock. */
  timedAtMs = 0;
  /** One line in so many is timed; other ones for each client, so that none is left out. */
  #timedEvery = 1;

  constructor(clients: number, senders: number) {
    this.deliveries = new Deliveries(clients, senders);
  }

  /** Forgets the times so far. @param every one line in so many is timed from now on. */
  timeAfresh(every: number): void {
    this.latencies = new Latencies();
    this.#timedEvery = every;
  }

  /** A client got a line, its text from `textAt` on. */
  take(client: number, bytes: Buffer, textAt: number): void {
    const number = numberOf(bytes, textAt);
    this.deliveries.take(client, number);
    if ((number + client) % this.#timedEvery !== 0) return;
    this.timedAtMs = performance.now();
    this.latencies.record(Math.round(1000 * this.timedAtMs) - dueUsOf(bytes, textAt));
  }

  /** What has not come counts as waited for until now, or the slowest server would have the best times. */
  recordMissing(sent: number, dueMsOf: (number: number) => number): void {
    const nowMs = performance.now();
    this.deliveries.eachMissing(sent, (client, number) => {
      if ((number + client) % this.#timedEvery === 0) {
        this.latencies.record(Math.round(1000 * (nowMs - dueMsOf(number))));
      }
    });
  }
}

/** A fleet of which some talk, in phases, and all check and time what they get. */
class PhaseRunner {
  readonly #clients: Clients;
  readonly #fleet: Fleet;
  readonly #receipts: Receipts;
  /** The server before anybody entered. */
  readonly #empty: Usage;
  /** Lines sent so far. */
  #sent = 0;
  /** Faults that results have told of. */
  #told = { missing: 0, doubled: 0, reordered: 0 };
  #settling: Settling = "goal";

  private constructor(clients: Clients, fleet: Fleet, receipts: Receipts, empty: Usage) {
    this.#clients = clients;
    this.#fleet = fleet;
    this.#receipts = receipts;
    this.#empty = empty;
  }

  /** Returns when all have entered and been greeted. */
  static async enter(clients: Clients): Promise<PhaseRunner> {
    const empty = usageOf(clients.pid);
    const receipts = new Receipts(clients.tokens.length, clients.senders);
    const fleet = await Fleet.enter(clients, (client, bytes, textAt) => receipts.take(client, bytes, textAt));
    await fleet.settled(GREETED);
    fleet.listen();
    return new PhaseRunner(clients, fleet, receipts, empty);
  }

  async warmUp(phase: Phase): Promise<void> {
    await this.#run(phase, WARM_UP_DRAIN_MS_MAX, never);
  }

  /** Sends a phase's lines, or those until `stop`. */
  async measure(phase: Phase, stop: AbortSignal): Promise<PhaseResult> {
    const { deliveries } = this.#receipts;
    const { pid, tokens } = this.#clients;
    const deliveredBefore = deliveries.count;
    const before = { server: usageOf(pid), load: usageOf(process.pid) };
    const phaseMs = await this.#run(phase, DRAIN_MS_MAX, stop);
    const after = { server: usageOf(pid), load: usageOf(process.pid) };
    const delivered = deliveries.count - deliveredBefore;
    await sleep(ECHO_MS);
    const serverCpuMs = after.server.cpuMs - before.server.cpuMs;
    const memoryMb = after.server.memoryMb - this.#empty.memoryMb;
    const waitedMs = Math.max(
      after.server.waitedMs - before.server.waitedMs,
      after.load.waitedMs - before.load.waitedMs,
    );
    const { latencies } = this.#receipts;
    return {
      delivered,
      deliveredPerSecond: (1000 * delivered) / phaseMs,
      latencyP50Ms: latencies.percentileMs(50),
      latencyP99Ms: latencies.percentileMs(99),
      latencyP999Ms: latencies.percentileMs(99.9),
      serverCpuUsPerDelivery: (1000 * serverCpuMs) / Math.max(1, delivered),
      memoryKbPerClient: (1024 * memoryMb) / tokens.length,
      loadCpu: (after.load.cpuMs - before.load.cpuMs) / phaseMs,
      disturbed: waitedMs / phaseMs,
      ...this.#newFaults(),
      remarks: { ...this.#fleet.remarks },
    };
  }

  /** Returns how long it took in ms: from when the first line was due to the last delivery, at least the phase's length. */
  async #run(
    { deliveriesPerSecond, seconds }: Phase,
    drainMsMax: number,
    stop: AbortSignal,
  ): Promise<number> {
    const { tokens, senders } = this.#clients;
    const receipts = this.#receipts;
    const intervalMs = (1000 * tokens.length) / deliveriesPerSecond;
    const first = this.#sent;
    receipts.timeAfresh(Math.ceil(deliveriesPerSecond / TIMED_PER_SECOND));
    const { startMs } = await keepPace(
      { count: Math.ceil((1000 * seconds) / intervalMs), intervalMs },
      stop,
      (index, dueMs) => {
        const number = first + index;
        this.#sent = number + 1;
        this.#fleet.say(number % senders, number, lineText(number, Math.round(1000 * dueMs)));
      },
    );
    this.#settling = await settled(() => receipts.deliveries.count, {
      goal: this.#sent * tokens.length,
      stillMs: STILL_MS,
      maxMs: drainMsMax,
    });
    receipts.recordMissing(this.#sent, (number) => startMs + (number - first) * intervalMs);
    return Math.max((this.#sent - first) * intervalMs, receipts.timedAtMs - startMs);
  }

  #newFaults() {
    const { count, doubled, reordered } = this.#receipts.deliveries;
    const told = this.#told;
    const missing = this.#sent * this.#clients.tokens.length - count;
    this.#told = { missing, doubled, reordered };
    const isLate = this.#settling === "late";
    return {
      lost: isLate ? 0 : missing - told.missing,
      late: isLate ? missing - told.missing : 0,
      doubled: doubled - told.doubled,
      reordered: reordered - told.reordered,
    };
  }
}
