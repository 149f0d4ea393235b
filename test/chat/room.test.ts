import { describe, expect, it } from "vitest";
import type { Client, Outlet } from "../../src/chat/client.ts";
import type { RoomMessage } from "../../src/chat/message.ts";
import { Room } from "../../src/chat/room.ts";
import { parseName, type User } from "../../src/chat/user.ts";
import { FakeClock } from "../support/fake-clock.ts";

describe("a room", () => {
  it("gives everybody who is in it every message once, in one order", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await ann.client.say("hello");
    await bob.client.say("hi");
    await settle();
    expect(ann.heard).toEqual(["ann entered", "bob entered", "ann: hello", "bob: hi"]);
    expect(bob.heard).toEqual(["bob entered", "ann: hello", "bob: hi"]);
  });

  it("hears of a person's first tab and last, not of each", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const first = await enter("bob");
    const second = await enter("bob");
    await first.client.leave();
    await second.client.leave();
    await settle();
    expect(ann.heard).toEqual(["ann entered", "bob entered", "bob left"]);
  });

  it("says nothing more to somebody who has left", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const bob = await enter("bob");
    await bob.client.leave();
    await ann.client.say("psst");
    await settle();
    expect(bob.heard).not.toContain("ann: psst");
    await bob.life;
  });

  it("defect 15: goes on for all others while one reader stalls", async () => {
    const { enter, settle } = openRoom();
    const ann = await enter("ann");
    const stalled = await enter("bob", { takes: 0 });
    for (let n = 1; n <= 5; n += 1) await ann.client.say(`${n}`);
    await settle();
    expect(ann.heard.slice(-2)).toEqual(["ann: 4", "ann: 5"]);
    expect(stalled.heard).toEqual([]);
  });

  it("tells a reader that fell behind its history which messages it missed, and goes on with the rest", async () => {
    const { enter, settle } = openRoom({ history: 4 });
    const ann = await enter("ann");
    const slow = await enter("bob", { takes: 1 });
    for (let n = 1; n <= 9; n += 1) {
      await ann.client.say(`${n}`);
      await settle();
    }
    slow.takes = Number.POSITIVE_INFINITY;
    slow.goOn();
    await settle();
    // Numbers 1 and 2 are the two who entered, 3 to 11 what ann said.
    expect(slow.heard).toEqual(["bob entered", "missed 3 to 7", "ann: 6", "ann: 7", "ann: 8", "ann: 9"]);
  });

  it("loses nothing for readers that keep up when far more than its history is said at once", async () => {
    const { enter, settle } = openRoom({ history: 8 });
    const ann = await enter("ann");
    const bob = await enter("bob");
    const lines = Array.from({ length: 100 }, (_, n) => `${n}`);
    await Promise.all(lines.map((line) => ann.client.say(line)));
    await settle();
    expect(bob.heard).toEqual(["bob entered", ...lines.map((line) => `ann: ${line}`)]);
  });

  it("does what it was asked before it closes, and refuses what comes after", async () => {
    const { room, enter, settle } = openRoom();
    const ann = await enter("ann");
    const said = ann.client.say("last words");
    room.close();
    expect(await said).toBe(true);
    expect(await ann.client.say("too late")).toBe(false);
    expect(await room.enter(user("bob"))).toBe("closed");
    await settle();
    await ann.life;
    expect(ann.heard).toEqual(["ann entered", "ann: last words"]);
  });

  it("answers those who wait to come in when it fails", async () => {
    const { room, life } = openRoom();
    const arriving = [room.enter(user("ann")), room.leave(user("nobody")), room.enter(user("bob"))];
    await expect(life).rejects.toThrow("someone left a room they were not in");
    expect(await arriving[2]).toBe("closed");
  });
});

/** A reader of a room's messages, which takes so many of them and is full then. */
class Reader implements Outlet {
  readonly heard: string[] = [];
  takes: number;
  goOn: () => void = () => {};

  constructor(takes: number) {
    this.takes = takes;
  }

  deliver(messages: readonly RoomMessage[]): number {
    const taken = messages.slice(0, this.takes);
    for (const message of taken) this.heard.push(inWords(message));
    this.takes -= taken.length;
    return taken.length;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.goOn = resolve;
    });
  }

  missed(first: number, last: number): "go on" {
    this.heard.push(`missed ${first} to ${last}`);
    return "go on";
  }
}

function inWords(message: RoomMessage): string {
  return message.kind === "text"
    ? `${message.user.name}: ${message.text}`
    : `${message.user.name} ${message.kind}`;
}

function openRoom({ history = 100 } = {}) {
  const clock = new FakeClock();
  const room = new Room({ history, clientsMax: 10, clock });
  const life = room.run();
  life.catch(() => {}); // whoever cares awaits it

  const enter = async (name: string, { takes = Number.POSITIVE_INFINITY } = {}) => {
    const client = await room.enter(user(name));
    if (client === "closed") throw new Error("the room is closed");
    return follow(client, new Reader(takes));
  };
  return { room, life, enter, settle: () => clock.settle() };
}

function follow(client: Client, reader: Reader) {
  return Object.assign(reader, { client, life: client.run(reader) });
}

function user(name: string): User {
  const parsed = parseName(name);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.user;
}
