import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";

const page = ["GET / HTTP/1.1", "Host: localhost"];
const post = ["POST / HTTP/1.1", "Host: localhost"];
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const version = "Sec-WebSocket-Version: 13";
const connection = "Connection: Upgrade";
const bare = ["GET /connect HTTP/1.1", "Host: localhost", "Upgrade: websocket", key, version];
const upgrade = [...bare, connection];

/** Requests that one program reads as one thing and another as another. */
const ambiguous: [name: string, lines: string[], body?: string][] = [
  ["no Host", ["GET / HTTP/1.1", "Accept: */*"]],
  ["an empty Host", ["GET / HTTP/1.1", "Host:"]],
  ["two Hosts", [...page, "Host: elsewhere"]],
  ["two Hosts that are the same", [...page, "host: localhost"]],
  ["a Host with a path", ["GET / HTTP/1.1", "Host: localhost/elsewhere"]],
  ["a Host with a user", ["GET / HTTP/1.1", "Host: somebody@localhost"]],
  ["two Hosts in one", ["GET / HTTP/1.1", "Host: localhost, elsewhere"]],
  ["two Origins", [...upgrade, "Origin: https://evil.example", "Origin: https://chat.example.org"]],
  [
    "two Origins, the allowed one first",
    [...upgrade, "Origin: https://chat.example.org", "Origin: https://evil.example"],
  ],
  ["two lengths", [...post, "Content-Length: 1", "Content-Length: 2"], "ab"],
  ["two lengths that are the same", [...post, "Content-Length: 1", "Content-Length: 1"], "a"],
  ["a negative length", [...post, "Content-Length: -1"]],
  ["a length with a sign", [...post, "Content-Length: +1"], "a"],
  ["a length in two numbers", [...post, "Content-Length: 1, 1"], "a"],
  ["a length in hexadecimal", [...post, "Content-Length: 0x1"], "a"],
  ["an unknown encoding", [...post, "Transfer-Encoding: xchunked"], "0\r\n\r\n"],
  ["an encoding that is none", [...post, "Transfer-Encoding: identity"], "0\r\n\r\n"],
  ["a body in chunks", [...post, "Transfer-Encoding: Chunked"], "3\r\nabc\r\n0\r\n\r\n"],
  ["two encodings", [...post, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"], "0\r\n\r\n"],
  ["two encodings in one", [...post, "Transfer-Encoding: identity, chunked"], "0\r\n\r\n"],
  ["an encoding beside a length", [...post, "Transfer-Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n"],
  ["an Upgrade without Connection", bare],
  ["an Upgrade with another Connection", [...bare, "Connection: keep-alive"]],
  ["an Upgrade with a Connection that only sounds like it", [...bare, "Connection: upgraded, xupgrade"]],
  ["two Upgrades", [...upgrade, "Upgrade: h2c"]],
  ["an Upgrade with a body", [...upgrade, "Content-Length: 3"], "abc"],
  ["an Upgrade with a body in chunks", [...upgrade, "Transfer-Encoding: chunked"], "0\r\n\r\n"],
  ["two Sec-WebSocket-Keys", [...upgrade, key]],
  ["two Sec-WebSocket-Versions", [...upgrade, "Sec-WebSocket-Version: 8"]],
  ["two User-Agents", [...upgrade, "User-Agent: one", "User-Agent: two"]],
];

/** Odd, but the same to everybody. */
const clear: [name: string, lines: string[], status: number, body?: string][] = [
  ["a Host in IPv6", ["GET / HTTP/1.1", "Host: [::1]:80"], 200],
  ["a Host in capitals", ["GET / HTTP/1.1", "HOST: LOCALHOST:80"], 200],
  ["two Accepts", [...page, "Accept: text/html", "Accept: */*"], 200],
  ["a body of known length", [...post, "Content-Length: 3"], 405, "abc"],
  ["a Connection in several headers", [...bare, "Connection: keep-alive", connection], 101],
  [
    "subprotocols in several headers",
    [...upgrade, "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"],
    101,
  ],
];

/** Where the two libraries may differ in how, but not in whether, they refuse it. */
const broken: [name: string, lines: string[]][] = [
  ["a space before a colon", [...page, "Transfer-Encoding : chunked"]],
  ["a folded header", [...page, "Accept: text/html,", " text/plain"]],
  ["an encoding without a body", [...post, "Transfer-Encoding: chunked"]],
  ["a header without a colon", [...page, "Accept"]],
  ["a header with a zero in it", [...page, "Accept: a\0b"]],
  ["a header with a bare CR in it", [...page, "Accept: a\rHost: elsewhere"]],
  ["lines that end in LF alone", ["GET / HTTP/1.1\nHost: localhost\n"]],
];

describe.each(transports)("A13: with %s", (transport) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({
      env: { PLUME_TRANSPORT: transport, PLUME_ORIGINS: "https://chat.example.org" },
    });
  });
  afterAll(() => server.stop());

  const ask = async (lines: readonly string[], body = "") => {
    const socket = await RawSocket.connect(server.port);
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    const head = await socket.head();
    socket.destroy();
    return head.kind === "head" ? head.status : head.kind;
  };

  it.each(ambiguous)("refuses %s with 400", async (_, lines, body) => {
    expect(await ask(lines, body)).toBe(400);
  });

  it.each(clear)("takes %s", async (_, lines, status, body) => {
    expect(await ask(lines, body)).toBe(status);
  });

  it.concurrent.each(broken)("does not take %s", async (_, lines) => {
    expect([400, 505, "dropped"]).toContain(await ask(lines));
  });
});
