import type { Scheduler } from "fast-check";
import { mintToken } from "../../src/cli/token.ts";
import { Type } from "../../src/protocol/v2.ts";
import type { Clock } from "../../src/system/clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { seededRandom } from "../support/seeded-random.ts";
import type { Guest, Surroundings } from "./guest.ts";
import { Machine, SLOW_DISK_MS } from "./machine.ts";
import { Mallory } from "./mallory.ts";
import { OldTimer } from "./old-timer.ts";
import { Person } from "./person.ts";
import { PostOffice } from "./post-office.ts";
import { Promises } from "./promises.ts";
import type { Conditions, DiskMood, Step } from "./steps.ts";
import { Tally } from "./tally.ts";
import { nature, VirtualTime } from "./time.ts";
import { Witness } from "./witness.ts";

const secret = Buffer.alloc(32, "secret");
/** The rooms that whoever makes them keeps private. */
const privateRooms: readonly string[] = ["den", "vault"];

/** How long a disk is full at most. */
const FULL_MS = 5 * 60_000;

/** The whole server, the network around it, and the people. */
export class World implements Surroundings {
  readonly time: VirtualTime;
  readonly tally = new Tally();
  readonly usedCodes: { code: string; attempt: string }[] = [];
  readonly witness: Witness;
  readonly postOffice: PostOffice;
  readonly machine: Machine;
  readonly promises: Promises;
  readonly people: readonly Person[];
  readonly oldTimers: readonly OldTimer[];
  /** Always there, and never in trouble. */
  readonly regular: Person;
  readonly #mallory: Mallory;
  readonly #disk: FakeDisk<Clock> | undefined;
  readonly #hasDiskTrouble: boolean;

  constructor(scheduler: Scheduler, { history, paced, windowBytes, latencyMs, seed, disk }: Conditions) {
    this.time = new VirtualTime(scheduler);
    this.#hasDiskTrouble = disk === "in trouble";
    this.#disk = disk === "none" ? undefined : new FakeDisk(this.time.clockOf(nature));
    this.witness = new Witness(this.time, {
      history,
      isInOrder: !paced && !this.#hasDiskTrouble,
      isComplete: !this.#hasDiskTrouble,
      isKept: this.#disk !== undefined,
    });
    this.postOffice = new PostOffice(this.time);
    this.machine = new Machine({
      time: this.time,
      witness: this.witness,
      postOffice: this.postOffice,
      random: seededRandom(seed),
      secret,
      disk: this.#disk,
      env: { PLUME_HISTORY: `${history}`, ...(paced ? {} : { PLUME_MESSAGES_PER_SECOND: "0" }) },
    });
    this.promises = new Promises(this.witness, this.machine, this.time, history);
    this.#mallory = new Mallory(this, Buffer.alloc(32, "another secret"));

    const network = (host: number) => ({ address: `192.0.2.${host}`, latencyMs, windowBytes });
    this.people = [
      new Person(this, "ann", "1", network(1)),
      new Person(this, "ann", "2", network(2)),
      new Person(this, "bob", "1", network(3)),
      new Person(this, "cleo", "1", network(4)),
    ];
    this.oldTimers = [new OldTimer(this, "dee", network(5)), new OldTimer(this, "ann", network(6))];
    this.regular = new Person(this, "regular", "1", {
      address: "192.0.2.9",
      latencyMs: 0,
      windowBytes: 65_536,
    });
    for (const person of [...this.people, this.regular]) person.join("lobby", false);
  }

  token(name: string, email: string): string {
    const minted = mintToken({ name, email }, secret, this.time.clockOf(nature));
    if (minted.kind === "wrong") throw new Error(minted.sentence);
    return minted.token;
  }

  /** Everybody comes. */
  async begin(): Promise<void> {
    await this.time.settle();
    this.regular.come("session");
    await this.time.settle();
    for (const guest of this.#guests()) this.#come(guest, "session");
    await this.time.pass(1_000);
    this.promises.check();
  }

  async take({ happening, then }: Step): Promise<void> {
    this.tally.count("steps");
    if (happening.do === "wait") await this.time.pass(happening.ms);
    else this.#do(happening);
    if (then === "all") await this.time.settle();
    else await this.time.play(then);
    this.regular.come("session"); // at once, when it was the server that went away
    if (this.time.isIdle) this.promises.check();
  }

  #do(happening: Exclude<Step["happening"], { do: "wait" }>): void {
    switch (happening.do) {
      case "say":
        for (let line = 0; line < happening.lines; line += 1) this.#say(happening.guest, happening.room);
        return;
      case "change":
        this.#person(happening.tab).change(happening.room, happening.how, happening.pick);
        break;
      case "join":
        this.#person(happening.tab).join(happening.room, privateRooms.includes(happening.room));
        break;
      case "leave":
        this.#person(happening.tab).leave(happening.room);
        break;
      case "invite":
        this.#invite(this.#person(happening.tab), this.#person(happening.guest), happening.room);
        break;
      case "type":
        this.#person(happening.tab).askIn(happening.room, (room) => ({ type: Type.Typing, room }));
        break;
      case "look back":
        this.#person(happening.tab).askIn(happening.room, (room) => ({
          type: Type.Older,
          room,
          before: happening.pick,
        }));
        break;
      case "come":
        this.#come(this.#guest(happening.guest), happening.by);
        break;
      case "vanish":
        this.#guest(happening.guest).vanish(happening.how, happening.arrives);
        if (happening.back) this.#come(this.#guest(happening.guest), "session");
        return;
      case "stall":
        this.#guest(happening.guest).stall();
        break;
      case "go on":
        this.#guest(happening.guest).goOn();
        break;
      case "attack":
        this.#mallory.attack(happening.attack, this.#person(happening.victim), happening.pick);
        break;
      case "mail":
        this.tally.count(`mail is ${happening.mood}`);
        this.postOffice.mood = happening.mood;
        return;
      case "stop":
        this.tally.count("stops");
        this.machine.stop();
        break;
      case "crash":
        this.tally.count("crashes");
        this.machine.crash(happening.isWritten);
        break;
      case "disk":
        this.#diskIs(happening.mood);
        break;
      case "hold up":
        this.tally.count("held up");
        this.time.holdUp(happening.ms);
        break;
    }
  }

  /** The disk is slow, or takes nothing. */
  #diskIs(mood: DiskMood): void {
    if (this.#disk === undefined || !(this.#hasDiskTrouble || mood === "slow")) return;
    this.tally.count(`disk is ${mood}`);
    this.#disk.delayMs = mood === "slow" ? SLOW_DISK_MS : 0;
    this.#disk.isFull = mood === "full";
    // Who is refused tries again every 2 s: that for a day would be a long run.
    if (mood === "full")
      this.time.after(FULL_MS, "somebody makes room on the disk", () => this.#diskIs("well"));
  }

  /** What was wrong with mail and disk is over. */
  heal(): void {
    this.postOffice.mood = "well";
    this.#diskIs("well");
    if (this.#disk) this.#disk.delayMs = 0;
  }

  #guests(): readonly Guest[] {
    return [...this.people, ...this.oldTimers];
  }

  #person(tab: number): Person {
    return this.people[tab] ?? this.regular;
  }

  #guest(index: number): Guest {
    return this.#guests()[index] ?? this.regular;
  }

  #come(guest: Guest, by: "session" | "mail"): void {
    if (guest instanceof Person) guest.come(by);
    else guest.connect();
  }

  #say(index: number, room: string): void {
    const guest = this.#guest(index);
    if (guest instanceof Person) guest.say(room);
    else if (guest instanceof OldTimer) guest.say();
  }

  /** One who is in asks for an invitation, and passes on the last one they got. */
  #invite(host: Person, guest: Person, room: string): void {
    host.askIn(room, () => ({ type: Type.Invite, room }));
    const invite = host.invitations.get(room);
    if (invite !== undefined) guest.join(room, true, invite);
  }
}
