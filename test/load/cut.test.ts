import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { type Cut, type Fault, type InPieces, startFaultProxy } from "../support/fault-proxy.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { ResumingSocketClient } from "../support/socket-client.ts";

/** Odd, so that cuts come anywhere in headers, lengths and characters. */
const STEP_BYTES = 7;
const CUTS_AT_ONCE = 8;
/** What either side sends in a conversation has more steps than this: with fewer cuts, cutting does not work. */
const CUTS_MIN = 60;
/** Comes in one piece: uWebSockets answers 505 when it does not (uNetworking/uWebSockets#1776). */
const REQUEST_LINE_BYTES = "GET /connect HTTP/1.1\r\n".length;

describe("wherever the connection is cut, a client has the room's log from its join on, and what it said is there once", () => {
  let server: ServerProcess;
  let rooms = 0;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0" } });
  });
  afterAll(() => server.stop());

  /** Somebody whose connections are cut talks to somebody whose connection is not. Returns how many cuts came before the end. */
  const converse = async (
    faults: readonly (readonly Fault[])[],
    saidBefore: number,
    isHasty: boolean,
  ): Promise<number> => {
    rooms += 1;
    const room = `cut-${rooms}`;
    // Others for each room: one person opens only so many.
    const names = [`other-${rooms}`, `talker-${rooms}`] as const;
    await using proxy = await startFaultProxy(() => server.url, faults);
    await using other = ResumingSocketClient.of(server, names[0], { room });
    const earlier = Array.from({ length: saidBefore }, (_, n) => `earlier line ${n}`);
    for (const line of earlier) other.say(line);
    await other.until("its own lines", ({ acked }) => acked.size === saidBefore);

    await using talker = ResumingSocketClient.of(server, names[1], { room, url: proxy.url, isHasty });
    await talk(talker, other);
    check(talker, other);
    expect(talker.closeCodes.length).toBeLessThanOrEqual(proxy.cuts);
    return proxy.cuts;
  };

  it.each(["client", "server"] as const)(`at every ${STEP_BYTES}th byte from the %s`, async (from) => {
    let afterBytes = 0;
    let cuts = 0;
    /** Cuts later and later, until a conversation ends before its cut. */
    const cutOn = async () => {
      for (;;) {
        const by = afterBytes % 2 === 0 ? "FIN" : "RST";
        const cut = { kind: "cut", from, afterBytes, by } as const;
        afterBytes += STEP_BYTES;
        if ((await converse([[cut]], 0, false)) === 0) return;
        cuts += 1;
      }
    };
    await Promise.all(Array.from({ length: CUTS_AT_ONCE }, cutOn));
    expect(cuts).toBeGreaterThan(CUTS_MIN);
  });

  it("again and again, at any byte, while bytes come in small pieces", async () => {
    const cut = fc.record<Cut>({
      kind: fc.constant("cut"),
      from: fc.constantFrom("client", "server"),
      afterBytes: fc.nat(2_000),
      by: fc.constantFrom("FIN", "RST"),
    });
    const pieces = fc.record<InPieces>({
      kind: fc.constant("pieces"),
      wholeBytes: fc.constant(REQUEST_LINE_BYTES),
      pieceBytes: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 100 })), { maxLength: 5 }),
    });
    const cuts = fc.array(fc.tuple(pieces, cut), { minLength: 1, maxLength: 4 });
    const saidBefore = fc.oneof(fc.constant(0), fc.nat(limits.joinMessages + 10));
    const property = fc.asyncProperty(cuts, saidBefore, fc.boolean(), async (...conversation) => {
      await converse(...conversation);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

const said = ["a first line ☕", "a second line", "a third line 🪶", "a fourth line"] as const;
const end = "no more";

/** One line and its answer, others without waiting, so that a cut within one loses the ack of another, and an end that both get. */
async function talk(talker: ResumingSocketClient, other: ResumingSocketClient): Promise<void> {
  const [first, ...others] = said;
  talker.say(first);
  await Promise.all([talker, other].map((who) => who.until("a line", has(first))));
  other.say("an answer");
  await talker.until("an answer", has("an answer"));
  for (const line of others) talker.say(line);
  await talker.until("acks", ({ outbox }) => outbox.length === 0);
  other.say(end);
  await Promise.all([talker, other].map((who) => who.until("the end", has(end))));
}

function has(text: string): (record: ResumingSocketClient["record"]) => boolean {
  return ({ epochs }) => [...epochs.values()].some(({ entries }) => [...entries.values()].includes(text));
}

function check(talker: ResumingSocketClient, other: ResumingSocketClient): void {
  const { record } = talker;
  const log = logOf(other);
  const { from, gone } = record.current;
  expect(logOf(talker)).toEqual(log.filter(([seq]) => seq > from));
  expect(log.map(([seq]) => seq)).toEqual(log.map((_, n) => n + 1));
  expect([record.epochs.size, gone.size, record.outbox.length, other.closeCodes.length]).toEqual([
    1, 0, 0, 0,
  ]);
  const own = log.filter(([, text]) => said.some((line) => line === text));
  expect(own.map(([, text]) => text)).toEqual(said);
  expect([...record.acked].map(([text, seq]) => [seq, text])).toEqual(own);
}

/** What somebody has of the room, in the order in which it came, up to the end of the conversation. */
function logOf({ record }: ResumingSocketClient): [seq: number, text: string][] {
  const entries = [...record.current.entries];
  return entries.slice(0, entries.findIndex(([, text]) => text === end) + 1);
}
