import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { Client } from "../../src/chat/client.ts";
import { letIn, openRoom, user } from "./support.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Whether it is gone from memory, after as many collections as it takes, up to 20. */
async function isForgotten(reference: WeakRef<object>): Promise<boolean> {
  for (let time = 0; time < 20 && reference.deref() !== undefined; time += 1) {
    await turn();
    collectGarbage();
  }
  return reference.deref() === undefined;
}

it("a room that has let somebody in, and waits, holds nothing of their connection", async () => {
  const { room, settle } = openRoom();
  const enter = async (): Promise<WeakRef<Client>> => {
    const entering = room
      .enter(user("ann"), { since: "now", pass: { kind: "none" } })
      .then((answer) => new Client(user("ann"), room, letIn(answer).from));
    await settle();
    return new WeakRef(await entering);
  };
  const client = await enter();
  expect(await isForgotten(client)).toBe(true);
  room.close(); // until here the room was there
});
