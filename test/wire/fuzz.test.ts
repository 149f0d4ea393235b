import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SUBPROTOCOL } from "../../src/protocol/v2.ts";
import { text } from "../support/raw-frame.ts";
import { type Ending, RawSocket, type ServerFrame } from "../support/raw-socket.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { HealthyClient } from "../support/socket-client.ts";
import { anyJson, brokenFrames, nastyJson } from "./garbage.ts";

const budget = { numRuns: 400 };

/**
 * What begins no more runs when the time is up: what is missing then is not tried. With fast-check's own limit the run that
 * is under way would go on beside the next test.
 */
function inTime<Args extends unknown[]>(timeLimitMs: number, run: (...args: Args) => Promise<void>) {
  const end = performance.now() + timeLimitMs;
  return async (...args: Args) => {
    if (performance.now() < end) await run(...args);
  };
}

const version = fc.constantFrom("", SUBPROTOCOL);

/** Refused in both versions with a sentence that repeats it: when that comes, all before has been handled. */
const last = { type: 7_777_777 };

/** A failure prints its seed and path: give them to `fc.assert` to see it again. */
describe("whatever a client sends", () => {
  let server: ServerProcess;
  let healthy: HealthyClient;
  let people = 0;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_LOG_LEVEL: "error" } });
    healthy = await HealthyClient.enter(server);
  });
  afterAll(async () => {
    await server.stop();
    expect(server.log()).toBe("");
  });

  /** The healthy client talks before and after, hears it, and the server has no error to log. */
  const undisturbed = async (done: () => Promise<void>) => {
    const logged = server.log().length;
    healthy.say();
    await done();
    healthy.say();
    await healthy.hearAll();
    expect(server.log().slice(logged)).toBe("");
  };

  /** Somebody new, who logs in or does not. */
  const open = async (subprotocol: string, logsIn: boolean): Promise<RawSocket> => {
    people += 1;
    const socket = await RawSocket.open(server.port, subprotocol);
    const auth = { type: 2, text: server.token(`fuzz ${people}`) };
    const messages = subprotocol === "" ? auth : [auth, { type: 7, room: "lobby" }];
    if (logsIn) socket.write(text(JSON.stringify(messages)));
    return socket;
  };

  it("in place of frames: nobody else notices", () => {
    const run = (subprotocol: string, logsIn: boolean, bytes: Uint8Array) =>
      undisturbed(async () => {
        const socket = await open(subprotocol, logsIn);
        socket.write(bytes);
        await socket.finish();
      });
    return fc.assert(fc.asyncProperty(version, fc.boolean(), brokenFrames, inTime(3_500, run)), budget);
  });

  /** All of it in frames of their own; the server may close the connection meanwhile. */
  const say = (subprotocol: string, logsIn: boolean, frames: readonly string[]) =>
    undisturbed(async () => {
      const socket = await open(subprotocol, logsIn);
      for (const json of [...frames, JSON.stringify(last)]) socket.write(text(json));
      while (!isLastWord(await socket.next()));
      await socket.finish();
    });

  it("in place of messages: nobody else notices", () => {
    const frames = fc.array(anyJson, { maxLength: 8 });
    return fc.assert(fc.asyncProperty(version, fc.boolean(), frames, inTime(3_500, say)), budget);
  });

  it.each(["", SUBPROTOCOL])(
    "that is JSON programs stumble over, subprotocol '%s': nobody else notices",
    async (subprotocol) => {
      for (const json of nastyJson) {
        for (const frame of [json, `[${json}]`, `{"type":${json}}`, `{"type":1,"text":${json}}`]) {
          await say(subprotocol, true, [frame]);
        }
      }
    },
  );

  it("in place of a handshake: nobody else notices", () => {
    const run = (bytes: Uint8Array) =>
      undisturbed(async () => {
        const socket = await RawSocket.connect(server.port);
        socket.write(bytes);
        await socket.finish();
      });
    return fc.assert(fc.asyncProperty(brokenFrames, inTime(2_000, run)), budget);
  });
});

function isLastWord(next: ServerFrame | Ending): boolean {
  return next.kind !== "frame" || next.payload.includes(`unknown type ${last.type}`);
}
