import { type Logger, pino } from "pino";
import { recover, type State } from "../../src/chat/recovery.ts";
import { limits } from "../../src/limits.ts";
import { Server } from "../../src/server/server.ts";
import { Store } from "../../src/store/store.ts";
import type { Clock } from "../../src/system/clock.ts";
import type { Random } from "../../src/system/random.ts";
import type { FakeDisk } from "../support/fake-disk.ts";
import { settingsOf } from "../support/settings.ts";
import type { Holder } from "./dossier.ts";
import { Broken } from "./ledger.ts";
import { type Ear, type Line, Link } from "./link.ts";
import type { PostOffice } from "./post-office.ts";
import { Life, type VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

/** How long the server's process takes to start again. */
const RESTART_MS = 1_000;
/** What a process may need to exit when it is done. */
const HASTE_MS = 100;
/** How long a disk that is slow takes to write. */
export const SLOW_DISK_MS = 1_500;

interface MachineOptions {
  time: VirtualTime;
  witness: Witness;
  postOffice: PostOffice;
  random: Random;
  secret: Uint8Array;
  env: Record<string, string>;
  /** Where the server keeps its state; undefined: nowhere. */
  disk: FakeDisk<Clock> | undefined;
}

/** One process of the server. */
interface Process {
  readonly life: Life;
  readonly server: Server;
  readonly links: Set<Link>;
  /** Since when it is being stopped, in ms that the machine served. */
  stoppingMs: number | undefined;
  /** How long the machine was held up before that. */
  heldUpMs: number;
}

/** What the server runs on: starts it, stops it in order, and has it crash. */
export class Machine {
  /** What the server logged as an error. */
  readonly errors: string[] = [];
  readonly #options: MachineOptions;
  #process: Process | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    void this.#boot();
  }

  /** How long a line may take to be saved, where there is a disk. */
  get writeMs(): number {
    return this.#options.disk === undefined ? 0 : SLOW_DISK_MS;
  }

  /** How long people may have to wait for the disk. */
  get diskMs(): number {
    return 4 * this.writeMs;
  }

  /** The server runs, and nobody stops it. */
  get isUp(): boolean {
    return this.#process !== undefined && this.#process.stoppingMs === undefined;
  }

  /** Connections the server has. */
  get clients(): number {
    return this.#process?.server.connections ?? 0;
  }

  /** Sockets that are open. */
  get sockets(): number {
    return [...(this.#process?.links ?? [])].filter(({ isOpen }) => isOpen).length;
  }

  /** Somebody connects. Where nothing listens, they hear that it is closed. */
  connect(line: Line, holder: Holder, ear: Ear): Link | undefined {
    const { time, witness } = this.#options;
    const running = this.#process;
    if (running === undefined) {
      time.soon("connection refused", () => ear.closed(1006));
      return undefined;
    }
    const link = new Link(time, line, ear, witness);
    witness.watch(link, holder);
    running.links.add(link);
    link.attach(running.server.open(link));
    return link;
  }

  /** The process is killed, and started again. A write that is under way is done, or not. */
  crash(isWritten: boolean): void {
    if (this.#process === undefined) return;
    this.#exit(this.#process, isWritten);
  }

  /** The process is told to stop, and is started again when it has. */
  stop(): void {
    const running = this.#process;
    if (running === undefined || running.stoppingMs !== undefined) return;
    const { elapsedMs, servedMs } = this.#options.time;
    running.stoppingMs = servedMs;
    running.heldUpMs = elapsedMs - servedMs;
    const open = [...running.links].filter(({ isOpen }) => isOpen);
    void running.server.stop().then((inTime) => {
      this.#options.time.soon("process exits", () => this.#stopped(running, open, inTime), running.life);
    });
  }

  /** The server stops for good. Whether it was done in time. */
  async end(): Promise<boolean> {
    return (await this.#process?.server.stop()) ?? false;
  }

  /** P7. */
  #stopped(running: Process, links: readonly Link[], inTime: boolean): void {
    const { time, postOffice } = this.#options;
    const sinceMs = running.stoppingMs ?? 0;
    const wasHeldUp = time.elapsedMs - time.servedMs > running.heldUpMs;
    if (time.servedMs - sinceMs > limits.stopTimeoutMs + HASTE_MS)
      throw new Broken("P7", "stopping takes too long");
    const reading = links.filter(
      ({ healthySinceMs = Number.POSITIVE_INFINITY }) => healthySinceMs <= sinceMs,
    );
    const isDiskSlow = (this.#options.disk?.delayMs ?? 0) > 0;
    const isAnybodyStuck = links.some((link) => link.isOpen && !reading.includes(link));
    const isExcused = wasHeldUp || postOffice.isInTrouble || isDiskSlow || isAnybodyStuck;
    if (!inTime && !isExcused) throw new Broken("P7", "the stop was not done in time");
    for (const link of reading) {
      if (link.isOpen && !wasHeldUp) throw new Broken("P7", "a client was not told that the server stops");
      if (inTime && link.goodbye?.code === 1012) this.#checkToldAll(link);
    }
    this.#exit(running, false);
  }

  /** What anybody was told, and what was acked, everybody was told before their goodbye. */
  #checkToldAll(link: Link): void {
    for (const [room, { log, upTo }] of this.#options.witness.dossiers.get(link)?.seats ?? []) {
      if (upTo < Math.max(log.last, log.lastAcked)) {
        throw new Broken(
          "P7",
          `of ${room} a client got ${upTo}, the last is ${log.last}, acked ${log.lastAcked}`,
        );
      }
    }
  }

  /** @param isWritten what becomes of a write that is under way. */
  #exit(running: Process, isWritten: boolean): void {
    const { time, witness, disk } = this.#options;
    time.forget(running.life);
    disk?.pullOut({ written: isWritten });
    for (const link of running.links) link.cut();
    this.#process = undefined;
    if (disk === undefined) witness.forget();
    time.after(RESTART_MS, "server starts", () => void this.#boot());
  }

  async #boot(): Promise<void> {
    const { time, disk } = this.#options;
    const life = new Life();
    const effects = { clock: time.clockOf(life), logger: this.#logger() };
    const state = disk ? await recover(new Store(disk.insert(), effects)) : { kind: "memory" as const };
    if (state.kind === "damaged") this.errors.push(state.problem);
    else this.#process = this.#start(life, state, effects);
  }

  #start(life: Life, state: State, effects: { clock: Clock; logger: Logger }): Process {
    const { postOffice, random, secret, env } = this.#options;
    const server = new Server(settingsOf(env), {
      ...effects,
      random,
      mailer: postOffice.mailerOf(life),
      secret,
      state,
      publicUrl: () => "https://chat.example.org",
    });
    return { life, server, links: new Set(), stoppingMs: undefined, heldUpMs: 0 };
  }

  /** Takes note of errors, but for what a disk does that is full. */
  #logger(): Logger {
    const write = (line: string) => void (line.includes("cannot be saved") || this.errors.push(line));
    return pino({ base: null, level: "error" }, { write });
  }
}
