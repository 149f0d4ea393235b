import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bystander } from "../support/bystander.ts";
import { Op, text } from "../support/raw-frame.ts";
import { type Head, RawSocket } from "../support/raw-socket.ts";
import { type RunningServer, startServer } from "../support/server.ts";

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

/** Statuses that may answer; a drop is allowed where the request is no HTTP, or is not to be read to its end. */
const refused: [name: string, bytes: string, ways: readonly (number | "dropped")[]][] = [
  ["no key", request({ headers: { "Sec-WebSocket-Key": "" } }), [400, 426]],
  ["a short key", request({ headers: { "Sec-WebSocket-Key": "c2hvcnQ=" } }), [400, 426]],
  ["a long key", request({ headers: { "Sec-WebSocket-Key": `${key}${key}` } }), [400, 426]],
  ["no version", request({ headers: { "Sec-WebSocket-Version": "" } }), [400, 426]],
  ["version 8", request({ headers: { "Sec-WebSocket-Version": "8" } }), [400, 426]],
  ["version 14", request({ headers: { "Sec-WebSocket-Version": "14" } }), [400, 426]],
  ["version 0", request({ headers: { "Sec-WebSocket-Version": "0" } }), [400, 426]],
  ["no upgrade", request({ headers: { Upgrade: "" } }), [400, 426]],
  ["an upgrade to something else", request({ headers: { Upgrade: "h2c" } }), [400, 426]],
  ["POST", request({ line: "POST /connect HTTP/1.1", headers: { "Content-Length": "0" } }), [400, 405, 426]],
  ["HEAD", request({ line: "HEAD /connect HTTP/1.1" }), [400, 405, 426]],
  ["HTTP/1.0", request({ line: "GET /connect HTTP/1.0" }), [400, 426, 505, "dropped"]],
  ["HTTP/2.0", request({ line: "GET /connect HTTP/2.0" }), [400, 505, "dropped"]],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [400, "dropped"]],
  ["a path that is not there", request({ line: "GET /connected HTTP/1.1" }), [404]],
  ["the page's path", request({ line: "GET / HTTP/1.1" }), [200, 400, 426]],
  ["a path in capitals", request({ line: "GET /CONNECT HTTP/1.1" }), [404]],
  ["a page from elsewhere", request({ headers: { Origin: "https://evil.example" } }), [403]],
  ["two hundred headers", request({ headers: many(200) }), [400, 431, "dropped"]],
  ["a header of 64 KiB", request({ headers: { "X-Long": "x".repeat(65_536) } }), [400, 431, "dropped"]],
  [
    "a path of 64 KiB",
    request({ line: `GET /connect?${"x".repeat(65_536)} HTTP/1.1` }),
    [400, 414, 431, "dropped"],
  ],
];

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, `${n}`]));
}

/** Longer ones would take too many writes of one byte each. */
const BYTEWISE_MAX = 1_000;

describe.each(transports)("handshakes over $transport", ({ env }) => {
  let server: RunningServer;
  let bystander: Bystander;
  beforeAll(async () => {
    server = await startServer({ env });
    bystander = await Bystander.enter(server);
  });
  afterAll(() => server.stop());

  const ask = async (bytes: string, write: "whole" | "bytewise"): Promise<Head> => {
    const socket = await RawSocket.connect(Number(new URL(server.url).port));
    if (write === "whole") socket.write(bytes);
    else await socket.writeBytewise(bytes);
    const head = await socket.head();
    socket.destroy();
    return head;
  };

  for (const write of ["whole", "bytewise"] as const) {
    const isTried = ([, bytes]: readonly [string, string, unknown]) =>
      write === "whole" || bytes.length <= BYTEWISE_MAX;

    it.each(accepted.filter(isTried))(`accepts %s, sent ${write}`, async (_, bytes, subprotocol) => {
      const head = await ask(bytes, write);
      if (head.kind === "dropped") throw new Error("it was dropped");
      expect(head.status).toBe(101);
      expect(head.headers.get("sec-websocket-accept")).toBe(accept);
      expect(head.headers.get("sec-websocket-protocol")).toBe(subprotocol);
      expect(head.headers.get("sec-websocket-extensions")).toBeUndefined();
    });

    it.each(refused.filter(isTried))(`refuses %s, sent ${write}`, async (_, bytes, ways) => {
      const head = await ask(bytes, write);
      expect(ways).toContain(head.kind === "dropped" ? "dropped" : head.status);
    });
  }

  it("names the version it speaks to whoever asks for another", async () => {
    const head = await ask(request({ headers: { "Sec-WebSocket-Version": "8" } }), "whole");
    expect(head).toMatchObject({ status: 426 });
    expect(head.kind === "head" && head.headers.get("sec-websocket-version")).toBe("13");
  });

  it.each(["whole", "bytewise"])("hears frames that come with the request, sent %s", async (write) => {
    const socket = await RawSocket.connect(Number(new URL(server.url).port));
    const name = `hasty ${write}`;
    const auth = text(JSON.stringify({ type: 2, text: server.token(name) }));
    const line = text(JSON.stringify({ type: 1, text: "already here" }));
    const bytes = Buffer.concat([Buffer.from(request({})), auth, line]);
    if (write === "whole") socket.write(bytes);
    else await socket.writeBytewise(bytes);
    expect(await socket.head()).toMatchObject({ status: 101 });
    const ack = await socket.next();
    expect(ack).toMatchObject({ kind: "frame", opcode: Op.Text });
    await socket.finish();
    expect(await bystander.lifeOf(name)).toEqual(["already here"]);
  });

  it("disturbs nobody", async () => {
    bystander.say();
    await bystander.hearAll();
  });
});
