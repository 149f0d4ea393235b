import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { text } from "../support/raw-frame.ts";
import { type Head, RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { HealthyClient } from "../support/socket-client.ts";

/** Every transport, with the settings that choose it. */
const transports = [{ transport: "uWebSockets", env: {} }];

/** From RFC 6455, 1.3. */
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const usual = {
  Host: "localhost",
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Key": key,
  "Sec-WebSocket-Version": "13",
};

interface Asked {
  line: string;
  /** On top of the usual headers; an empty one is left out. */
  headers: Record<string, string>;
}

function request({ line = "GET /connect HTTP/1.1", headers = {} }: Partial<Asked>): string {
  const lines = Object.entries({ ...usual, ...headers }).flatMap(([name, value]) =>
    value === "" ? [] : [`${name}: ${value}`],
  );
  return [line, ...lines, "", ""].join("\r\n");
}

const accepted: [name: string, bytes: string, subprotocol: string | undefined][] = [
  ["the usual request", request({}), undefined],
  [
    "header names in small letters",
    request({}).replace(/^[\w-]+:/gm, (name) => name.toLowerCase()),
    undefined,
  ],
  ["header names in capitals", request({}).replace(/^[\w-]+:/gm, (name) => name.toUpperCase()), undefined],
  [
    "values in other letters",
    request({ headers: { Upgrade: "WebSocket", Connection: "upgrade" } }),
    undefined,
  ],
  ["several connection options", request({ headers: { Connection: "keep-alive, Upgrade" } }), undefined],
  ["a query", request({ line: "GET /connect?x=1 HTTP/1.1" }), undefined],
  ["no spaces after the colons", request({}).replaceAll(": ", ":"), undefined],
  ["further headers", request({ headers: { "X-Further": "x".repeat(1_000) } }), undefined],
  ["the subprotocol plume.v2", request({ headers: { "Sec-WebSocket-Protocol": "plume.v2" } }), "plume.v2"],
  ["it among others", request({ headers: { "Sec-WebSocket-Protocol": "a, plume.v2,b" } }), "plume.v2"],
  ["an unknown subprotocol", request({ headers: { "Sec-WebSocket-Protocol": "plume.v3" } }), undefined],
  ["the subprotocol in capitals", request({ headers: { "Sec-WebSocket-Protocol": "PLUME.V2" } }), undefined],
  [
    "an extension, which is not agreed on",
    request({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" } }),
    undefined,
  ],
];

/**
 * How it may be answered: the status, or no answer but a drop, where the request is no HTTP or has too much of it; 101
 * only where no RFC sets a limit.
 */
type Way = number | "dropped";

const notUpgraded: readonly Way[] = [400, 426];
const notHttp: readonly Way[] = [400, 505, "dropped"];
const tooMuch: readonly Way[] = [101, 400, 414, 431, "dropped"];

const refused: [name: string, bytes: string, ways: readonly Way[]][] = [
  ["no key", request({ headers: { "Sec-WebSocket-Key": "" } }), notUpgraded],
  ["a short key", request({ headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } }), notUpgraded],
  ["a long key", request({ headers: { "Sec-WebSocket-Key": `${key}${key}` } }), notUpgraded],
  ["no version", request({ headers: { "Sec-WebSocket-Version": "" } }), notUpgraded],
  ["version 8", request({ headers: { "Sec-WebSocket-Version": "8" } }), [426]],
  ["version 14", request({ headers: { "Sec-WebSocket-Version": "14" } }), [426]],
  ["version 0", request({ headers: { "Sec-WebSocket-Version": "0" } }), [426]],
  ["no upgrade", request({ headers: { Upgrade: "" } }), notUpgraded],
  ["an upgrade to something else", request({ headers: { Upgrade: "h2c" } }), notUpgraded],
  ["POST", request({ line: "POST /connect HTTP/1.1", headers: { "Content-Length": "0" } }), notUpgraded],
  ["HEAD", request({ line: "HEAD /connect HTTP/1.1" }), [405, 426]],
  ["HTTP/1.0", request({ line: "GET /connect HTTP/1.0" }), [426, ...notHttp]],
  ["HTTP/2.0", request({ line: "GET /connect HTTP/2.0" }), notHttp],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", notHttp],
  ["a path that is not there", request({ line: "GET /connected HTTP/1.1" }), [404]],
  ["the page's path", request({ line: "GET / HTTP/1.1" }), [200]],
  ["a path in capitals", request({ line: "GET /CONNECT HTTP/1.1" }), [404]],
  ["a page from elsewhere", request({ headers: { Origin: "https://evil.example" } }), [403]],
  ["a header of 64 KiB", request({ headers: { "X-Long": "x".repeat(65_536) } }), tooMuch],
  ["a header of 1 MiB", request({ headers: { "X-Long": "x".repeat(1 << 20) } }), [431, "dropped"]],
  ["a path of 64 KiB", request({ line: `GET /connect?${"x".repeat(65_536)} HTTP/1.1` }), tooMuch],
];

/** Longer ones would take too many writes of one byte each. */
const BYTEWISE_MAX = 1_000;

/**
 * Writes the first line at once and the rest byte by byte: to a first line that comes in pieces uWebSockets answers 505,
 * or not, as the pieces are.
 */
async function writeBytewise(socket: RawSocket, bytes: Buffer): Promise<void> {
  const rest = bytes.indexOf("\n") + 1;
  socket.write(bytes.subarray(0, rest));
  await socket.writeBytewise(bytes.subarray(rest));
}

describe.each(transports)("handshakes over $transport", ({ env }) => {
  let server: ServerProcess;
  let healthy: HealthyClient;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", ...env } });
    healthy = await HealthyClient.enter(server);
  });
  afterAll(() => server.stop());

  const connect = () => RawSocket.connect(server.port);

  /** What is answered to a request that comes whole, or in pieces; the healthy client notices neither. */
  const ask = async (request: string, isWhole: boolean): Promise<Head> => {
    const socket = await connect();
    healthy.say();
    if (isWhole) socket.write(request);
    else await writeBytewise(socket, Buffer.from(request));
    const head = await socket.head();
    socket.destroy();
    await healthy.hearAll();
    return head;
  };

  for (const [name, bytes, subprotocol] of accepted) {
    const check = async (isWhole: boolean) => {
      const head = await ask(bytes, isWhole);
      if (head.kind === "dropped") throw new Error("it was dropped");
      expect(head.status).toBe(101);
      expect(head.headers.get("sec-websocket-accept")).toBe(accept);
      expect(head.headers.get("sec-websocket-protocol")).toBe(subprotocol);
      expect(head.headers.get("sec-websocket-extensions")).toBeUndefined();
    };
    it(`takes ${name}`, () => check(true));
    if (bytes.length <= BYTEWISE_MAX) it(`takes ${name}, in pieces`, () => check(false));
  }

  for (const [name, bytes, ways] of refused) {
    const check = async (isWhole: boolean) => {
      const head = await ask(bytes, isWhole);
      expect(ways).toContain(head.kind === "dropped" ? "dropped" : head.status);
    };
    it(`does not take ${name}`, () => check(true));
    if (bytes.length <= BYTEWISE_MAX) it(`does not take ${name}, in pieces`, () => check(false));
  }

  it("names the version it speaks to whoever asks for another", async () => {
    const head = await ask(request({ headers: { "Sec-WebSocket-Version": "8" } }), true);
    expect(head.kind === "head" && head.headers.get("sec-websocket-version")).toBe("13");
  });

  it("takes a request whose first line comes in pieces, or answers 505", async () => {
    const socket = await connect();
    await socket.writeBytewise(request({}));
    const head = await socket.head();
    socket.destroy();
    expect([101, 505, "dropped"]).toContain(head.kind === "head" ? head.status : head.kind);
  });

  // A client has to wait for the answer before it sends frames (RFC 6455, 4.1); uWebSockets throws them away.
  it("may lose what comes with the request, and nothing that comes after its answer", async () => {
    const socket = await connect();
    const auth = text(JSON.stringify({ type: 2, text: server.token("hasty") }));
    socket.write(
      Buffer.concat([Buffer.from(request({})), text(JSON.stringify({ type: 1, text: "too soon" }))]),
    );
    expect(await socket.head()).toMatchObject({ status: 101 });
    socket.write(Buffer.concat([auth, text(JSON.stringify({ type: 1, text: "in time" }))]));
    await socket.finish();
    expect(await healthy.allFrom("hasty")).toEqual(["in time"]);
  });
});
