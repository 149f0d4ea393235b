import { beforeEach, describe, expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import { limits } from "../../src/limits.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { SendBudget } from "../../src/memory/send-budget.ts";
import { Counters } from "../../src/metrics/counters.ts";
import { type Goodbye, goodbyes } from "../../src/protocol/close.ts";
import { systemClock } from "../../src/system/clock.ts";
import { BaseSocket, type Frame, type SocketHandler } from "../../src/transport/socket.ts";

/** A transport's socket whose library does what the test says. */
class TestSocket extends BaseSocket {
  /** What the library was told, in order. */
  readonly told: (number | "terminate")[] = [];
  readonly isFull = false;

  send(frames: readonly Frame[]): number {
    return frames.length;
  }

  drained(): Promise<void> {
    return this.state === "open" ? this.waiting.wait() : Promise.resolve();
  }

  /** A ping or pong has come. */
  control(): void {
    this.countControlFrame();
  }

  /** Bytes that the library says are unsent. */
  measured(bytes: number): void {
    this.hold(bytes);
  }

  protected sendClose(goodbye: Goodbye): void {
    this.told.push(goodbye.code);
  }

  protected terminate(): void {
    this.told.push("terminate");
  }
}

let sent: ByteBudget;
let counters: Counters;
let inbox: Channel<string>;
let socket: TestSocket;

/** @param open takes the socket in place of a server. */
function opened(open: SocketHandler["open"] = () => inbox): TestSocket {
  const budgets = { received: new ByteBudget({ max: 1000 }), send: new SendBudget(sent, () => {}) };
  const server: SocketHandler = { budgets, counters, open, healthy: () => true };
  const admitted = {
    peer: { address: "192.0.2.1", key: "192.0.2.1", device: "a program", origin: "" },
    version: 2,
  } as const;
  socket = new TestSocket(admitted, { server, clock: systemClock });
  socket.opened();
  return socket;
}

beforeEach(() => {
  sent = new ByteBudget({ max: 1000 });
  counters = new Counters();
  inbox = new Channel<string>({ capacity: 2 });
  opened();
});

const end = () => socket.end(goodbyes.tooSlow);
const cut = () => socket.cut();
const lost = () => socket.lost();
const release = () => socket.release();

test("a socket takes a burst of pings and pongs, and is closed as flooding at the next", () => {
  for (let n = 0; n < limits.controlFrameBurst; n += 1) socket.control();
  expect(socket.state).toBe("open");
  socket.control();
  expect(socket.told).toEqual([goodbyes.flooding.code]);
});

describe("a socket", () => {
  test.each([
    { name: "ended", events: [end], state: "ending", told: [4008], counted: [[4008, 1]] },
    { name: "ended twice", events: [end, end], state: "ending", told: [4008], counted: [[4008, 1]] },
    { name: "ended, then lost", events: [end, lost], state: "ending", told: [4008], counted: [[4008, 1]] },
    {
      name: "ended and released",
      events: [end, lost, release],
      state: "gone",
      told: [4008],
      counted: [[4008, 1]],
    },
    {
      name: "ended, then cut",
      events: [end, cut],
      state: "gone",
      told: [4008, "terminate"],
      counted: [[4008, 1]],
    },
    { name: "lost", events: [lost], state: "ending", told: [], counted: [["gone", 1]] },
    { name: "lost, then ended", events: [lost, end], state: "ending", told: [], counted: [["gone", 1]] },
    { name: "released", events: [release], state: "gone", told: [], counted: [["gone", 1]] },
    { name: "cut", events: [cut], state: "gone", told: ["terminate"], counted: [["cut", 1]] },
    {
      name: "cut, then all else",
      events: [cut, end, cut, lost, release],
      state: "gone",
      told: ["terminate"],
      counted: [["cut", 1]],
    },
  ])("that is $name is $state, and counted once", ({ events, state, told, counted }) => {
    for (const event of events) event();
    expect([socket.state, socket.told, counters.closed.entries()]).toEqual([state, told, counted]);
  });

  test.each([
    ["ended", end],
    ["cut", cut],
    ["lost", lost],
  ])("that is %s keeps no writer waiting", async (_, event) => {
    const drained = socket.drained();
    event();
    await expect(drained).resolves.toBeUndefined();
  });
});

describe("what a socket holds of the send budget", () => {
  test("is what its library says, until it is gone; what that says late does not count", () => {
    socket.measured(300);
    end();
    socket.measured(200);
    expect([socket.unsentBytes, sent.used]).toEqual([200, 200]);
    release();
    socket.measured(100);
    expect([socket.unsentBytes, sent.used]).toEqual([0, 0]);
  });

  test("is free at once when the budget cuts it", () => {
    socket.measured(1001);
    expect([socket.state, sent.used, socket.told]).toEqual(["gone", 0, ["terminate"]]);
  });
});

describe("a message", () => {
  const bytes = Buffer.from("hi");

  test("goes to the inbox, until the socket is ended", async () => {
    socket.received(bytes, false);
    end();
    socket.received(bytes, false);
    expect(inbox.length).toBe(1);
  });

  test.each([
    ["is binary", [[bytes, true]], goodbyes.binary],
    ["is too large", [[Buffer.alloc(limits.frameBytesMax + 1), false]], goodbyes.tooLarge],
    [
      "is one too many",
      [
        [bytes, false],
        [bytes, false],
        [bytes, false],
      ],
      goodbyes.flooding,
    ],
  ] as const)("that %s ends the socket", (_, messages, goodbye) => {
    for (const [message, isBinary] of messages) socket.received(message, isBinary);
    expect(socket.told).toEqual([goodbye.code]);
    expect(inbox.trySend("x")).toBe("closed");
  });
});

test("a server that ends a socket at once gets no message of it", () => {
  opened((given) => {
    given.end(goodbyes.serverFull);
    return inbox;
  });
  socket.received(Buffer.from("hi"), false);
  expect([socket.told, inbox.trySend("x")]).toEqual([[1013], "closed"]);
});
