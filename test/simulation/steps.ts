import fc from "fast-check";
import { attacks } from "./attacker.ts";
import { eveAttacks } from "./eve.ts";
import { mailMoods } from "./mail-service.ts";

/** Tabs of version 2, and clients of version 1, that a step may be about. */
export const TABS = 4;
export const CLIENTS_V1 = 2;
export const rooms = ["lobby", "tea", "den", "vault"] as const;

const diskMoods = ["well", "slow", "full"] as const;
export type DiskMood = (typeof diskMoods)[number];

const clockJumps = ["1970", "400 days ahead", "a step ahead", "a step back", "right"] as const;
export type ClockJump = (typeof clockJumps)[number];

const tab = fc.nat({ max: TABS - 1 });
const client = fc.nat({ max: TABS + CLIENTS_V1 - 1 });
const room = fc.constantFrom(...rooms);
const pick = fc.nat({ max: 1_000 });

/** One thing that people, the network, the mail or the machine do. */
const happening = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      client,
      room,
      lines: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      tab,
      room,
      how: fc.constantFrom("edit" as const, "delete" as const),
      pick,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("join" as const), tab, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), tab, room }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("invite" as const),
      tab,
      client: tab,
      room: fc.constantFrom("den" as const, "vault" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("type" as const, "look back" as const), tab, room, pick }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("come" as const),
      client,
      by: fc.constantFrom("session" as const, "session" as const, "mail" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("vanish" as const),
      client,
      how: fc.constantFrom("reset" as const, "silent" as const),
      arrives: fc.nat({ max: 3 }),
      back: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("stall" as const), client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("go on" as const), client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("attack" as const),
      attack: fc.constantFrom(...attacks),
      victim: tab,
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("Eve" as const), attack: fc.constantFrom(...eveAttacks), pick }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("log out" as const),
      tab,
      which: fc.constantFrom("here" as const, "everywhere" as const, "elsewhere" as const),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock" as const),
      to: fc.constantFrom(...clockJumps),
      isCrash: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("stay away" as const), client, pick, back: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("mail" as const), mood: fc.constantFrom(...mailMoods) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("disk" as const), mood: fc.constantFrom(...diskMoods) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("stop" as const, "crash" as const), isWritten: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("hold up" as const), ms: fc.constantFrom(50, 3_000, 20_000) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(1, 20, 250, 1_000, 5_000) },
        { weight: 6, arbitrary: fc.constantFrom(14_999, 15_001, 31_000, 61_000) },
        { weight: 1, arbitrary: fc.constantFrom(11 * 60_000, 25 * 3_600_000) },
      ),
    }),
  },
);

/** How much of what can happen happens before the next step; "all" of it at this instant. */
const then = fc.oneof(fc.nat({ max: 40 }), fc.constant("all" as const));

export const step = fc.record({ happening, then });
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What the server is set to in a run. */
export const conditions = fc.record({
  history: fc.constantFrom(12, 12, 60, 1_000),
  paced: fc.boolean(),
  /** What a stalled connection still takes. */
  windowBytes: fc.constantFrom(0, 600, 65_536),
  latencyMs: fc.constantFrom(0, 4, 120),
  /** Where the server keeps its state: nowhere, on a disk that is slow at most, or on one that is full at times. */
  disk: fc.constantFrom("none", "good", "in trouble"),
  /** Of the server's randomness, and of the order in which things happen. */
  seed: fc.noShrink(fc.nat()),
});
export type Conditions = typeof conditions extends fc.Arbitrary<infer C> ? C : never;
