import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { clientMessage, SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import { text } from "../support/raw-frame.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { HealthyClient } from "../support/socket-client.ts";

/** A burst, all the refusals there are, and some. */
const messages = limits.messageBurst * (limits.floodBursts + 1) + 50;
const FLOODS_AT_ONCE = 4;
/** What somebody else waits for a line at most, on an idle machine; on a busy one also twice what it takes on a server that is not flooded. */
const OTHERS_MS_MAX = 1_000;

const room = "lobby";
const hello = { type: Type.Hello, text: "somebody\nsomebody@example.org" };
const auth = { type: Type.Auth, text: "ZZZZZZ" };

const floodsV1 = [hello, { type: Type.Text, text: "a line" }, auth];
const floodsV2 = [
  hello,
  auth,
  { type: Type.Join, room: "another" },
  { type: Type.Leave, room },
  { type: Type.Text, room, text: "a line", nonce: "n" },
  { type: Type.Edit, room, of: 1, text: "another line", nonce: "n" },
  { type: Type.Delete, room, of: 1, nonce: "n" },
  { type: Type.Older, room, before: 1_000 },
  { type: Type.Typing, room },
  { type: Type.Invite, room },
  { type: Type.VoidInvites, room },
  { type: Type.Sessions },
  { type: Type.EndSession, session: "none" },
  { type: Type.LogOut, everywhere: false },
  { type: Type.Ping },
];
/** What a server says, and what nobody does. */
const strange = [{ type: Type.AuthAck }, { type: Type.Refused }, { type: 99 }];

interface Flood {
  subprotocol: string;
  message: { type: number };
  isIn: boolean;
}

const floods: Flood[] = [
  ...[...floodsV1, ...strange].map((message) => ({ subprotocol: "", message })),
  ...[...floodsV2, ...strange].map((message) => ({ subprotocol: SUBPROTOCOL, message })),
]
  .flatMap((flood) => [true, false].map((isIn) => ({ ...flood, isIn })))
  .filter(({ message, isIn }) => !isIn || message.type !== Type.LogOut); // the first one ends the connection

it.each(transports)(
  "defect 24: with %s a flood of whatever type is refused, then closed with 4003, and nobody else waits",
  async (transport) => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    await using quietServer = await startServer({ env: { PLUME_TRANSPORT: transport } });
    const [beside, elsewhere] = [await HealthyClient.enter(server), await HealthyClient.enter(quietServer)];
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    const flooding = pourAll(server).finally(over);
    const waits = await Promise.all([beside, elsewhere].map((client) => slowestLineMs(client, () => isOver)));
    const [waitMs = Number.POSITIVE_INFINITY, machineMs = 0] = waits;
    const closed = { kind: "closed", code: 4003, reason: "far too many messages" };
    expect(await flooding).toEqual(
      floods.map((flood) => ({ ...flood, isRefusedFirst: true, ending: closed })),
    );
    expect(waitMs).toBeLessThan(OTHERS_MS_MAX + 2 * machineMs);
  },
);

/** How long the slowest line took of those that somebody says until it is over. */
async function slowestLineMs(client: HealthyClient, isOver: () => boolean): Promise<number> {
  let slowestMs = 0;
  while (!isOver()) {
    const from = performance.now();
    client.say();
    await client.hearAll();
    slowestMs = Math.max(slowestMs, performance.now() - from);
    await sleep(100); // the client's own pace
  }
  return slowestMs;
}

/** Some at once, for what all of them at once cost this process would be measured too. */
async function pourAll(server: ServerProcess) {
  const outcomes: Awaited<ReturnType<typeof pour>>[] = [];
  for (let at = 0; at < floods.length; at += FLOODS_AT_ONCE) {
    const some = floods.slice(at, at + FLOODS_AT_ONCE);
    outcomes.push(...(await Promise.all(some.map((flood, n) => pour(server, flood, `flood ${at + n}`)))));
  }
  return outcomes;
}

/** Sends the same message all the time until the server has ended the connection. */
async function pour(server: ServerProcess, flood: Flood, name: string) {
  const { subprotocol, message, isIn } = flood;
  const socket = await RawSocket.open(server.port, subprotocol);
  const join = subprotocol === "" ? [] : [{ type: Type.Join, room }];
  const first = isIn ? [{ type: Type.Auth, text: server.token(name) }, ...join] : [];
  const all = [...first, ...Array.from({ length: messages }, () => message)];
  socket.write(Buffer.concat(all.map((each) => text(JSON.stringify(each)))));
  let isRefusedFirst = false;
  for (;;) {
    const next = await socket.next();
    if (next.kind !== "frame") return { ...flood, isRefusedFirst, ending: next };
    isRefusedFirst ||= next.payload.includes("too many messages (10 a second are allowed)");
  }
}

it("floods of every message that a client may send are tried", () => {
  const known = clientMessage.options.map(({ entries }) => entries.type.literal).sort();
  expect(floodsV2.map(({ type }) => type).sort()).toEqual(known);
});
