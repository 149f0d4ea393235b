import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { InProcessServer } from "../support/in-process-server.ts";

const serverFull = { code: 1013, reason: "the server is full" };
const addressFull = { code: 4013 };

describe("a server that is full", () => {
  test("A8: closes the oldest that has not logged in for each newcomer, so that somebody with a session chats", async () => {
    const server = new InProcessServer({ PLUME_MAX_CLIENTS: "300" });
    const silent = Array.from({ length: 300 }, () => server.connect());
    await server.clock.settle();
    const out = silent.filter(({ goodbye }) => goodbye !== undefined);
    expect(out).toEqual(silent.slice(0, 300 - 225));
    for (const { goodbye } of out) expect(goodbye).toMatchObject(serverFull);
    const ann = await server.enter("ann");
    expect(server.server.connections).toBe(225);
    await ann.send(MessageType.Text, "at last");
    expect(ann.heard()).toEqual(["ann: at last"]);
  });

  test("takes from those who have not logged in until there are none, and never from those who have", async () => {
    const server = new InProcessServer({ PLUME_MAX_CLIENTS: "8" });
    const people = [];
    for (let n = 0; n < 8; n += 1) {
      for (let silent = 0; silent < 8; silent += 1) server.connect();
      await server.clock.settle();
      people.push(await server.enter(`person-${n}`));
      expect(server.server.connections).toBeLessThanOrEqual(8);
    }
    const newcomer = server.connect();
    expect(newcomer.goodbye).toMatchObject(serverFull);
    expect(people.map(({ goodbye }) => goodbye)).toEqual(people.map(() => undefined));
    await people[0]?.vanish();
    expect((await server.enter("newcomer")).goodbye).toBeUndefined();
  });

  test("has taken no place once somebody who made room is gone", async () => {
    const server = new InProcessServer({ PLUME_MAX_CLIENTS: "4" });
    for (let n = 0; n < 100; n += 1) server.connect();
    await server.clock.settle();
    expect(server.server.connections).toBe(3);
  });
});

describe("a network address", () => {
  const connectAll = (server: InProcessServer, address: string, count: number) =>
    Array.from({ length: count }, () => server.connect(address)).filter(({ goodbye }) => goodbye);

  test("has as many connections as a class and an office need, and the log says once what to set beyond that", () => {
    const server = new InProcessServer();
    expect(connectAll(server, "192.0.2.1", limits.connectionsPerPeerMax)).toEqual([]);
    const refused = connectAll(server, "192.0.2.1", 3);
    expect(refused.map(({ goodbye }) => goodbye)).toMatchObject([addressFull, addressFull, addressFull]);
    expect(connectAll(server, "192.0.2.2", 1)).toEqual([]);
    expect(server.log.filter((line) => line.includes("PLUME_MAX_CLIENTS_PER_IP"))).toHaveLength(1);
  });

  test.each(["127.0.0.1", "127.8.8.8", "::1"])(
    "of this machine, %s, has no bound but one that was set",
    (address) => {
      const count = limits.connectionsPerPeerMax + 1;
      expect(connectAll(new InProcessServer(), address, count)).toEqual([]);
      const bounded = new InProcessServer({ PLUME_MAX_CLIENTS_PER_IP: "2" });
      expect(connectAll(bounded, address, 3)).toHaveLength(1);
    },
  );
});

describe("where memory runs out, an eighth goes:", () => {
  const backlog = limits.unsentBytesSoft;

  test("those who hold most, whoever came last and whoever is logged in", async () => {
    const server = new InProcessServer();
    const holder = await server.enter("holder");
    const others = [await server.enter("other"), ...Array.from({ length: 14 }, () => server.connect())];
    holder.hold(2 * backlog);
    others[1]?.hold(3 * backlog);
    server.server.relieve();
    expect([holder, ...others].filter(({ goodbye }) => goodbye)).toEqual([holder, others[1]]);
  });

  test("where nobody holds more than a reader does at times, those who have not logged in, the youngest first", async () => {
    const server = new InProcessServer();
    const people = [await server.enter("ann")];
    const silent = Array.from({ length: 4 }, () => server.connect());
    people.push(await server.enter("bob"), await server.enter("cid"), await server.enter("dan"));
    for (const person of people) person.hold(backlog - 1);
    const everybody = [...silent.reverse(), ...people.reverse()];
    for (const who of everybody) {
      expect(who.goodbye).toBeUndefined();
      server.server.relieve();
      expect(who.goodbye).toBeDefined();
      await who.vanish();
    }
  });
});
