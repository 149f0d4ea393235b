import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { TestHouse } from "../support/house.ts";
import { Member } from "../support/member.ts";

const env = { PLUME_HISTORY: "12", PLUME_MESSAGES_PER_SECOND: "0" };
const who = fc.nat(2);

/** What may happen. `who` is one of three people. */
type Event =
  | { kind: "say" | "connect"; who: number }
  | { kind: "vanish"; who: number; lost: number }
  | { kind: "wait"; ms: number }
  | { kind: "disk"; delayMs: number }
  | { kind: "fill"; isFull: boolean }
  | { kind: "kill"; written: boolean }
  | { kind: "restart" };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("say" as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("vanish" as const), who, lost: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("connect" as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), delayMs: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fill" as const), isFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("kill" as const), written: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

/** A server on a disk, three people, and a witness who is always there. */
class World {
  readonly clock: FakeClock;
  readonly disk: FakeDisk;
  readonly witness: Member;
  readonly people: readonly Member[];
  readonly everybody: readonly Member[];
  #house: TestHouse;

  static async open(): Promise<World> {
    const disk = new FakeDisk(new FakeClock());
    const world = new World(disk, await TestHouse.on(disk, env));
    for (const member of world.everybody) await member.connect();
    return world;
  }

  private constructor(disk: FakeDisk, house: TestHouse) {
    this.clock = disk.clock;
    this.disk = disk;
    this.#house = house;
    this.witness = new Member(house, "witness");
    this.people = ["ann", "bob", "cid"].map((name) => new Member(house, name));
    this.everybody = [this.witness, ...this.people];
  }

  async take(event: Event): Promise<void> {
    await this.#happen(event);
    this.witness.hear();
    if (this.witness.isOut) await this.witness.connect();
  }

  /** Everybody comes back, and says and hears what is left. */
  async calmDown(): Promise<void> {
    this.disk.isFull = false;
    await this.clock.advance(30_000);
    for (const member of this.everybody) {
      await member.vanish(0);
      await member.connect();
      await this.clock.advance(1000);
    }
    for (const member of this.everybody) member.hear();
  }

  async #happen(event: Event): Promise<void> {
    switch (event.kind) {
      case "say":
        return this.people[event.who]?.say();
      case "vanish":
        return this.people[event.who]?.vanish(event.lost);
      case "connect":
        return this.people[event.who]?.connect();
      case "wait":
        return this.clock.advance(event.ms);
      case "disk":
        this.disk.delayMs = event.delayMs;
        return;
      case "fill":
        this.disk.isFull = event.isFull;
        return;
      case "kill":
        this.disk.pullOut(event);
        for (const member of this.everybody) await member.vanish(0);
        return this.#start();
      case "restart":
        await this.#house.stop();
        for (const member of this.everybody) member.hear();
        this.disk.pullOut({ written: false });
        return this.#start();
    }
  }

  async #start(): Promise<void> {
    this.#house = await TestHouse.on(this.disk, env);
    await this.witness.connect(this.#house);
    await this.clock.advance(200);
    for (const member of this.people) await member.connect(this.#house);
  }
}

/** Everybody has the same room, the witness's, and what they said is in it once. */
function check({ witness, people }: World): void {
  const [log, ...others] = [...witness.book.stays.values()];
  expect(others).toEqual([]);
  for (const person of people) {
    expect(person.book.outbox).toEqual([]);
    const [stay, ...lost] = [...person.book.stays.values()];
    expect(lost).toEqual([]);
    if (!stay || !log) throw new Error("nobody was in");
    expect(stay.upTo).toBe(log.upTo);
    const seen = [...log.entries].filter(([seq]) => seq > stay.from && !stay.gone.has(seq));
    const witnessed = [...stay.entries].filter(([seq]) => !log.gone.has(seq));
    expect(witnessed).toEqual(seen);
    const own = [...log.entries.values()].filter(
      (text) => text.startsWith(`${person.name} `) && !/ 2[34]$/.test(text),
    );
    expect(own).toEqual([...new Set(own)]);
    for (const [text, seq] of person.book.acked)
      if (!log.gone.has(seq)) expect(log.entries.get(seq)).toBe(text);
  }
}

it("over kills and restarts a room goes on in its epoch: nobody misses, doubles or sees anything otherwise than others", async () => {
  const play = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const world = await World.open();
    for (const happening of events) await world.take(happening);
    await world.calmDown();
    check(world);
  });
  await fc.assert(play, { numRuns: 100 });
}, 60_000);
