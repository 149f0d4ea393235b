import { createHash } from "node:crypto";
import type { Scheduler } from "fast-check";
import { mintToken } from "../../src/cli/token.ts";
import { limits } from "../../src/limits.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { Type } from "../../src/protocol/v2.ts";
import type { Clock } from "../../src/system/clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { Attacker } from "./attacker.ts";
import { ClientV1 } from "./client-v1.ts";
import { Account, ClientV2, type Environment, type SimulatedClient } from "./clients.ts";
import { Counts } from "./counts.ts";
import { Eve } from "./eve.ts";
import { Machine, SLOW_DISK_MS } from "./machine.ts";
import { MailService } from "./mail-service.ts";
import { Observer } from "./observer.ts";
import { Promises } from "./promises.ts";
import type { ClockJump, Conditions, DiskMood, Step } from "./steps.ts";
import { noProcess, seededRandom, VirtualTime } from "./time.ts";

const secret = Buffer.alloc(32, "secret");
/** The rooms that whoever makes them keeps private. */
const privateRooms: readonly string[] = ["den", "vault"];

type Happening = Step["happening"];

const DAY_MS = 86_400_000;

/** How long a disk is full at most. */
const FULL_MS = 5 * 60_000;

/** The whole server, the network around it, and the people. */
export class World implements Environment {
  readonly time: VirtualTime;
  readonly counts = new Counts();
  readonly usedCodes: { code: string; attempt: string }[] = [];
  readonly observer: Observer;
  readonly mailService: MailService;
  readonly machine: Machine;
  readonly promises: Promises;
  readonly clientsV2: readonly ClientV2[];
  readonly clientsV1: readonly ClientV1[];
  /** Always there, and never in trouble. */
  readonly healthy: ClientV2;
  readonly #attacker: Attacker;
  readonly #eve = new Eve(this);
  readonly #disk: FakeDisk<Clock> | undefined;
  readonly #hasDiskTrouble: boolean;
  #sessions = 0;

  constructor(scheduler: Scheduler, { history, paced, windowBytes, latencyMs, seed, disk }: Conditions) {
    this.time = new VirtualTime(scheduler);
    this.#hasDiskTrouble = disk === "in trouble";
    this.#disk = disk === "none" ? undefined : new FakeDisk(this.time.clockOf(noProcess));
    const isInOrder = !paced && !this.#hasDiskTrouble;
    const rules = { history, isInOrder, isComplete: !this.#hasDiskTrouble, isKept: this.#disk !== undefined };
    this.observer = new Observer(this.time, rules, this.counts);
    this.mailService = new MailService(this.time);
    this.machine = new Machine({
      time: this.time,
      observer: this.observer,
      mailService: this.mailService,
      random: seededRandom(seed),
      keys: keysFromSecret(secret),
      disk: this.#disk,
      env: { PLUME_HISTORY: `${history}`, ...(paced ? {} : { PLUME_MESSAGES_PER_SECOND: "0" }) },
    });
    this.promises = new Promises(this.observer, this.machine, this.time, history);
    this.#attacker = new Attacker(this, Buffer.alloc(32, "another secret"));

    const network = (host: number) => ({ address: `192.0.2.${host}`, latencyMs, windowBytes });
    const ann = new Account("ann");
    this.clientsV2 = [
      new ClientV2(this, ann, "1", network(1)),
      new ClientV2(this, ann, "2", network(2)),
      new ClientV2(this, new Account("bob"), "1", network(3)),
      new ClientV2(this, new Account("cleo"), "1", network(4)),
    ];
    this.clientsV1 = [
      new ClientV1(this, new Account("dee"), network(5)),
      new ClientV1(this, ann, network(6)),
    ];
    const best = { address: "192.0.2.9", latencyMs: 0, windowBytes: 65_536 };
    this.healthy = new ClientV2(this, new Account("healthy"), "1", best);
    for (const person of [...this.clientsV2, this.healthy]) person.join("lobby", false);
  }

  token(name: string, email: string, session = `${++this.#sessions}`): string {
    const random = (bytes: number) => createHash("sha256").update(session).digest().subarray(0, bytes);
    const minted = mintToken({ name, email }, keysFromSecret(secret), {
      clock: this.time.clockOf(noProcess),
      random,
    });
    if (minted.kind === "wrong") throw new Error(minted.sentence);
    return minted.token;
  }

  /** Everybody comes. */
  async begin(): Promise<void> {
    await this.time.settle();
    this.healthy.come("session");
    await this.time.settle();
    for (const client of this.#clients()) this.#come(client, "session");
    await this.time.pass(1_000);
    this.promises.check();
  }

  async take({ happening, then }: Step): Promise<void> {
    this.counts.count("steps");
    if (happening.do === "wait") await this.time.pass(happening.ms);
    else if (happening.do === "stay away") await this.#stayAway(this.#client(happening.client), happening);
    else this.#do(happening);
    if (then === "all") await this.time.settle();
    else await this.time.play(then);
    this.healthy.come("session"); // at once, when it was the server that went away
    if (this.time.isIdle) this.promises.check();
  }

  /** Somebody is away for so long that their name expires, while the server runs; and somebody else takes it. */
  async #stayAway(
    { holder }: SimulatedClient,
    { pick, back }: { pick: number; back: boolean },
  ): Promise<void> {
    const theirs = this.#clients().filter((client) => client.holder === holder);
    const { name } = holder;
    for (const client of theirs) client.vanish("reset", 3);
    await this.time.pass(2 * limits.graceMs);
    this.counts.count("stays away until the name expires");
    this.time.holdUp(limits.nameUnusedMs + 2 * limits.nameUseSavedMs);
    await this.time.settle();
    this.#eve.claim(name, pick);
    await this.time.pass(pick);
    if (back) for (const client of theirs) this.#come(client, "session");
  }

  /** The wall clock jumps, alone or in a crash. */
  #jump(to: ClockJump, isCrash: boolean): void {
    this.counts.count(`clock: ${to}`);
    switch (to) {
      case "1970":
        this.time.jump(DAY_MS - this.time.wallMs);
        break;
      case "400 days ahead":
        this.time.jump(400 * DAY_MS);
        break;
      case "a step ahead":
        this.time.jump(700);
        break;
      case "a step back":
        this.time.jump(-700);
        break;
      case "right":
        this.time.jump("right");
    }
    if (isCrash) this.machine.crash(true);
  }

  #do(happening: Exclude<Happening, { do: "wait" | "stay away" }>): void {
    switch (happening.do) {
      case "say":
        for (let line = 0; line < happening.lines; line += 1) this.#say(happening.client, happening.room);
        return;
      case "change":
        this.#clientV2(happening.tab).change(happening.room, happening.how, happening.pick);
        break;
      case "join":
        this.#clientV2(happening.tab).join(happening.room, privateRooms.includes(happening.room));
        break;
      case "leave":
        this.#clientV2(happening.tab).leave(happening.room);
        break;
      case "invite":
        this.#invite(this.#clientV2(happening.tab), this.#clientV2(happening.client), happening.room);
        break;
      case "type":
        this.#clientV2(happening.tab).askIn(happening.room, (room) => ({ type: Type.Typing, room }));
        break;
      case "look back":
        this.#clientV2(happening.tab).askIn(happening.room, (room) => ({
          type: Type.Older,
          room,
          before: happening.pick,
        }));
        break;
      case "come":
        this.#come(this.#client(happening.client), happening.by);
        break;
      case "vanish":
        this.#client(happening.client).vanish(happening.how, happening.arrives);
        if (happening.back) this.#come(this.#client(happening.client), "session");
        return;
      case "stall":
        this.#client(happening.client).stall();
        break;
      case "go on":
        this.#client(happening.client).goOn();
        break;
      case "attack":
        this.#attacker.attack(happening.attack, this.#clientV2(happening.victim), happening.pick);
        break;
      case "Eve":
        this.counts.count(`attack: ${happening.attack}`);
        this.#eve.attack(happening.attack, happening.pick);
        break;
      case "log out":
        this.#clientV2(happening.tab).logOut(happening.which, happening.pick);
        break;
      default:
        this.#befall(happening);
    }
  }

  /** What the machine, the disk, the mail and the clock do. */
  #befall(
    happening: Extract<Happening, { do: "clock" | "mail" | "stop" | "crash" | "disk" | "hold up" }>,
  ): void {
    switch (happening.do) {
      case "clock":
        this.#jump(happening.to, happening.isCrash);
        break;
      case "mail":
        this.counts.count(`mail is ${happening.mood}`);
        this.mailService.mood = happening.mood;
        return;
      case "stop":
        this.counts.count("stops");
        this.machine.stop();
        break;
      case "crash":
        this.counts.count("crashes");
        this.machine.crash(happening.isWritten);
        break;
      case "disk":
        this.#diskIs(happening.mood);
        break;
      case "hold up":
        this.counts.count("held up");
        this.time.holdUp(happening.ms);
        break;
    }
  }

  /** The disk is slow, or takes nothing. */
  #diskIs(mood: DiskMood): void {
    if (this.#disk === undefined || !(this.#hasDiskTrouble || mood === "slow")) return;
    this.counts.count(`disk is ${mood}`);
    this.#disk.delayMs = mood === "slow" ? SLOW_DISK_MS : 0;
    this.#disk.isFull = mood === "full";
    // Who is refused tries again every 2 s: that for a day would be a long run.
    if (mood === "full")
      this.time.after(FULL_MS, "somebody makes room on the disk", () => this.#diskIs("well"));
  }

  /** What was wrong with the clock, mail and disk is over. */
  heal(): void {
    this.time.jump("right");
    this.mailService.mood = "well";
    this.#diskIs("well");
    if (this.#disk) this.#disk.delayMs = 0;
  }

  #clients(): readonly SimulatedClient[] {
    return [...this.clientsV2, ...this.clientsV1];
  }

  #clientV2(tab: number): ClientV2 {
    return this.clientsV2[tab] ?? this.healthy;
  }

  #client(index: number): SimulatedClient {
    return this.#clients()[index] ?? this.healthy;
  }

  #come(client: SimulatedClient, by: "session" | "mail"): void {
    if (client instanceof ClientV2) client.come(by);
    else client.connect();
  }

  #say(index: number, room: string): void {
    const client = this.#client(index);
    if (client instanceof ClientV2) client.say(room);
    else if (client instanceof ClientV1) client.say();
  }

  /** One who is in asks for an invitation, and passes on the last one they got. */
  #invite(host: ClientV2, client: ClientV2, room: string): void {
    host.askIn(room, () => ({ type: Type.Invite, room }));
    const invite = host.invitations.get(room);
    if (invite !== undefined) client.join(room, true, invite);
  }
}
