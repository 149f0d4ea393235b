/** What no client should send, for fast-check to make and to shrink. */
import fc from "fast-check";
import { Type } from "../../src/protocol/v2.ts";
import { close, fragments, frame, ping, text } from "../support/raw-frame.ts";

/** A change of some bytes; `at` is a part of the length, so that it means something for all lengths. */
type Change =
  | { kind: "flip"; at: number; bit: number }
  | { kind: "cut"; at: number }
  | { kind: "remove"; at: number; count: number }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "repeat"; at: number; count: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const count = fc.integer({ min: 1, max: 200 });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant("cut" as const), at }),
  fc.record({ kind: fc.constant("remove" as const), at, count }),
  fc.record({ kind: fc.constant("insert" as const), at, bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ kind: fc.constant("repeat" as const), at, count }),
);

function changed(bytes: Uint8Array, change: Change): Uint8Array {
  const at = Math.floor(change.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case "flip":
      return Buffer.concat([
        before,
        after.subarray(0, 1).map((byte) => byte ^ (1 << change.bit)),
        after.subarray(1),
      ]);
    case "cut":
      return before;
    case "remove":
      return Buffer.concat([before, after.subarray(change.count)]);
    case "insert":
      return Buffer.concat([before, change.bytes, after]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, change.count), after]);
  }
}

const bytes = fc.uint8Array({ maxLength: 300 });
const goodLine = JSON.stringify({ type: Type.Text, room: "lobby", text: "äh … 🪶", nonce: "n" });

/** A frame of any kind, any of whose parts may be wrong. */
const anyFrame = fc
  .record({
    opcode: fc.integer({ min: 0, max: 15 }),
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 7 })),
    payload: bytes,
    lengthBits: fc.constantFrom("fewest" as const, 16 as const, 64 as const),
  })
  .map((parts) => frame(parts));

const goodFrame = fc.oneof(
  fc.constantFrom(text(goodLine), ping("p"), close(1000), text(goodLine, { mask: undefined })),
  fc.constant(
    fragments([goodLine.slice(0, 30), goodLine.slice(30, 60), goodLine.slice(60)], ping("between")),
  ),
);

/** Frames, good and bad, with some of their bytes changed, or just bytes. */
export const brokenFrames: fc.Arbitrary<Uint8Array> = fc.oneof(
  bytes,
  fc
    .tuple(
      fc.array(fc.oneof(goodFrame, anyFrame), { minLength: 1, maxLength: 6 }),
      fc.array(change, { maxLength: 4 }),
    )
    .map(([frames, changes]) => changes.reduce(changed, new Uint8Array(Buffer.concat(frames)))),
);

/** Values that programs stumble over, as JSON. */
export const nastyJson = [
  ...["1e999", "-0", "1.5", "9007199254740993", "-1", "null", "[]", "{}", '""', '"\\u0000"', "true"],
  ...['"\\ud800"', '"\\udc00\\ud800"', '"\\u202e"', '"__proto__"', '"constructor"', '"toString"', '"lobby "'],
  ...['{"__proto__":{"type":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"toString":1,"valueOf":2}'],
  ...[`"${"x".repeat(70_000)}"`, `"${"€".repeat(30_000)}"`, `"${"\\u0001".repeat(20_000)}"`],
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
];
const nasty = fc.constantFrom(...nastyJson);

/** What each field is meant to be; each has to cope with all of it. */
const meant = fc.oneof(
  fc.constantFrom("lobby", "n", "a room", "", "x".repeat(41), "x".repeat(65), "name\nemail@example.org"),
  fc.integer({ min: -1, max: 3 }),
  fc.boolean(),
  fc.record({ epoch: fc.constantFrom("", "e"), seq: fc.integer() }),
);
const field = fc.oneof(
  meant.map((value) => JSON.stringify(value)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  nasty,
);

const fieldNames = fc.constantFrom(
  ...["room", "text", "nonce", "of", "before", "since", "tab", "attempt", "invite", "private", "user"],
  ...["__proto__", "constructor", "type", "length"],
);

/** A message of any type, with fields that are missing, too many, twice there, or of a wrong type. */
const anyMessage = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...Object.values(Type)).map(String) },
      fc.oneof(fc.integer().map(String), nasty),
    ),
    fc.array(fc.tuple(fieldNames, field), { maxLength: 7 }),
  )
  .map(
    ([type, fields]) =>
      `{"type":${type}${fields.map(([name, value]) => `,${JSON.stringify(name)}:${value}`).join("")}}`,
  );

const splice = fc.record({
  at,
  count: fc.integer({ min: 0, max: 5 }),
  inserted: fc.string({ maxLength: 3 }),
});

/** A frame's text: messages, arrays of them, any JSON, and all that with some characters changed. */
export const anyJson: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: anyMessage },
      { weight: 2, arbitrary: fc.array(anyMessage, { maxLength: 70 }).map((all) => `[${all.join(",")}]`) },
      fc.json(),
      nasty,
    ),
    fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, splice),
  )
  .map(([json, splice]) => {
    if (!splice) return json;
    const from = Math.floor(splice.at * json.length);
    return json.slice(0, from) + splice.inserted + json.slice(from + splice.count);
  });
