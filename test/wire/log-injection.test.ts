import { expect, it } from "vitest";
import { MessageType } from "../../src/protocol/v1.ts";
import { SUBPROTOCOL, Type } from "../../src/protocol/v2.ts";
import { text } from "../support/raw-frame.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** What would begin a line of its own, forge one, or act on a terminal. */
const injections = [
  '\n{"level":"fatal","msg":"forged"}',
  '\r\n{"level":"fatal","msg":"forged"}\r\n',
  "\u001b[2J\u001b]0;forged\u0007",
  "\u009b31mforged",
  "\u2028forged\u2029",
  "\u202egnp.forged\u200b\ufeff",
  '","msg":"forged","x":"',
  "%s %o %j forged {{7*7}} $(id)",
  "\u0000forged\u007f",
];
/** Control and format characters, but the newline that ends each line. */
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

it.each(transports)(
  "with %s each line of the log is one JSON object that nothing from outside can forge or act through",
  async (transport) => {
    await using server = await startServer({
      env: {
        PLUME_LOG_LEVEL: "trace",
        PLUME_TRANSPORT: transport,
        PLUME_TRUSTED_PROXIES: "127.0.0.1,::1",
        PLUME_MESSAGES_PER_SECOND: "0",
      },
    });
    for (const injection of injections) await inject(server, injection);
    await server.halt();
    const lines = server.log().trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(injections.length);
    for (const line of lines) {
      expect(line).not.toMatch(acting);
      expect(JSON.parse(line)).toMatchObject({ level: expect.stringMatching(/^(trace|debug|info|warn)$/) });
      expect(JSON.parse(line)).not.toMatchObject({ msg: "forged" });
    }
  },
);

/** Says it wherever something can be said. */
async function inject(server: ServerProcess, injection: string): Promise<void> {
  const port = server.port;
  const get = await RawSocket.connect(port);
  get.write(`GET /${injection} HTTP/1.1\r\nHost: ${injection}\r\nUser-Agent: ${injection}\r\n\r\n`);
  await get.finish();

  const headers = Buffer.from(injection.replace(/[\r\n\0]/g, "")).toString("latin1");
  const upgrade = await RawSocket.connect(port);
  upgrade.write(
    `GET /connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Forwarded-For: ${headers}\r\n` +
      `Origin: ${headers}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await upgrade.finish();

  const client = await SocketClient.connect(server.url);
  client.hello(injection, injection);
  client.hello("ann", `${injection}@example.org`);
  client.send(MessageType.Auth, injection);
  client.send(MessageType.Auth, `${injection}.${injection}`);
  client.send(MessageType.Auth, server.token("ann"));
  await client.until(({ type }) => type === MessageType.AuthAck);
  client.say(injection);
  client.sendRaw(`{"type":${injection}}`);
  await client.closed;

  const modern = await RawSocket.open(port, SUBPROTOCOL);
  const messages = [
    { type: Type.Auth, text: server.token("bob"), tab: injection },
    { type: Type.Join, room: injection, invite: injection, since: { epoch: injection, seq: 1 } },
    { type: Type.Join, room: "lobby", invite: injection, since: { epoch: injection, seq: 1 } },
    { type: Type.Text, room: "lobby", text: injection, nonce: injection },
    { type: injection },
  ];
  for (const message of messages) modern.write(text(JSON.stringify(message)));
  for (const frame of [injection, "{"]) modern.write(text(frame));
  for (let next = await modern.next(); next.kind === "frame"; next = await modern.next());
}
