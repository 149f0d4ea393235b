import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { Type } from "../../src/protocol/v2.ts";
import { InProcessServer } from "../support/in-process-server.ts";

const { Hello, Text } = MessageType;

describe("a server", () => {
  it("takes as many clients as it may, tells the next one so, and takes another when one has gone", async () => {
    const house = new InProcessServer({ PLUME_MAX_CLIENTS: "2" });
    const first = await house.enter("first");
    await house.enter("second");
    expect(house.connect().goodbye?.code).toBe(1013);
    await first.vanish();
    expect(house.connect().goodbye).toBeUndefined();
  });

  it("counts clients by network address", async () => {
    const house = new InProcessServer({ PLUME_MAX_CLIENTS_PER_IP: "2" });
    const first = house.connect("192.0.2.1");
    house.connect("192.0.2.1");
    expect(house.connect("192.0.2.1").goodbye?.code).toBe(4013);
    expect(house.connect("192.0.2.2").goodbye).toBeUndefined();
    await first.vanish();
    expect(house.connect("192.0.2.1").goodbye).toBeUndefined();
  });

  it("stops by saying what was said, telling everybody with 1012, and sending the mails that wait", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const bob = await house.enter("bob");
    const visitor = house.connect();
    await visitor.send(Hello, "cid\ncid@example.org");
    await ann.send(Text, "last words");
    expect(await house.stop()).toBe(true);
    expect(bob.heard().at(-1)).toBe("ann: last words");
    for (const { goodbye } of [ann, bob, visitor]) expect(goodbye?.code).toBe(1012);
    expect(house.mails).toHaveLength(1);
    expect(house.server.connections).toBe(0);
  });

  it("waits for a slow reader while it stops, and delivers all of it", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const slow = await house.enter("slow");
    slow.stall();
    await ann.send(Text, "last words");
    const stopped = house.server.stop();
    await house.clock.advance(limits.stopTimeoutMs / 2);
    expect(slow.goodbye).toBeUndefined();
    await slow.goOn();
    expect(await stopped).toBe(true);
    expect(slow.heard()).toEqual(["ann: last words"]);
    expect(slow.goodbye?.code).toBe(1012);
  });

  it("does so in version 2 too, where the signals end before the messages are delivered", async () => {
    const house = new InProcessServer();
    const slow = await house.logInV2("slow");
    await slow.send({ type: Type.Join, room: "lobby" });
    const ann = await house.enter("ann");
    await house.clock.advance(limits.presenceEveryMs);
    slow.take();
    slow.stall();
    await ann.send(Text, "last words");
    const stopped = house.stop();
    await slow.goOn();
    expect(await stopped).toBe(true);
    expect(slow.take()).toMatchObject([{ type: Type.Text, text: "last words" }]);
  });

  it("does not wait for a dead one longer than it may", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const dead = await house.enter("dead");
    dead.stall();
    await ann.send(Text, "hello?");
    expect(await house.stop()).toBe(false);
  });

  it("tells everybody else, though one takes no answers and has said things that are not handled", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    const dead = house.connectV2();
    dead.stall();
    await dead.send({ type: Type.Auth, text: house.token("dead") }, { type: Type.Join, room: "lobby" });
    expect(await house.stop()).toBe(false);
    expect(ann.goodbye?.code).toBe(1012);
  });

  it("says that it is well until it stops, and takes nobody then", async () => {
    const house = new InProcessServer();
    expect(house.server.healthy()).toBe(true);
    const stopped = house.stop();
    expect(house.server.healthy()).toBe(false);
    expect(house.connect().goodbye?.code).toBe(1012);
    await stopped;
  });

  it("leaves no timer behind when all clients have gone and it has stopped", async () => {
    const house = new InProcessServer();
    const ann = await house.enter("ann");
    await ann.vanish();
    await house.stop();
    expect(house.clock.timers).toBe(0);
  });
});
