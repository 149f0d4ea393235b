import fc from "fast-check";
import { expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { TooManySenders } from "../../src/channel/core.ts";
import { quiet, ticks, watch } from "./support.ts";

const bytesMax = 12;
const waitingSenders = 3;

/** A message: its number says in which order it was sent. */
interface Parcel {
  id: number;
  bytes: number;
}

const pause = fc.nat({ max: 12 });
const bytes = fc.integer({ min: 0, max: bytesMax });

/** `after` is the microtasks before the step, `patience` those before the wait is given up. */
const sending = fc.record({
  kind: fc.constantFrom("trySend", "send", "send", "give up"),
  after: pause,
  bytes,
  patience: pause,
});
const receiving = fc.record({
  kind: fc.constantFrom("tryReceive", "receive", "give up"),
  after: pause,
  patience: pause,
});
const ending = fc.record({
  kind: fc.constantFrom("receive", "batches", "for await"),
  after: pause,
  most: fc.integer({ min: 1, max: 40 }),
});
const script = fc.record({
  capacity: fc.constantFrom(0, 0, 1, 2, 5),
  turnEvery: fc.integer({ min: 1, max: 9 }),
  sendings: fc.array(sending, { maxLength: 40 }),
  receivings: fc.array(receiving, { maxLength: 20 }),
  ending,
  /** Microtasks before the channel is closed; without it, once all was sent. */
  closeAfter: fc.option(fc.nat({ max: 200 })),
});

type Script = typeof script extends fc.Arbitrary<infer S> ? S : never;

/** A channel under a script, with a record of what it said. */
class Run {
  readonly channel: Channel<Parcel>;
  readonly received: number[] = [];
  readonly accepted: number[] = [];
  readonly pending: { readonly fate: { kind: string } }[] = [];
  readonly #script: Script;

  constructor(one: Script) {
    this.#script = one;
    const turn = { every: one.turnEvery, next: () => ticks(5) };
    const limit = { max: bytesMax, of: (parcel: Parcel) => parcel.bytes };
    this.channel = new Channel({ capacity: one.capacity, bytes: limit, waitingSenders, turn });
  }

  async play(): Promise<void> {
    const receiver = this.#receive();
    await Promise.all([this.#send(), this.#close()]);
    await quiet();
    this.channel.close();
    await receiver;
    await quiet();
  }

  async #send(): Promise<void> {
    for (const [id, { kind, after, bytes, patience }] of this.#script.sendings.entries()) {
      await ticks(after);
      if (kind === "trySend") {
        if (this.channel.trySend({ id, bytes }) === "sent") this.accepted.push(id);
      } else {
        const abort = new AbortController();
        const sent = this.channel.send({ id, bytes }, kind === "send" ? {} : { signal: abort.signal });
        this.#settled(sent, id);
        if (kind === "give up") void ticks(patience).then(() => abort.abort("gave up"));
      }
      this.#withinBounds();
    }
  }

  #settled(sent: Promise<boolean>, id: number): void {
    this.pending.push(watch(sent));
    sent.then(
      (accepted) => accepted && this.accepted.push(id),
      (reason: unknown) => expect(reason === "gave up" || reason instanceof TooManySenders).toBe(true),
    );
  }

  async #close(): Promise<void> {
    if (this.#script.closeAfter === null) return;
    await ticks(this.#script.closeAfter);
    this.channel.close();
  }

  async #receive(): Promise<void> {
    for (const { kind, after, patience } of this.#script.receivings) {
      await ticks(after);
      if (kind === "tryReceive") {
        const got = this.channel.tryReceive();
        if (got.kind === "value") this.#take([got.value]);
      } else {
        await this.#receiveOne(kind === "receive" ? undefined : patience);
      }
    }
    await this.#receiveRest();
  }

  async #receiveOne(patience: number | undefined): Promise<boolean> {
    const abort = new AbortController();
    if (patience !== undefined) void ticks(patience).then(() => abort.abort("gave up"));
    try {
      const got = await this.channel.receive({ signal: abort.signal });
      if (got.kind === "value") this.#take([got.value]);
      return got.kind === "value";
    } catch (reason) {
      expect(reason).toBe("gave up");
      return true;
    }
  }

  async #receiveRest(): Promise<void> {
    const { kind, after, most } = this.#script.ending;
    if (kind === "receive") while (await this.#receiveOne(undefined)) await ticks(after);
    const batches = kind === "batches" ? this.channel.batches(3) : this.channel;
    for await (const got of batches) {
      this.#take([got].flat());
      await ticks(after);
      if (this.received.length >= most) break;
    }
  }

  #take(parcels: Parcel[]): void {
    this.received.push(...parcels.map(({ id }) => id));
    this.#withinBounds();
  }

  #withinBounds(): void {
    expect(this.channel.length).toBeLessThanOrEqual(this.#script.capacity);
    expect(this.channel.bytesBuffered).toBeLessThanOrEqual(bytesMax);
  }
}

const ascending = (ids: number[]) => ids.toSorted((one, other) => one - other);

test("whatever is sent, received, closed and left: in order, nothing lost, nothing doubled, all settled", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (one) => {
      const run = new Run(one);
      await run.play();
      const accepted = ascending(run.accepted);
      expect(run.received).toEqual(accepted.slice(0, run.received.length));
      expect(run.channel.discarded).toBe(accepted.length - run.received.length);
      expect(run.channel.length).toBe(0);
      expect(run.pending.map(({ fate }) => fate.kind)).not.toContain("pending");
    }),
    { numRuns: 1500 },
  );
});
