import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { readServerFrame, type ServerMessageV2, SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";

const room = "lobby";

describe.each(transports)("the wire protocol, version 2, with %s", (transport) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_TRANSPORT: transport } });
  });
  afterAll(() => server.stop());

  it.each([
    [[SUBPROTOCOL], SUBPROTOCOL],
    [["other", SUBPROTOCOL], SUBPROTOCOL],
    [[], ""],
  ])("is spoken to whoever asks for it: %j", async (asked, agreed) => {
    const ws = new WebSocket(`${server.url.replace("http", "ws")}/connect`, asked);
    await new Promise((resolve) => ws.once("open", resolve));
    expect(ws.protocol).toBe(agreed);
    ws.close();
  });

  it("costs a busy room one frame per reader and turn, not one per line", async () => {
    const ann = await enter(server, "ann");
    const bob = await enter(server, "bob");
    const lines = Array.from({ length: 60 }, (_, n) => ({
      type: Type.Text,
      room,
      text: `${n}`,
      nonce: `${n}`,
    }));
    ann.ws.send(JSON.stringify(lines));
    const { frames, messages } = await bob.until(({ type, text }) => type === Type.Text && text === "59");
    const texts = messages.filter(({ type }) => type === Type.Text).map(({ text }) => text);
    expect(texts).toEqual(lines.map(({ text }) => text));
    expect(frames).toBeLessThan(lines.length / 4);
  });

  it("gives somebody who comes back on another socket exactly what was said meanwhile", async () => {
    const ann = await enter(server, "cid");
    const before = await enter(server, "dan");
    const epoch = before.joined.epoch;
    ann.ws.send(JSON.stringify({ type: Type.Text, room, text: "first", nonce: "first" }));
    const { messages } = await before.until(({ text }) => text === "first");
    const seq = messages.at(-1)?.seq ?? 0;
    before.ws.terminate();
    for (const text of ["second", "third"])
      ann.ws.send(JSON.stringify({ type: Type.Text, room, text, nonce: text }));
    await ann.until(({ text }) => text === "third");
    const after = await enter(server, "dan", { epoch, seq });
    const missed = await after.until(({ text }) => text === "third");
    expect(missed.messages.filter(({ type }) => type === Type.Text).map(({ text }) => text)).toEqual([
      "second",
      "third",
    ]);
  });
});

interface Flat {
  type: number;
  text?: string;
  seq?: number;
}

/** A client that is in the lobby. */
async function enter(server: ServerProcess, name: string, since?: { epoch: string; seq: number }) {
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/connect`, SUBPROTOCOL);
  const frames: ServerMessageV2[][] = [];
  let wake = () => {};
  ws.on("message", (data: Buffer) => {
    const read = readServerFrame(data.toString());
    if (read.kind === "malformed") throw new Error(read.problem);
    frames.push(read.messages.flatMap((message) => (message.kind === "message" ? [message.message] : [])));
    wake();
  });
  await new Promise((resolve) => ws.once("open", resolve));
  ws.send(
    JSON.stringify([
      { type: Type.Auth, text: server.token(name) },
      { type: Type.Join, room, since },
    ]),
  );

  /** Everything up to a message, and in how many frames it came. */
  const until = async (isMeant: (message: Flat) => boolean) => {
    const messages: Flat[] = [];
    for (let count = 0; ; ) {
      const frame = frames.shift();
      if (frame) {
        count += 1;
        messages.push(...frame);
        if (frame.some(isMeant)) return { frames: count, messages };
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  };
  const { messages } = await until(({ type }) => type === Type.Joined);
  const joined = messages.find(
    (message): message is Extract<ServerMessageV2, { type: 8 }> => message.type === Type.Joined,
  );
  if (!joined) throw new Error("not joined");
  return { ws, until, joined };
}
