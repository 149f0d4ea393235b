import fc from "fast-check";
import { expect, it } from "vitest";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeDisk } from "../support/fake-disk.ts";
import { InProcessServer, ResumingInProcessClient } from "../support/in-process-server.ts";

const env = { PLUME_HISTORY: "12", PLUME_MESSAGES_PER_SECOND: "0" };
const who = fc.nat(2);

/** What may happen. `who` is one of three people. */
const event = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("say" as const), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("vanish" as const), who, lost: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("connect" as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), delayMs: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fill" as const), isFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("kill" as const), written: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

it("over kills and restarts a room goes on in its epoch: nobody misses, doubles or sees anything otherwise than others", async () => {
  const play = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const clock = new FakeClock();
    const disk = new FakeDisk(clock);
    let house = await InProcessServer.on(disk, env);
    const witness = new ResumingInProcessClient(house, "witness");
    const people = ["ann", "bob", "cid"].map((name) => new ResumingInProcessClient(house, name));
    const everybody = [witness, ...people];
    const start = async () => {
      house = await InProcessServer.on(disk, env);
      await witness.connect(house);
      await clock.advance(200);
      for (const member of people) await member.connect(house);
    };
    for (const member of everybody) await member.connect();

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
        case "wait":
          await clock.advance(happening.ms);
          break;
        case "disk":
          disk.delayMs = happening.delayMs;
          break;
        case "fill":
          disk.isFull = happening.isFull;
          break;
        case "kill":
          disk.pullOut(happening);
          for (const member of everybody) await member.vanish(0);
          await start();
          break;
        case "restart":
          await house.stop();
          for (const member of everybody) member.hear();
          disk.pullOut({ written: false });
          await start();
      }
      witness.hear();
      if (witness.isOut) await witness.connect();
    }

    disk.isFull = false;
    await clock.advance(30_000);
    for (const member of everybody) {
      await member.vanish(0);
      await member.connect();
      await clock.advance(1000);
    }
    for (const member of everybody) member.hear();

    const [log, ...others] = [...witness.record.epochs.values()];
    expect(others).toEqual([]);
    for (const person of people) {
      expect(person.record.outbox).toEqual([]);
      const [current, ...lost] = [...person.record.epochs.values()];
      expect(lost).toEqual([]);
      if (!current || !log) throw new Error("nobody was in");
      expect(current.upTo).toBe(log.upTo);
      const seen = [...log.entries].filter(([seq]) => seq > current.from && !current.gone.has(seq));
      const witnessed = [...current.entries].filter(([seq]) => !log.gone.has(seq));
      expect(witnessed).toEqual(seen);
      const own = [...log.entries.values()].filter(
        (text) => text.startsWith(`${person.name} `) && !/ 2[34]$/.test(text),
      );
      expect(own).toEqual([...new Set(own)]);
      for (const [text, seq] of person.record.acked)
        if (!log.gone.has(seq)) expect(log.entries.get(seq)).toBe(text);
    }
  });
  await fc.assert(play, { numRuns: 100 });
}, 60_000);
