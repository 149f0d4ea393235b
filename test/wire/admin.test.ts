import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { memoryCeiling } from "../../src/memory/ceiling.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { freePort, startServer, transports } from "../support/server-process.ts";
import { ResumingSocketClient, SocketClient } from "../support/socket-client.ts";

/** What is scraped, by name and labels: `plume_connections{version="1"}`. */
async function scrape(port: string): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [, series = "", value = ""] = /^([a-z_]\w*(?:\{.*\})?) (\S+)$/i.exec(line) ?? [line];
      expect(value, line).toMatch(/^(-?[\d.]+(e[-+]?\d+)?|NaN|\+Inf)$/i);
      return [series, Number(value)];
    }),
  );
}

async function statusOf(port: string, path: string, method = "GET", host = "127.0.0.1"): Promise<number> {
  return (await fetch(`http://${host}:${port}${path}`, { method })).status;
}

/** Ask until the answer is as meant. */
async function until(
  port: string,
  isSo: (metrics: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (;;) {
    const metrics = await scrape(port);
    if (isSo(metrics)) return metrics;
  }
}

describe.each(transports)("the metrics, with %s,", (transport) => {
  it("go up by what was done", async () => {
    const port = await freePort();
    await using server = await startServer({ env: { PLUME_ADMIN_PORT: port, PLUME_TRANSPORT: transport } });
    const before = await scrape(port);
    expect(before.get("plume_memory_ceiling_bytes")).toBe(
      memoryCeiling({
        connectionsMax: limits.connectionsMax,
        memoryBytes: undefined,
        state: { kind: "memory" },
      }).bytes,
    );
    expect(before.get('plume_memory_used_bytes{budget="unsent"}')).toBe(0);
    expect([...before.keys()].join()).toContain(`transport="${transport}",node="${process.version}"`);

    const ann = await SocketClient.connect(server.url);
    ann.hello("ann", "ann@example.org");
    ann.send(2, "ZZZZZZ");
    await ann.next();
    await ann.auth(await server.codeFor("ann@example.org"));
    ann.say("one line");
    await ann.nextText();
    ann.say(" ");
    await ann.nextNotice();
    await using member = ResumingSocketClient.of(server, "bob", { room: "garden" });
    member.say("another");
    await member.until("its ack", ({ outbox }) => outbox.length === 0);
    const during = await until(port, (metrics) => metrics.get("plume_rooms") === 2);
    expect(Object.fromEntries(during)).toMatchObject({
      'plume_connections{version="1"}': 1,
      'plume_connections{version="2"}': 1,
      'plume_connections_opened_total{version="1"}': 1,
      'plume_logins_total{result="rejected"}': 1,
      'plume_logins_total{result="accepted"}': 2,
      'plume_mails_total{result="sent"}': 1,
      'plume_messages_posted_total{kind="text"}': 2,
      'plume_refusals_total{code="text"}': 1,
      plume_people: 2,
      plume_memberships: 2,
      plume_mails_waiting: 0,
    });
    expect(during.get("plume_frames_sent_total")).toBeGreaterThan(5);
    expect(during.get("plume_sent_bytes_total")).toBeGreaterThan(200);
    expect(during.get('plume_memory_used_bytes{budget="history"}')).toBeGreaterThan(3 * 512);
    expect(during.get("process_resident_memory_bytes")).toBeGreaterThan(1024 ** 2);
    expect(during.get("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);

    ann.sendRaw("{");
    await ann.closed;
    const after = await until(port, (metrics) => metrics.get('plume_connections{version="1"}') === 0);
    expect(after.get('plume_connections_closed_total{code="4000"}')).toBe(1);
  });
});

describe.concurrent("who looks after the server", () => {
  it("is answered on this machine alone, in IPv4 and IPv6, and finds nothing else there", async () => {
    const port = await freePort();
    await using server = await startServer({ env: { PLUME_ADMIN_PORT: port, PLUME_HOST: "0.0.0.0" } });
    expect(await statusOf(port, "/livez")).toBe(200);
    expect(await statusOf(port, "/readyz?verbose", "HEAD")).toBe(200);
    expect(await statusOf(port, "/livez", "GET", "[::1]")).toBe(200);
    expect(await statusOf(port, "/livez", "POST")).toBe(405);
    for (const path of ["/", "/metrics/", "/connect", "/healthz", "//livez"]) {
      expect(await statusOf(port, path), path).toBe(404);
    }
    expect(await statusOf(`${server.port}`, "/metrics")).toBe(404);
  });

  it("A15: is refused by any name but this machine's own, on every path", async () => {
    const port = await freePort();
    await using server = await startServer({ env: { PLUME_ADMIN_PORT: port } });
    const ask = async (path: string, hosts: readonly string[]) => {
      const socket = await RawSocket.connect(Number(port));
      socket.write(`GET ${path} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}\r\n`);
      const head = await socket.head();
      socket.destroy();
      return head.kind === "head" ? head.status : head.kind;
    };
    for (const path of ["/metrics", "/livez", "/readyz", "/nothing"]) {
      const status = path === "/nothing" ? 404 : 200;
      for (const host of ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
        expect(await ask(path, [`${host}:${port}`])).toBe(status);
      for (const host of ["evil.example", "localhost.evil.example", "localhost", "127.0.0.2", "[::2]"])
        expect(await ask(path, [host.includes(".") ? `${host}:${port}` : host])).toBe(421);
      expect(await ask(path, [`localhost:${server.port}`])).toBe(421);
      expect(await ask(path, [`localhost:${port}`, `evil.example:${port}`])).toBe(421);
    }
  });

  it("is told to the end that the server stops, and does not keep it", async () => {
    const port = await freePort();
    await using server = await startServer({ env: { PLUME_ADMIN_PORT: port } });
    server.mail.delay(2_000); // a stop waits for mails
    const ann = await SocketClient.connect(server.url);
    ann.hello("ann", "ann@example.org");
    await until(port, (metrics) => metrics.get('plume_memory_used_bytes{budget="received"}') === 0);
    const idle = connect(Number(port), "127.0.0.1").on("error", () => {});
    server.kill("SIGTERM");
    while ((await statusOf(port, "/readyz")) !== 503);
    await ann.closed;
    expect(await statusOf(port, "/livez")).toBe(200);
    expect((await scrape(port)).get('plume_connections_closed_total{code="1012"}')).toBe(1);
    expect(await server.ended()).toEqual({ code: 0, signal: null });
    idle.destroy();
  });
});
