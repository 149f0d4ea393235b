import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goodbyes, retryAfterClose } from "../../src/protocol/close.ts";
import {
  type ClientMessage,
  encodeMessage,
  MessageType,
  parseClientMessage,
  parseServerMessage,
  type ServerMessage,
} from "../../src/protocol/v1.ts";

const serverMessage = fc.record({
  type: fc.constantFrom(MessageType.Text, MessageType.AuthAck, MessageType.AuthRst, MessageType.MayNotEnter),
  user: fc.record({ name: fc.string({ unit: "grapheme" }) }),
  text: fc.string({ unit: "grapheme" }),
});
const clientMessage = fc.record({
  type: fc.constantFrom(MessageType.Hello, MessageType.Text, MessageType.Auth),
  text: fc.string({ unit: "grapheme" }),
});

describe("a message", () => {
  it("is read back as it was written, whatever is in it", () => {
    fc.assert(
      fc.property(serverMessage, (message: ServerMessage) => {
        expect(parseServerMessage(encodeMessage(message))).toEqual({ kind: "message", message });
      }),
    );
    fc.assert(
      fc.property(clientMessage, (message: ClientMessage) => {
        expect(parseClientMessage(encodeMessage(message))).toEqual({ kind: "message", message });
      }),
    );
  });

  it("is written in the order of keys that Plume's is", () => {
    const message: ServerMessage = { type: MessageType.Text, user: { name: 'a"b' }, text: "\n" };
    expect(encodeMessage(message)).toBe('{"type":1,"user":{"name":"a\\"b"},"text":"\\n"}');
  });

  it("is read in any order, without a user, and with fields nobody knows", () => {
    const frame = '{"extra":{"a":1},"text":"hi","type":1}';
    expect(parseClientMessage(frame)).toEqual({ kind: "message", message: { type: 1, text: "hi" } });
  });

  it.each<[string, string]>([
    ["", "not JSON"],
    ["{", "not JSON"],
    ["[1]", "not a JSON object"],
    ["null", "not a JSON object"],
    ['"text"', "not a JSON object"],
    ["{}", "no whole number as type"],
    ['{"type":1.5}', "no whole number as type"],
    ['{"type":"1"}', "no whole number as type"],
    ['{"type":1,"text":{}}', "text is not a string"],
  ])("that is %j is malformed: %s", (frame, problem) => {
    expect(parseClientMessage(frame)).toEqual({ kind: "malformed", problem });
    expect(parseServerMessage(frame)).toEqual({ kind: "malformed", problem });
  });

  it("of a type that only the other side sends is unknown, and the problem says which are known", () => {
    expect(parseClientMessage('{"type":3}')).toEqual({
      kind: "unknown",
      problem: "unknown type 3; known are 0 (Hello), 1 (Text) and 2 (Auth)",
    });
    expect(parseServerMessage('{"type":0}').kind).toBe("unknown");
  });

  it("never makes a parser throw, nor changes what all objects have", () => {
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"__proto__":{"type":1},"constructor":{"prototype":{"x":1}}}'),
    );
    fc.assert(
      fc.property(frame, (text) => {
        expect(["message", "unknown", "malformed"]).toContain(parseClientMessage(text).kind);
        expect(["message", "unknown", "malformed"]).toContain(parseServerMessage(text).kind);
        expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
      }),
    );
  });
});

describe("a goodbye", () => {
  it("has a code that says when to come back, and a reason that fits in a close frame, also with a problem behind it", () => {
    const all = Object.values(goodbyes);
    for (const { code, retry } of all) expect(retryAfterClose(code)).toBe(retry);
    expect(new Set(all.map(({ reason }) => reason)).size).toBe(all.length);
    for (const { reason } of all) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(80);
  });

  it.each([
    [1012, "now"],
    [1013, "later"],
    [4000, "never"],
    [1006, "now"],
    [1001, "now"],
  ])("with code %i means: come back %s", (code, retry) => expect(retryAfterClose(code)).toBe(retry));
});
