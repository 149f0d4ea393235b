import type { Dialect } from "./dialects/dialect.ts";
import { Wire, type WireEvents } from "./wire.ts";

/** Clients that come in at the same time: fewer than a server lets wait for `accept`. */
const ENTERING_MAX = 400;

/** Lets everybody in, in order, many at a time. What the server says to each from then on goes to its `events`. */
export async function enterAll(
  dialect: Dialect,
  port: number,
  tokens: readonly string[],
  events: (client: number) => WireEvents,
): Promise<Wire[]> {
  const wires: Wire[] = [];
  const waiting = tokens.entries();
  const letIn = async () => {
    for (const [client, token] of waiting) {
      wires[client] = await enter(dialect, port, token, events(client));
    }
  };
  await Promise.all(Array.from({ length: ENTERING_MAX }, letIn));
  return wires;
}

/** Connects and logs in. */
export function enter(dialect: Dialect, port: number, token: string, events: WireEvents): Promise<Wire> {
  return new Promise((resolve, reject) => {
    let isIn = false;
    const opening = Wire.open(dialect.door(port), {
      text(wire, bytes, start, end) {
        if (isIn) events.text(wire, bytes, start, end);
        else takeStep(bytes.toString("utf8", start, end)).catch(reject);
      },
      closed(reason) {
        reject(new Error(`closed before it was logged in: ${reason}`));
        events.closed(reason);
      },
    });
    const takeStep = async (frame: string) => {
      const step = dialect.next(frame, token);
      switch (step.kind) {
        case "in":
          isIn = true;
          resolve(await opening);
          break;
        case "say":
          (await opening).send(step.frame, 0);
          break;
        case "wait":
          break;
      }
    };
    const greet = (wire: Wire) => {
      const greeting = dialect.greeting(token);
      if (greeting !== "") wire.send(greeting, 0);
    };
    opening.then(greet, reject);
  });
}
