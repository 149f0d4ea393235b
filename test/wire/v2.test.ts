import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClientMessageV2, type ServerMessageV2, SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import { text } from "../support/raw-frame.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { messagesOf } from "../support/room-record.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";

const room = "lobby";

describe.each(transports)("the wire protocol, version 2, with %s", (transport) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", PLUME_TRANSPORT: transport } });
  });
  afterAll(() => server.stop());

  it.each([
    [SUBPROTOCOL, SUBPROTOCOL],
    [`other, ${SUBPROTOCOL}`, SUBPROTOCOL],
    ["", undefined],
  ])("is spoken to whoever asks for it: '%s'", async (asked, agreed) => {
    const socket = await RawSocket.open(server.port, asked);
    expect(socket.subprotocol).toBe(agreed);
    socket.destroy();
  });

  it("answers whoever asks whether the connection stands, before the login and after it", async () => {
    const stranger = await RawSocket.open(server.port, SUBPROTOCOL);
    const { socket: ann } = await enter(server, "fay");
    for (const socket of [stranger, ann]) {
      send(socket, [{ type: Type.Ping }]);
      const answers = async () => (await nextFrame(socket)).some(({ type }) => type === Type.Pong);
      while (!(await answers()));
      socket.destroy();
    }
  });

  it("costs a busy room one frame per reader and turn, not one per line", async () => {
    const { socket: ann } = await enter(server, "ann");
    const { socket: bob } = await enter(server, "bob");
    const texts = Array.from({ length: 60 }, (_, n) => `${n}`);
    say(ann, ...texts);
    const heard = await hearUpTo(bob, "59");
    expect(linesOf(heard.messages)).toEqual(texts);
    expect(heard.frames).toBeLessThan(texts.length / 4);
    for (const socket of [ann, bob]) socket.destroy();
  });

  it("gives somebody who comes back on another socket exactly what was said meanwhile", async () => {
    const { socket: ann } = await enter(server, "cid");
    const { socket: before, epoch } = await enter(server, "dan");
    say(ann, "first");
    const last = (await hearUpTo(before, "first")).messages.at(-1);
    before.destroy();
    say(ann, "second");
    say(ann, "third");
    await hearUpTo(ann, "third");
    const since = { epoch, seq: last?.type === Type.Text ? last.seq : 0 };
    const { socket: after } = await enter(server, "dan", since);
    expect(linesOf((await hearUpTo(after, "third")).messages)).toEqual(["second", "third"]);
    for (const socket of [ann, after]) socket.destroy();
  });
});

/** Somebody who is in the lobby. Frames count here, which the other clients do not show. */
async function enter(server: ServerProcess, name: string, since?: { epoch: string; seq: number }) {
  const socket = await RawSocket.open(server.port, SUBPROTOCOL);
  send(socket, [
    { type: Type.Auth, text: server.token(name) },
    { type: Type.Join, room, since },
  ]);
  for (;;) {
    for (const message of await nextFrame(socket)) {
      if (message.type === Type.Joined) return { socket, epoch: message.epoch };
    }
  }
}

function say(socket: RawSocket, ...texts: string[]): void {
  send(
    socket,
    texts.map((line) => ({ type: Type.Text, room, text: line, nonce: line })),
  );
}

function send(socket: RawSocket, messages: ClientMessageV2[]): void {
  socket.write(text(JSON.stringify(messages)));
}

/** Everything up to a line, and in how many frames it came. */
async function hearUpTo(socket: RawSocket, line: string) {
  const messages: ServerMessageV2[] = [];
  for (let frames = 1; ; frames += 1) {
    messages.push(...(await nextFrame(socket)));
    if (linesOf(messages).includes(line)) return { frames, messages };
  }
}

async function nextFrame(socket: RawSocket): Promise<ServerMessageV2[]> {
  const next = await socket.next();
  if (next.kind !== "frame") throw new Error(`the server ended it: ${JSON.stringify(next)}`);
  return messagesOf(next.payload.toString());
}

function linesOf(messages: readonly ServerMessageV2[]): string[] {
  return messages.flatMap((message) => (message.type === Type.Text ? [message.text] : []));
}
