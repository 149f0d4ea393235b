import { type Logger, pino } from "pino";
import { recover, type State } from "../../src/chat/recovery.ts";
import { limits } from "../../src/limits.ts";
import type { ServerKeys } from "../../src/login/keys.ts";
import { Server } from "../../src/server/server.ts";
import { Store } from "../../src/store/store.ts";
import type { Clock } from "../../src/system/clock.ts";
import type { Random } from "../../src/system/random.ts";
import type { FakeDisk } from "../support/fake-disk.ts";
import { settingsOf } from "../support/in-process-server.ts";
import { Link, type LinkConditions, type LinkListener } from "./link.ts";
import type { MailService } from "./mail-service.ts";
import type { Holder, Observer } from "./observer.ts";
import { BrokenPromise } from "./room-log.ts";
import { ProcessLifetime, type VirtualTime } from "./time.ts";

/** How long the server's process takes to start again. */
const RESTART_MS = 1_000;
/** What a process may need to exit when it is done. */
const EXIT_MS = 100;
/** How long a disk that is slow takes to write. */
export const SLOW_DISK_MS = 1_500;

interface MachineDependencies {
  time: VirtualTime;
  observer: Observer;
  mailService: MailService;
  random: Random;
  keys: ServerKeys;
  env: Record<string, string>;
  /** Where the server keeps its state; undefined: nowhere. */
  disk: FakeDisk<Clock> | undefined;
}

/** One process of the server. */
interface Process {
  readonly lifetime: ProcessLifetime;
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
  readonly #dependencies: MachineDependencies;
  #process: Process | undefined;

  constructor(dependencies: MachineDependencies) {
    this.#dependencies = dependencies;
    void this.#boot();
  }

  /** How long a line may take to be saved, where there is a disk: it waits for the write under way, and for its own. */
  get lineMs(): number {
    return this.#dependencies.disk === undefined ? 0 : 2 * SLOW_DISK_MS;
  }

  /** How long people may have to wait for the disk. */
  get diskMs(): number {
    return 2 * this.lineMs;
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
  connect(conditions: LinkConditions, holder: Holder, listener: LinkListener): Link | undefined {
    const { time, observer } = this.#dependencies;
    const running = this.#process;
    if (running === undefined) {
      time.soon("connection refused", () => listener.closed(1006));
      return undefined;
    }
    const link = new Link(time, conditions, listener, observer);
    observer.watch(link, holder);
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
    const { elapsedMs, servedMs } = this.#dependencies.time;
    running.stoppingMs = servedMs;
    running.heldUpMs = elapsedMs - servedMs;
    const open = [...running.links].filter(({ isOpen }) => isOpen);
    void running.server.stop().then((inTime) => {
      this.#dependencies.time.soon(
        "process exits",
        () => this.#stopped(running, open, inTime),
        running.lifetime,
      );
    });
  }

  /** The server stops for good. Whether it was done in time. */
  async end(): Promise<boolean> {
    return (await this.#process?.server.stop()) ?? false;
  }

  /** P7. */
  #stopped(running: Process, links: readonly Link[], inTime: boolean): void {
    const { time, mailService } = this.#dependencies;
    const sinceMs = running.stoppingMs ?? 0;
    const wasHeldUp = time.elapsedMs - time.servedMs > running.heldUpMs;
    if (time.servedMs - sinceMs > limits.stopTimeoutMs + EXIT_MS)
      throw new BrokenPromise("P7", "stopping takes too long");
    const reading = links.filter(
      ({ healthySinceMs = Number.POSITIVE_INFINITY }) => healthySinceMs <= sinceMs,
    );
    const isDiskSlow = (this.#dependencies.disk?.delayMs ?? 0) > 0;
    const isAnybodyStuck = links.some((link) => link.isOpen && !reading.includes(link));
    const isExcused = wasHeldUp || mailService.isInTrouble || isDiskSlow || isAnybodyStuck;
    if (!inTime && !isExcused) throw new BrokenPromise("P7", "the stop was not done in time");
    for (const link of reading) {
      if (link.isOpen && !wasHeldUp)
        throw new BrokenPromise("P7", "a client was not told that the server stops");
      if (inTime && link.goodbye?.code === 1012) this.#checkToldAll(link);
    }
    this.#exit(running, false);
  }

  /** What anybody was told, and what was acked, everybody was told before their goodbye. */
  #checkToldAll(link: Link): void {
    for (const [room, { log, upTo }] of this.#dependencies.observer.transcripts.get(link)?.memberships ??
      []) {
      if (upTo < Math.max(log.last, log.lastAcked)) {
        throw new BrokenPromise(
          "P7",
          `of ${room} a client got ${upTo}, the last is ${log.last}, acked ${log.lastAcked}`,
        );
      }
    }
  }

  /** @param isWritten what becomes of a write that is under way. */
  #exit(running: Process, isWritten: boolean): void {
    const { time, observer, disk } = this.#dependencies;
    time.forget(running.lifetime);
    disk?.pullOut({ written: isWritten });
    for (const link of running.links) link.cut();
    this.#process = undefined;
    observer.processEnds();
    time.after(RESTART_MS, "server starts", () => void this.#boot());
  }

  async #boot(): Promise<void> {
    const { time, disk, random } = this.#dependencies;
    const lifetime = new ProcessLifetime();
    const effects = { clock: time.clockOf(lifetime), logger: this.#logger() };
    const state = disk
      ? await recover(new Store(disk.insert(), effects), { random, isCopy: false })
      : { kind: "memory" as const };
    if (state.kind === "damaged") this.errors.push(state.problem);
    else this.#process = this.#start(lifetime, state, effects);
  }

  #start(lifetime: ProcessLifetime, state: State, effects: { clock: Clock; logger: Logger }): Process {
    const { mailService, random, keys, env } = this.#dependencies;
    const server = new Server(settingsOf(env), {
      ...effects,
      random,
      mailer: mailService.mailerOf(lifetime),
      ...keys,
      state,
      publicUrl: () => "https://chat.example.org",
    });
    return { lifetime, server, links: new Set(), stoppingMs: undefined, heldUpMs: 0 };
  }

  /** Takes note of errors, but for what a disk does that is full. */
  #logger(): Logger {
    const write = (line: string) => void (line.includes("cannot be saved") || this.errors.push(line));
    return pino({ base: null, level: "error" }, { write });
  }
}
