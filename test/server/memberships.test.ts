import { pino } from "pino";
import { expect, it } from "vitest";
import { Rooms } from "../../src/chat/rooms.ts";
import { BucketPerKey } from "../../src/login/bucket-per-key.ts";
import { ByteBudget } from "../../src/memory/byte-budget.ts";
import { HistoryBudget } from "../../src/memory/history-budget.ts";
import { Counters } from "../../src/metrics/counters.ts";
import { Person, type SessionId } from "../../src/people/person.ts";
import { Type } from "../../src/protocol/v2.ts";
import { Invitations } from "../../src/server/invitations.ts";
import { Memberships } from "../../src/server/memberships.ts";
import { ResponderV2 } from "../../src/server/responder-v2.ts";
import { systemRandom } from "../../src/system/random.ts";
import type { Socket } from "../../src/transport/socket.ts";
import { user } from "../chat/support.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { identity } from "../support/identity.ts";

/** A socket that can be written to no more, which its owner does not know yet. */
const broken: Socket = {
  version: 2,
  peer: { address: "192.0.2.1", key: "192.0.2.1", device: "a program", origin: "" },
  isFull: false,
  heldBytes: 0,
  send() {
    throw new Error("the socket is broken");
  },
  drained: () => Promise.resolve(),
  end: () => true,
  cut: () => {},
};

it("somebody whose connection fails while they come in is in no room once it has left", async () => {
  const clock = new FakeClock();
  const logger = pino({ level: "silent" });
  const rooms = new Rooms({
    history: 100,
    historyBudget: new HistoryBudget(new ByteBudget({ max: 1_000_000 })),
    connectionsMax: 10,
    clock,
    random: systemRandom,
    logger,
    state: { kind: "memory" },
  });
  const counters = new Counters();
  const memberships = new Memberships(
    {
      rooms,
      openings: new BucketPerKey({ perSecond: 1, burst: 1 }, clock),
      invites: new Invitations(Buffer.alloc(32, "secret"), { clock, random: systemRandom }),
      logger,
      memberships: new ByteBudget({ max: 1_000_000 }),
      counters,
    },
    {
      visit: {
        user: user("ann"),
        person: new Person(
          { id: user("ann").id, emailHash: identity("ann", "ann").emailHash, voidUntilMs: 0 },
          [],
        ),
        session: "session" as SessionId,
      },
      peer: broken.peer,
      responder: new ResponderV2(broken, counters),
      charge: { answer: () => {} },
      connection: { close: () => {} },
    },
  );
  const joining = memberships.handle({ type: Type.Join, room: "garden" });
  await expect(joining).rejects.toThrow("the socket is broken");
  expect(rooms.get("garden")?.people).toBe(1);
  await memberships.leave("left");
  await clock.settle();
  expect(rooms.get("garden")?.people).toBe(0);
});
