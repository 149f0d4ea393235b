import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { InProcessServer, ResumingInProcessClient } from "../support/in-process-server.ts";

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

type Happening = typeof event extends fc.Arbitrary<infer E> ? E : never;

it("over kills and restarts a room goes on in its epoch: nobody misses, doubles or sees anything otherwise than others", async () => {
  const play = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const stage = await Stage.open();
    for (const one of events) await stage.happen(one);
    await stage.settle();
    expectSameRoomForAll(stage);
  });
  await fc.assert(play, { numRuns: 100 });
}, 60_000);

/** A server on a disk, three people who talk, and an observer who only listens. */
class Stage {
  readonly observer: ResumingInProcessClient;
  readonly people: readonly ResumingInProcessClient[];
  readonly #clock: FakeClock;
  readonly #disk: FakeDisk;
  #server: InProcessServer;

  private constructor(clock: FakeClock, disk: FakeDisk, server: InProcessServer) {
    this.#clock = clock;
    this.#disk = disk;
    this.#server = server;
    this.observer = new ResumingInProcessClient(server, "witness");
    this.people = ["ann", "bob", "cid"].map((name) => new ResumingInProcessClient(server, name));
  }

  static async open(): Promise<Stage> {
    const clock = new FakeClock();
    const disk = new FakeDisk(clock);
    const stage = new Stage(clock, disk, await InProcessServer.on(disk, env));
    for (const member of stage.#everybody) await member.connect();
    return stage;
  }

  get #everybody(): readonly ResumingInProcessClient[] {
    return [this.observer, ...this.people];
  }

  async happen(happening: Happening): Promise<void> {
    switch (happening.kind) {
      case "say":
        await this.people[happening.who]?.say();
        break;
      case "vanish":
        await this.people[happening.who]?.vanish(happening.lost);
        break;
      case "connect":
        await this.people[happening.who]?.connect();
        break;
      case "wait":
        await this.#clock.advance(happening.ms);
        break;
      case "disk":
        this.#disk.delayMs = happening.delayMs;
        break;
      case "fill":
        this.#disk.isFull = happening.isFull;
        break;
      case "kill":
        this.#disk.pullOut(happening);
        for (const member of this.#everybody) await member.vanish(0);
        await this.#start();
        break;
      case "restart":
        await this.#server.stop();
        for (const member of this.#everybody) member.hear();
        this.#disk.pullOut({ written: false });
        await this.#start();
    }
    this.observer.hear();
    if (this.observer.isOut) await this.observer.connect();
  }

  /** Everybody comes back once more, and hears what there is. */
  async settle(): Promise<void> {
    this.#disk.isFull = false;
    await this.#clock.advance(30_000);
    for (const member of this.#everybody) {
      await member.vanish(0);
      await member.connect();
      await this.#clock.advance(1000);
    }
    for (const member of this.#everybody) member.hear();
  }

  async #start(): Promise<void> {
    this.#server = await InProcessServer.on(this.#disk, env);
    await this.observer.connect(this.#server);
    await this.#clock.advance(200);
    for (const member of this.people) await member.connect(this.#server);
  }
}

function expectSameRoomForAll({ observer, people }: Stage): void {
  const [log, ...others] = [...observer.record.epochs.values()];
  expect(others).toEqual([]);
  for (const person of people) {
    expect(person.record.outbox).toEqual([]);
    const [current, ...lost] = [...person.record.epochs.values()];
    expect(lost).toEqual([]);
    if (!current || !log) throw new Error("nobody was in");
    expect(current.upTo).toBe(log.upTo);
    const seen = [...log.entries].filter(([seq]) => seq > current.from && !current.gone.has(seq));
    const observed = [...current.entries].filter(([seq]) => !log.gone.has(seq));
    expect(observed).toEqual(seen);
    const own = [...log.entries.values()].filter(
      (text) => text.startsWith(`${person.name} `) && !/ 2[34]$/.test(text),
    );
    expect(own).toEqual([...new Set(own)]);
    for (const [text, seq] of person.record.acked)
      if (!log.gone.has(seq)) expect(log.entries.get(seq)).toBe(text);
  }
}
