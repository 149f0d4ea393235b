import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType } from "../../src/protocol/v1.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { HealthyClient, SocketClient } from "../support/socket-client.ts";

/** What a client may write there to be somebody else. */
const forged = [
  "192.0.2.7",
  "192.0.2.8, 127.0.0.1",
  "127.0.0.1",
  "2001:db8::7",
  "[2001:db8::8]:99, ::1",
  "unknown, , ;;",
  "'; DROP TABLE",
  "9".repeat(4_000),
];

describe.each(transports)("with %s X-Forwarded-For", (transport) => {
  const env = { PLUME_MAX_CLIENTS_PER_IP: "1", PLUME_TRANSPORT: transport };
  const from = (server: ServerProcess, ...hops: string[]) =>
    SocketClient.connect(server.url, {
      headers: { "X-Forwarded-For": hops.join(", "), Forwarded: `for=${hops}` },
    });

  it("makes nobody another who is no trusted proxy", async () => {
    await using server = await startServer({ env });
    await SocketClient.enter(server.url, server.token("first"));
    for (const address of forged)
      expect(await (await from(server, address)).closed).toMatchObject({ code: 4013 });
  });

  it("is believed as far as trusted proxies wrote it, whatever is in front of that", async () => {
    await using server = await startServer({
      env: { ...env, PLUME_TRUSTED_PROXIES: "127.0.0.1,::1,10.0.0.0/8" },
    });
    await (await from(server, "192.0.2.1", "10.1.1.1")).auth(server.token("v4"));
    await (await from(server, "2001:db8:0:1::1", "10.1.1.1")).auth(server.token("v6"));
    for (const address of forged) {
      for (const real of ["192.0.2.1", "2001:db8:0:1::2"]) {
        const client = await from(server, address, real, "10.2.2.2");
        expect([address, await client.closed]).toMatchObject([address, { code: 4013 }]);
      }
    }
    await (await from(server, "192.0.2.1", "2001:db8:0:2::1")).auth(server.token("another network"));
  });
});

describe.each(transports)("with %s, what is oversized is refused, and nobody else notices:", (transport) => {
  let server: ServerProcess;
  let healthy: HealthyClient;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_TRANSPORT: transport, PLUME_MESSAGES_PER_SECOND: "0" } });
    healthy = await HealthyClient.enter(server);
  });
  afterAll(() => server.stop());
  beforeEach(() => healthy.say());
  afterEach(async () => {
    healthy.say();
    await healthy.hearAll();
  });

  const big = "x".repeat(100_000);
  const headers = Array.from({ length: 5_000 }, (_, n) => `X-${n}: x\r\n`).join("");

  /** More than uWebSockets reads at once; what comes in one read it takes. */
  const huge = "x".repeat(1 << 20);

  it.each([
    ["a path", `GET /${huge} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a query", `GET /?${huge} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a method", `${huge} / HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a header", `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${huge}\r\n\r\n`],
    ["many headers", `GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`],
    ["a body", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n${big}`],
  ])("%s", async (_, bytes) => {
    const socket = await RawSocket.connect(server.port);
    socket.write(bytes);
    const head = await socket.head();
    if (head.kind === "head") expect(head.status).toBeGreaterThanOrEqual(400);
    socket.destroy();
  });

  it.each([
    ["a text", MessageType.Text, "x".repeat(limits.textBytesMax + 1), /^not sent: it has 65537 bytes/],
    ["a name", MessageType.Hello, `${big}\na@example.org`, /^the name is too long/],
    ["an address", MessageType.Hello, `x\n${big}@example.org`, /^the mail address is too long/],
    ["a code", MessageType.Auth, big, /^no code was asked for here/],
    ["a token", MessageType.Auth, `${big}.x`, /^this server does not know your login any more/],
  ])("%s", async (name, type, text, answer) => {
    const client = await SocketClient.connect(server.url);
    if (type === MessageType.Text) await client.auth(server.token(name));
    client.send(type, text);
    await client.until((message) => answer.test(message.text));
    client.close();
  });

  it("a frame", async () => {
    const client = await SocketClient.enter(server.url, server.token("frame"));
    client.say("x".repeat(limits.frameBytesMax));
    expect(await client.closed).toEqual({ code: 1009, reason: "message too large" });
  });
});
