import fc from "fast-check";
import { expect, it } from "vitest";
import { TestHouse } from "../support/house.ts";
import { Member } from "../support/member.ts";

/** What may happen. `who` is one of three people. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("say" as const), who: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("vanish" as const), who: fc.nat(2), lost: fc.nat(4) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("connect" as const), who: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stall" as const), who: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("go on" as const), who: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

it("everybody has exactly the room's log from where they came in, but for announced gaps, and what was acked is in it once", async () => {
  const play = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const env = { PLUME_HISTORY: "12", PLUME_MESSAGES_PER_SECOND: "0" };
    let house = new TestHouse(env);
    const witnesses = [new Member(house, "witness")];
    const people = ["ann", "bob", "cid"].map((name) => new Member(house, name));
    const everybody = () => [...witnesses.slice(-1), ...people];
    for (const member of everybody()) await member.connect();

    for (const happening of events) {
      switch (happening.kind) {
        case "say":
          await people[happening.who]?.say();
          break;
        case "vanish":
          await people[happening.who]?.vanish(happening.lost);
          break;
        case "connect":
          await people[happening.who]?.connect();
          break;
        case "stall":
          people[happening.who]?.stall();
          break;
        case "go on":
          await people[happening.who]?.goOn();
          break;
        case "wait":
          await house.clock.advance(happening.ms);
          break;
        case "restart": {
          for (const member of everybody()) await member.goOn();
          await house.stop();
          for (const member of everybody()) member.hear();
          house = new TestHouse(env);
          witnesses.push(new Member(house, "witness"));
          for (const member of everybody()) await member.connect(house);
        }
      }
      witnesses.at(-1)?.hear();
    }

    for (const person of people) {
      await person.goOn();
      await person.connect();
    }
    for (const member of everybody()) member.hear();

    const logs = new Map(witnesses.flatMap(({ book }) => [...book.stays]));
    for (const person of people) {
      expect(person.book.outbox).toEqual([]);
      for (const [epoch, { from, upTo, entries, gone }] of person.book.stays) {
        const log = [...(logs.get(epoch)?.entries ?? [])];
        const stay = log.filter(([seq]) => seq > from && seq <= upTo && !gone.has(seq));
        expect([...entries]).toEqual(stay);
      }
      const [last] = [...person.book.stays.values()].slice(-1);
      const [log] = [...(witnesses.at(-1)?.book.stays.values() ?? [])];
      expect(last?.upTo).toBe(log?.upTo);
      for (const { entries } of logs.values()) {
        const own = [...entries.values()].filter(
          (text) => text.startsWith(`${person.name} `) && !/ 2[34]$/.test(text),
        );
        const numbers = own.map((text) => Number(text.split(" ")[1]));
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      }
      const everywhere = new Set([...logs.values()].flatMap(({ entries }) => [...entries.values()]));
      for (const text of person.book.acked.keys()) expect(everywhere).toContain(text);
    }
  });
  await fc.assert(play, { numRuns: 200 });
}, 60_000);
