import { type Usage, usageOf } from "../usage.ts";
import { Crowd } from "./crowd.ts";
import { Hearing } from "./hearing.ts";
import type { Clients, Outcome, Phase } from "./job.ts";
import { lineText } from "./line.ts";
import { keepPace, type Settling, settled } from "./pace.ts";

/** Deliveries timed in a second, about: enough for a p99.9, and few enough not to show in the load's own CPU time. */
const TIMED_PER_SECOND = 100_000;
/** How long nothing may have come before what is missing is lost. */
const STILL_MS = 1_500;
/** How long a server may take to deliver what is left when a phase is over. What has not come by then is late. */
const DRAIN_MS_MAX = 2_000;
/** The same of the warm-up, which is to leave nothing over. */
const WARM_UP_DRAIN_MS_MAX = 10_000;
/** How long everybody listens for lines that come again. */
const ECHO_MS = 50;

/** A crowd of whom some talk, in phases, and all check and time what they hear. */
export class SpeakingCrowd {
  readonly #job: Clients;
  readonly #crowd: Crowd;
  readonly #hearing: Hearing;
  /** Before anybody came. */
  readonly #empty: Usage;
  /** Lines sent so far. */
  #sent = 0;
  /** Faults that outcomes have told of. */
  #told = { missing: 0, doubled: 0, reordered: 0 };
  #settling: Settling = "goal";

  private constructor(job: Clients, crowd: Crowd, hearing: Hearing, empty: Usage) {
    this.#job = job;
    this.#crowd = crowd;
    this.#hearing = hearing;
    this.#empty = empty;
  }

  static async enter(job: Clients): Promise<SpeakingCrowd> {
    const empty = usageOf(job.pid);
    const hearing = new Hearing(job.tokens.length, job.senders);
    const crowd = await Crowd.enter(job, (client, bytes, textAt) => hearing.line(client, bytes, textAt));
    return new SpeakingCrowd(job, crowd, hearing, empty);
  }

  /** Waits until all have been greeted; from then on they listen. */
  async settled(wait: { stillMs: number; maxMs: number }): Promise<void> {
    await this.#crowd.settled(wait);
    this.#crowd.listen();
  }

  async warmUp(phase: Phase): Promise<void> {
    await this.#run(phase, WARM_UP_DRAIN_MS_MAX, new AbortController().signal);
  }

  /** Sends a phase's lines, or those until `stop`, and tells what came of it. */
  async measure(phase: Phase, stop: AbortSignal): Promise<Outcome> {
    const { tally } = this.#hearing;
    const { pid, tokens } = this.#job;
    const deliveredBefore = tally.delivered;
    const before = { server: usageOf(pid), load: usageOf(process.pid) };
    const phaseMs = await this.#run(phase, DRAIN_MS_MAX, stop);
    const after = { server: usageOf(pid), load: usageOf(process.pid) };
    const delivered = tally.delivered - deliveredBefore;
    await new Promise((resolve) => setTimeout(resolve, ECHO_MS));
    const serverCpuMs = after.server.cpuMs - before.server.cpuMs;
    const memoryMb = after.server.memoryMb - this.#empty.memoryMb;
    const waitedMs = Math.max(
      after.server.waitedMs - before.server.waitedMs,
      after.load.waitedMs - before.load.waitedMs,
    );
    return {
      delivered,
      deliveredPerSecond: (1000 * delivered) / phaseMs,
      ...this.#latencies(),
      serverCpuUsPerDelivery: (1000 * serverCpuMs) / Math.max(1, delivered),
      memoryKbPerClient: (1024 * memoryMb) / tokens.length,
      loadCpu: (after.load.cpuMs - before.load.cpuMs) / phaseMs,
      disturbed: waitedMs / phaseMs,
      ...this.#newFaults(),
      remarks: { ...this.#crowd.remarks },
    };
  }

  /** Returns how long it took: from when the first line was due to the last delivery, or the phase's length. */
  async #run(
    { deliveriesPerSecond, seconds }: Phase,
    drainMsMax: number,
    stop: AbortSignal,
  ): Promise<number> {
    const { tokens, senders } = this.#job;
    const hearing = this.#hearing;
    const intervalMs = (1000 * tokens.length) / deliveriesPerSecond;
    const first = this.#sent;
    hearing.timeAfresh(Math.ceil(deliveriesPerSecond / TIMED_PER_SECOND));
    const { startMs } = await keepPace(
      { count: Math.ceil((1000 * seconds) / intervalMs), intervalMs },
      stop,
      (index, dueMs) => {
        const number = first + index;
        this.#sent = number + 1;
        this.#crowd.say(number % senders, number, lineText(number, Math.round(1000 * dueMs)));
      },
    );
    const goal = this.#sent * tokens.length;
    this.#settling = await settled(() => hearing.tally.delivered, {
      goal,
      stillMs: STILL_MS,
      maxMs: drainMsMax,
    });
    hearing.recordMissing(this.#sent, (number) => startMs + (number - first) * intervalMs);
    return Math.max((this.#sent - first) * intervalMs, hearing.timedAtMs - startMs);
  }

  #latencies() {
    const { latencyUs } = this.#hearing;
    return {
      latencyP50Ms: latencyUs.getValueAtPercentile(50) / 1000,
      latencyP99Ms: latencyUs.getValueAtPercentile(99) / 1000,
      latencyP999Ms: latencyUs.getValueAtPercentile(99.9) / 1000,
    };
  }

  #newFaults() {
    const { delivered, doubled, reordered } = this.#hearing.tally;
    const told = this.#told;
    const missing = this.#sent * this.#job.tokens.length - delivered;
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
