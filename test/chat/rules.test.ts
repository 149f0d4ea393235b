import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { messageBytes, type Post, type RoomMessage } from "../../src/chat/message.ts";
import type { Signals } from "../../src/chat/presence.ts";
import type { Pass, RoomCommand } from "../../src/chat/room-commands.ts";
import { RoomState } from "../../src/chat/room-state.ts";
import { apply, type Effect } from "../../src/chat/rules.ts";
import { limits } from "../../src/limits.ts";
import { Log } from "../../src/log/log.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { HistoryBudget } from "../../src/memory/history-budget.ts";
import { newRoom, user } from "./support.ts";

const names = ["ann", "bob", "cleo"];
/** So little that most runs drop lines, for their number and for their bytes. */
const history = 8;
const historyBytes = 8 * 700;

const nothing: Pass = { kind: "none" };
const opener: Pass = { kind: "opener" };

interface Options {
  isPrivate?: boolean;
  history?: number;
  historyBytes?: number;
}

/** A room without an actor: commands are applied by hand. */
class BareRoom {
  readonly log: Log<RoomMessage, Signals>;
  readonly state: RoomState;
  /** Everything that ever came of commands, and was committed. */
  readonly effects: Effect[] = [];
  readonly verdicts: unknown[] = [];
  #group: Effect[] = [];

  constructor(options: Options = {}) {
    const bounds = { isPrivate: false, history, historyBytes, ...options };
    const historyBudget = new HistoryBudget(new ByteBudget({ max: 10_000_000 }));
    const bytes = { max: bounds.historyBytes, of: messageBytes };
    this.log = new Log({ capacity: bounds.history, bytes, turn: () => undefined });
    this.state = new RoomState({ ...bounds, past: newRoom, log: this.log, historyBudget });
  }

  apply(command: RoomCommand): Effect[] {
    const { effects, verdict } = apply(this.state, command);
    for (const effect of effects) this.state.stage(effect);
    this.verdicts.push(verdict);
    this.#group.push(...effects);
    return [...effects];
  }

  commit(): void {
    for (const _ of this.state.commit());
    this.effects.push(...this.#group);
    this.#group = [];
  }

  drop(): void {
    this.state.drop();
    this.commit();
  }

  /** All that can be seen of it. */
  get seen(): unknown {
    const { roster, guests } = this.state;
    const entries = Array.from({ length: this.log.length }, (_, n) => this.log.get(this.log.first + n));
    return { entries, people: [...roster.people()], losses: roster.losses, guests: [...guests.people()] };
  }
}

/** What may be asked; `back` is a line counted from the newest. */
type Asked =
  | { do: "enter"; who: number; invited: boolean }
  | { do: "post"; who: number; kind: Post["kind"]; back: number; nonce: number; length: number }
  | { do: "leave"; who: number; how: "left" | "lost" }
  | { do: "graceOver"; who: number; loss: number };

const who = fc.nat({ max: names.length - 1 });
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("enter" as const), who, invited: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("post" as const),
      who,
      kind: fc.constantFrom<Post["kind"][]>("text", "text", "edited", "deleted"),
      back: fc.integer({ min: -2, max: history + 2 }),
      nonce: fc.nat({ max: 12 }),
      length: fc.nat({ max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("leave" as const),
      who,
      how: fc.constantFrom("left" as const, "lost" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("graceOver" as const),
      who,
      loss: fc.integer({ min: 1, max: 9 }),
    }),
  },
);
const script = fc.array(asked, { maxLength: 80, size: "max" });

/** The command, with its place in the order as its time; undefined for one that a connection never sends. */
function commandOf(asked: Asked, at: number, { state }: BareRoom): RoomCommand | undefined {
  const person = user(names[asked.who] ?? "");
  switch (asked.do) {
    case "enter":
      return { kind: "enter", user: person, since: undefined, pass: asked.invited ? opener : nothing, at };
    case "post": {
      const of = state.last - asked.back;
      const text = `${at}`.padEnd(asked.length, "x");
      const post: Post = asked.kind === "text" ? { kind: "text", text } : { kind: asked.kind, of, text };
      return { kind: "post", user: person, post, nonce: `${asked.nonce}`, at };
    }
    case "leave":
      if (state.roster.get(person.key)?.kind !== "present") return undefined;
      return { kind: "leave", user: person, how: asked.how, at };
    case "graceOver":
      return { kind: "graceOver", key: person.key, loss: asked.loss, at };
  }
}

/** Applies all of it one by one. Returns the commands that were. */
function play(room: BareRoom, script: readonly Asked[]): RoomCommand[] {
  return script.flatMap((asked, at) => {
    const command = commandOf(asked, at, room);
    if (command === undefined) return [];
    room.apply(command);
    room.commit();
    return [command];
  });
}

function appended(effects: readonly Effect[]): RoomMessage[] {
  return effects.flatMap((effect) => (effect.kind === "appended" ? [effect.message] : []));
}

describe("the rules of a room", () => {
  test("make the same room of the same commands, in whatever groups these are committed", () => {
    fc.assert(
      fc.property(script, fc.boolean(), fc.array(fc.nat({ max: 9 })), (script, isPrivate, groups) => {
        const one = new BareRoom({ isPrivate });
        const commands = play(one, script);
        const other = new BareRoom({ isPrivate });
        let left = 0;
        for (const [index, command] of commands.entries()) {
          other.apply(command);
          left = left === 0 ? (groups[index % groups.length] ?? 0) : left - 1;
          if (left === 0) other.commit();
        }
        other.commit();
        expect(other.verdicts).toEqual(one.verdicts);
        expect(other.effects).toEqual(one.effects);
        expect(other.seen).toEqual(one.seen);
      }),
      { numRuns: 1000 },
    );
  });

  test("give numbers without holes, also after a group was dropped, of which then nothing is there but people", () => {
    fc.assert(
      fc.property(script, fc.array(fc.boolean()), (script, dropped) => {
        const room = new BareRoom();
        let last = 0;
        for (const [at, asked] of script.entries()) {
          const command = commandOf(asked, at, room);
          if (command === undefined) continue;
          const before = room.seen;
          const effects = room.apply(command);
          if (dropped[at % dropped.length]) {
            room.drop();
            expect(room.seen).toMatchObject({ entries: (before as { entries: unknown }).entries });
          } else {
            room.commit();
            for (const { seq } of appended(effects)) {
              last += 1;
              expect(seq).toBe(last);
            }
          }
          expect([room.state.last, room.log.last]).toEqual([last, last]);
        }
      }),
    );
  });

  test("count a nonce once: again it has the number it had, and nothing comes of it", () => {
    fc.assert(
      fc.property(script, (script) => {
        const room = new BareRoom();
        const known = new Map<string, unknown>();
        for (const [at, asked] of script.entries()) {
          const command = commandOf(asked, at, room);
          if (command?.kind !== "post") continue;
          const nonce = `${command.user.id} ${command.nonce}`;
          const effects = room.apply(command);
          const verdict = room.verdicts.at(-1);
          if (known.has(nonce)) expect([verdict, effects]).toEqual([known.get(nonce), []]);
          if (effects.length > 0) known.set(nonce, verdict);
        }
      }),
    );
  });

  test("let nobody change another's line, nor what is no line", () => {
    fc.assert(
      fc.property(script, (script) => {
        const room = new BareRoom();
        play(room, script);
        const all = new Map(appended(room.effects).map((message) => [message.seq, message]));
        const gone = new Set<number>();
        for (const effect of room.effects) {
          if (effect.kind === "scrubbed") {
            const { message } = effect;
            const author = all.get(message.seq)?.user.id;
            expect(message).toMatchObject({ text: "", user: { id: author } });
            if (message.kind === "text") gone.add(message.seq);
          }
          if (effect.kind !== "appended" || !("of" in effect.message)) continue;
          const { of, user, kind } = effect.message;
          expect(all.get(of)).toMatchObject({ kind: "text", user: { id: user.id } });
          expect(gone.has(of)).toBe(kind === "deleted");
        }
      }),
    );
  });

  test("let nobody into a private room uninvited, and whoever was invited once, again", () => {
    fc.assert(
      fc.property(script, (script) => {
        const room = new BareRoom({ isPrivate: true });
        const invited = new Set<string>();
        for (const [at, asked] of script.entries()) {
          const command = commandOf(asked, at, room);
          if (command?.kind !== "enter") continue;
          if (command.pass.kind !== "none") invited.add(command.user.key);
          const { epoch, last: seq } = room.state;
          room.apply(at % 2 === 0 ? command : { ...command, since: { epoch, seq } }); // knowing the room is no invitation
          expect(room.verdicts.at(-1)).toMatchObject({
            kind: invited.has(command.user.key) ? "entered" : "not invited",
          });
          expect([...room.state.roster.people()].map(({ user }) => user.key)).toEqual(
            expect.arrayContaining([...invited]),
          );
          expect(room.state.roster.size).toBe(invited.size);
        }
      }),
    );
  });

  test("change nothing themselves", () => {
    fc.assert(
      fc.property(script, asked, (script, asked) => {
        const room = new BareRoom();
        play(room, script);
        const command = commandOf(asked, script.length, room);
        if (command === undefined) return;
        const before = structuredClone(room.seen);
        const first = apply(room.state, command);
        expect(room.seen).toEqual(before);
        expect(apply(room.state, command)).toEqual(first);
      }),
    );
  });
});

describe("the grace of somebody who was lost", () => {
  const ann = user("ann");
  const enter = { kind: "enter", user: ann, since: undefined, pass: nothing, at: 1 } as const;
  const lose = { kind: "leave", user: ann, how: "lost", at: 2 } as const;
  const over = (loss: number) => ({ kind: "graceOver", key: ann.key, loss, at: 3 }) as const;

  function lost(): BareRoom {
    const room = new BareRoom();
    for (const command of [enter, lose]) room.apply(command);
    return room;
  }

  it("ends once, with their going", () => {
    const room = lost();
    expect(room.apply(over(1)).map(({ kind }) => kind)).toEqual(["appended", "gone"]);
    expect(room.apply(over(1))).toEqual([]);
  });

  it("does not end for an earlier loss, nor once they are back", () => {
    const room = lost();
    room.apply(enter);
    expect(room.apply(over(1))).toEqual([]);
    room.apply(lose);
    expect(room.apply(over(1))).toEqual([]);
    expect(room.apply(over(2))).toHaveLength(2);
  });
});

describe("the guests of a private room", () => {
  const enter = (name: string, pass: Pass): RoomCommand => {
    const { id, key } = user("ann");
    return {
      kind: "enter",
      user: { id: name as typeof id, name, key: name as typeof key },
      since: undefined,
      pass,
      at: 1,
    };
  };

  it("are so many: then nobody new comes in, and none of them falls out, whomever others invite", () => {
    const room = new BareRoom({ isPrivate: true });
    for (let n = 0; n < limits.guestsPerRoom; n += 1) room.apply(enter(`guest${n}`, opener));
    room.apply(enter("one more", opener));
    room.apply(enter("another", nothing));
    room.apply(enter("guest0", nothing));
    expect(room.verdicts.slice(-4)).toMatchObject(
      ["entered", "full", "not invited", "entered"].map((kind) => ({ kind })),
    );
    expect(room.state.guests.size).toBe(limits.guestsPerRoom);
  });

  const entered = (room: BareRoom) =>
    room.verdicts.map((verdict) => expect.objectContaining({ kind: "entered" }).asymmetricMatch(verdict));

  it("are let in by an invitation so many times as it is for, and who is a guest takes none of these", () => {
    const room = new BareRoom({ isPrivate: true });
    const invitation = { kind: "invitation", id: "i", uses: 2, madeAtMs: 1 } as const;
    const other = { ...invitation, id: "other" };
    for (const name of ["ann", "bob", "ann", "bob", "cid"]) room.apply(enter(name, invitation));
    room.apply(enter("cid", other));
    expect(entered(room)).toEqual([true, true, true, true, false, true]);
  });

  it("stay when invitations are voided, and nobody comes in by one that was made before", () => {
    const room = new BareRoom({ isPrivate: true });
    const made = (madeAtMs: number) =>
      ({ kind: "invitation", id: `${madeAtMs}`, uses: 9, madeAtMs }) as const;
    room.apply(enter("ann", made(7)));
    room.apply({ kind: "voidInvitations", at: 8 });
    room.verdicts.length = 0;
    const asking: [string, Pass][] = [
      ["ann", nothing],
      ["bob", made(7)],
      ["bob", made(8)],
      ["bob", made(9)],
    ];
    for (const [name, pass] of asking) room.apply(enter(name, pass));
    expect(entered(room)).toEqual([true, false, false, true]);
  });

  it("are not let in by what was void before when invitations are voided by a clock that was set back", () => {
    const room = new BareRoom({ isPrivate: true });
    const made = (madeAtMs: number) =>
      ({ kind: "invitation", id: `${madeAtMs}`, uses: 9, madeAtMs }) as const;
    for (const at of [8, 3]) room.apply({ kind: "voidInvitations", at });
    room.verdicts.length = 0;
    for (const madeAtMs of [4, 8, 9, 10]) room.apply(enter("bob", made(madeAtMs)));
    expect(entered(room)).toEqual([false, false, false, true]);
  });
});

it("a line that is staged can be changed like one that is in the log, and is gone where it falls out", () => {
  const room = new BareRoom({ history: 3 });
  const ann = user("ann");
  const post = (post: Post): RoomCommand => ({ kind: "post", user: ann, post, nonce: undefined, at: 1 });
  room.apply(post({ kind: "text", text: "one" }));
  room.apply(post({ kind: "edited", of: 1, text: "two" }));
  room.apply(post({ kind: "deleted", of: 1 }));
  room.apply(post({ kind: "text", text: "four" }));
  room.apply(post({ kind: "edited", of: 1, text: "five" }));
  room.apply(post({ kind: "text", text: "five" }));
  room.apply(post({ kind: "text", text: "six" }));
  room.apply(post({ kind: "edited", of: 3, text: "seven" }));
  expect(room.verdicts).toMatchObject([
    ...[{ seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }, { kind: "not yours" }],
    ...[{ seq: 5 }, { seq: 6 }, { kind: "not yours" }],
  ]);
  room.commit();
  expect(room.log.get(4)).toMatchObject({ text: "four" });
  expect(JSON.stringify(room.seen)).not.toContain("two");
});
