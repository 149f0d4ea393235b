import { describe, expect, test } from "vitest";
import { bounds } from "../../public/bounds.ts";
import * as outgoing from "../../public/outbox.ts";
import { packOutbox, unpackOutbox } from "../../public/outbox-store.ts";

const say = { kind: "say" } as const;
const of = (...texts: string[]): outgoing.Outbox =>
  texts.reduce<outgoing.Outbox>(
    (outbox, text) =>
      outgoing.add(outbox, { nonce: text, room: "lobby", act: say, text, at: 1 }, "waiting") ?? outbox,
    [],
  );
const states = (outbox: outgoing.Outbox) => outbox.map(({ text, state }) => `${state.kind}: ${text}`);
const here = { epoch: "e1", seq: 5 };
const everywhere = () => true;

describe("the outbox", () => {
  test("has several lines on the wire, in order, and no more than it may", () => {
    let outbox = of(..."abcdefghij");
    let sent = "";
    for (let line = outgoing.next(outbox, everywhere); line; line = outgoing.next(outbox, everywhere)) {
      sent += line.text;
      outbox = outgoing.sent(outbox, line.nonce, here);
    }
    expect(sent).toBe("abcdefgh");
  });

  test("sends nothing to a room one is not in", () => {
    expect(outgoing.next(of("a"), () => false)).toBeUndefined();
  });

  test("keeps an acked line until its message is there", () => {
    const outbox = outgoing.acked(of("a"), "a", 6, 5);
    expect(states(outgoing.settled(outbox, "lobby", 5))).toEqual(["acked: a"]);
    expect(outgoing.settled(outbox, "lobby", 6)).toEqual([]);
    expect(outgoing.acked(of("a"), "a", 5, 5)).toEqual([]);
  });

  test("sends what was on the wire again when the connection is lost, first things first", () => {
    const outbox = outgoing.sent(of("a", "b"), "a", here);
    expect(outgoing.next(outgoing.unsent(outbox), everywhere)?.text).toBe("a");
  });

  test("asks a person about a line the server can’t know any more", () => {
    const outbox = outgoing.unsent(outgoing.sent(of("a", "b"), "a", here));
    const back = (epoch: string, seq: number) =>
      states(outgoing.rejoined(outbox, "lobby", { epoch, seq }, "e1", "gone"));
    expect(back("e1", 4 + bounds.nonces)).toEqual(["waiting: a", "waiting: b"]);
    expect(back("e1", 5 + bounds.nonces)).toEqual(["unsure: a", "waiting: b"]);
  });

  test("holds back what was to be said to a log that is lost, until a person decides", () => {
    const outbox = [
      ...outgoing.unsent(outgoing.sent(of("a", "b"), "a", here)),
      ...of("c").map((line) => ({ ...line, room: "kitchen" })),
    ];
    const back = (epoch: string, before: string) =>
      outgoing.rejoined(outbox, "lobby", { epoch, seq: 0 }, before, "gone");
    expect(states(back("e1", ""))).toEqual(["waiting: a", "waiting: b", "waiting: c"]);
    const held = back("e2", "e1");
    expect(states(held)).toEqual(["held: a", "held: b", "waiting: c"]);
    expect(states(unpackOutbox(packOutbox(held)))).toEqual(states(held));
    expect(states(outgoing.rejoined(held, "lobby", { epoch: "e2", seq: 0 }, "e2", "gone"))).toEqual(
      states(held),
    );
    expect(states(outgoing.release(held, "lobby"))).toEqual(["waiting: a", "waiting: b", "waiting: c"]);
    expect(outgoing.release(held, "lobby")[0]?.sentAfter).toBeUndefined();
  });

  test("refuses to change a line of a log that is lost", () => {
    const act = { kind: "edit", epoch: "e1", of: 3 } as const;
    const outbox =
      outgoing.add([], { nonce: "n", room: "lobby", act, text: "better", at: 1 }, "waiting") ?? [];
    expect(states(outgoing.rejoined(outbox, "lobby", here, "e1", "gone"))).toEqual(["waiting: better"]);
    expect(states(outgoing.rejoined(outbox, "lobby", { epoch: "e2", seq: 0 }, "e1", "gone"))).toEqual([
      "refused: better",
    ]);
  });

  test("holds a hundred lines", () => {
    expect(of(...Array.from({ length: 101 }, (_, n) => `${n}`))).toHaveLength(100);
  });

  test("survives a reload, with the same nonces", () => {
    const acked = outgoing.acked(of("a", "b", "c", "d"), "d", 9, 5);
    const outbox = outgoing.refused(
      outgoing.sent(acked, "a", here),
      "b",
      "too fast",
      Number.POSITIVE_INFINITY,
    );
    const back = unpackOutbox(packOutbox(outbox));
    expect(states(back)).toEqual(["waiting: a", "refused: b", "waiting: c"]);
    expect(back[0]).toMatchObject({ nonce: "a", sentAfter: here });
    expect(back[1]?.state).toMatchObject({ retryAt: Number.POSITIVE_INFINITY });
  });

  test.each(["", "{}", "[1]", '[{"text":"x"}]', "null"])("reads %j as nothing", (packed) => {
    expect(unpackOutbox(packed)).toEqual([]);
  });
});
