import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { memoryCeiling } from "../../src/memory/ceiling.ts";
import { goodbyes } from "../../src/protocol/close.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { Type } from "../../src/protocol/v2.ts";
import { InProcessServer } from "../support/in-process-server.ts";

const connectionsMax = 1000;
const ceiling = memoryCeiling({ connectionsMax, memoryBytes: undefined, state: { kind: "memory" } });

/** The least there has to be for so many. */
function smallHouse(): InProcessServer {
  return new InProcessServer({
    PLUME_MAX_CLIENTS: String(connectionsMax),
    PLUME_MEMORY_MIB: String(Math.ceil(ceiling.leastBytes / 1024 ** 2)),
    PLUME_MESSAGES_PER_SECOND: "0",
  });
}

/** A line of nearly the most bytes a frame may have. */
const large = JSON.stringify({ type: MessageType.Text, text: "x".repeat(limits.frameBytesMax - 100) });

describe("what is received and not handled", () => {
  it("is bounded for all clients together: whoever has more than is left is told, and others go on", async () => {
    const house = smallHouse();
    const { received } = house.server.budgets;
    const bystander = await house.enter("bystander");
    const hogs = [];
    for (let n = 0; n < 100; n += 1) {
      const hog = await house.enter(`hog-${n}`);
      hog.stall(); // so that the answer to what is refused waits, and all that comes behind it
      await hog.sendRaw(large);
      hogs.push(hog);
    }
    const ends = hogs.map(({ goodbye }) => goodbye);
    expect(new Set(ends)).toEqual(new Set([undefined, goodbyes.serverFull]));
    expect(received.used).toBeGreaterThan(0.9 * received.max);
    expect(received.used).toBeLessThan(received.max + connectionsMax * limits.receivedShareBytes);
    bystander.take();
    await bystander.send(MessageType.Text, "undisturbed");
    expect(bystander.heard()).toContain("bystander: undisturbed");
    for (const hog of hogs) await hog.vanish();
    expect(received.used).toBe(0);
  });

  it("counts no more when its connection has ended, whatever was left of it", async () => {
    const house = smallHouse();
    const visitor = await house.enter("ann");
    visitor.stall();
    const empty = JSON.stringify({ type: MessageType.Text, text: "" });
    await visitor.sendRaw(empty, empty, empty, "{");
    expect(house.server.budgets.received.used).toBeGreaterThan(0);
    await visitor.goOn();
    expect(visitor.goodbye).toMatchObject({ code: 4000 });
    expect(house.server.budgets.received.used).toBe(0);
  });
});

describe("memberships", () => {
  it("are bounded for all clients together, beyond what each may always have", async () => {
    const house = new InProcessServer({ PLUME_MAX_CLIENTS: "30", PLUME_MESSAGES_PER_SECOND: "0" });
    const join = async (n: number) => {
      const member = await house.logInV2(`member-${n}`);
      for (let room = 0; room < limits.roomsPerConnection; room += 1) {
        await member.send({ type: Type.Join, room: `room-${room}` });
      }
      const refused = member.only(Type.Refused);
      return { member, refused };
    };
    const outcomes = [];
    for (let n = 0; n < 30; n += 1) outcomes.push(await join(n));
    expect(outcomes[0]?.refused.map(({ code }) => code)).toContain("room");
    const last = outcomes.at(-1);
    expect(last?.refused).toHaveLength(limits.roomsPerConnection - limits.roomsShare);
    expect(last?.refused[0]?.text).toMatch(/leave one, or try again later/);
    const { memberships } = house.server.budgets;
    expect(memberships.used).toBeLessThanOrEqual((1 + limits.roomsShare) * memberships.max);
    for (const { member } of outcomes) await member.vanish();
    expect(memberships.used).toBe(0);
  });
});
