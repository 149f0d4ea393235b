import { request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawSocket } from "../support/raw-socket.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

describe.concurrent.each(transports)("over HTTP with %s", (transport) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_TRANSPORT: transport } });
  });
  afterAll(() => server.stop());

  /** Ask without a client that would tidy up the path or unpack the answer. */
  const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Got> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      const asked = request(
        { host: "127.0.0.1", port, path, headers, method, agent: false },
        async (response) => {
          const chunks = await response.toArray();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        },
      );
      asked.on("error", reject).end();
    });

  const scriptPath = async () =>
    /src="\.(\/assets\/[^"]+\.js)"/.exec((await get("/")).body.toString())?.[1] ?? "";

  it("serves the page with a type, a language, and a policy that allows nothing from elsewhere", async () => {
    const { status, headers, body } = await get("/");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|http/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(body.toString()).toMatch(/^<!doctype html>\s*<html lang="en"/i);
  });

  it("serves its icon to those who ask for /favicon.ico without having read the page", async () => {
    const [asked, linked] = [await get("/favicon.ico"), await get("/favicon.svg")];
    expect(asked.status).toBe(200);
    expect(asked.headers["content-type"]).toMatch(/^image\/svg\+xml/);
    expect(asked.body.equals(linked.body)).toBe(true);
  });

  it("serves scripts compressed, to be kept for ever, as their name changes with their content", async () => {
    const path = await scriptPath();
    const plain = await get(path);
    expect(plain.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const brotli = await get(path, { "accept-encoding": "gzip, br" });
    expect(brotli.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    const gzip = await get(path, { "accept-encoding": "br;q=0, gzip" });
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
  });

  it("has the page asked for anew each time, and says when it has not changed", async () => {
    const { headers } = await get("/");
    expect(headers["cache-control"]).toBe("no-cache");
    const again = await get("/", { "if-none-match": String(headers.etag) });
    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
  });

  it("defect 39: answers 404 for what is not there, and shows no folder", async () => {
    for (const path of ["/nothing", "/assets/", "/assets", "/index.html/", "/static/"]) {
      const { status, headers } = await get(path);
      expect([path, status]).toEqual([path, 404]);
      expect(headers["content-security-policy"]).toBeDefined();
    }
  });

  it("defect 39: serves no file but the page's, however the path is spelt", async () => {
    for (const path of [
      "/../package.json",
      "/..%2fpackage.json",
      "//etc/passwd",
      "/assets/../../main.js",
      "/%00",
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });

  it("tells a page whose origin is refused, over HTTP too, the setting that lets it in, and nobody elsewhere; the log does", async () => {
    const from = (origin: string) => get("/connect", { origin }, "POST");
    const stranger = `http://chat.lan:${server.port}`;
    for (let n = 0; n < 3; n += 1) {
      const { status, headers, body } = await from(stranger);
      expect([status, body.toString()]).toEqual([403, expect.stringContaining("PLUME_ORIGINS")]);
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    }
    expect((await from(server.url)).status).toBe(426);
    const lines = () =>
      server
        .log()
        .split("\n")
        .filter((line) => line.includes(stranger));
    await expect.poll(lines).toHaveLength(1);
    expect(lines()[0]).toMatch(new RegExp(`PLUME_ORIGINS=[^ "]*${server.url}[^ "]*,${stranger}"`));
  });

  it("answers HEAD like GET without the body, and refuses other methods", async () => {
    const head = await get("/", {}, "HEAD");
    const body = (await get("/")).body;
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([
      200,
      String(body.length),
      0,
    ]);
    const post = await get("/", {}, "POST");
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
    expect((await get("/nothing", {}, "HEAD")).status).toBe(404);
  });

  it("A12: answers HTTP/1.0, which is nginx's default, or says that it does not speak it", async () => {
    const socket = await RawSocket.connect(server.port);
    socket.write("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
    expect(await socket.head()).toMatchObject({ status: transport === "ws" ? 200 : 505 });
    await socket.gone();
  });

  it("says that it is well, and where WebSockets connect", async () => {
    expect((await get("/healthz")).body.toString()).toBe("ok\n");
    expect((await get("/connect")).status).toBe(426);
  });

  it("defect 38: cuts off a client that never finishes, though it goes on and on", async () => {
    const unfinished: [start: string, more: string][] = [
      ["G", "E"],
      ["GET / HTTP/1.1\r\nHost: x\r\n", "X-Slow: yes\r\n"],
      ["GET /connect HTTP/1.1\r\nUpgrade: websocket\r\n", "X-Slow: yes\r\n"],
      ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "x"],
    ];
    const cutOff = async ([start, more]: [string, string]) => {
      const socket = await RawSocket.connect(server.port);
      socket.write(start);
      const drip = setInterval(() => socket.write(more), 1_000);
      await socket.gone(30_000).finally(() => clearInterval(drip));
    };
    await Promise.all(unfinished.map(cutOff));
  });
});
