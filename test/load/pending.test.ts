import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { HealthyClient, SocketClient } from "../support/socket-client.ts";

const OPEN_FILES = 512;
const attackers = 476;
/** What they send: nothing, the start of a request, and requests one after the other on a connection that is kept alive. */
const ways = [
  { name: "say nothing", first: "", again: "" },
  { name: "send a request byte by byte", first: "GET / HTTP/1.1\r\nHost: localhost\r\n", again: "X: x\r\n" },
  { name: "keep connections alive", first: "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", again: "" },
];

it.each(transports.flatMap((transport) => ways.map((way) => ({ transport, ...way }))))(
  "A8: with $transport and 512 files, 476 connections from one address that $name keep nobody out",
  async ({ transport, first, again }) => {
    await using server = await startServer({
      ulimit: `-n ${OPEN_FILES}`,
      env: { PLUME_TRANSPORT: transport, PLUME_MAX_CLIENTS_PER_IP: "100" },
    });
    const healthy = await HealthyClient.enter(server);
    const sockets = Array.from({ length: attackers }, () => attack(server, first));
    const drip = setInterval(() => {
      for (const socket of sockets) if (again !== "" && socket.writable) socket.write(again);
    }, 500);
    await sleep(1_000);
    for (let n = 0; n < 20; n += 1) {
      const newcomer = await SocketClient.enter(server.url, server.token(`newcomer ${n}`));
      newcomer.say("here");
      expect(await newcomer.nextText()).toBe("here");
    }
    healthy.say();
    await healthy.hearAll();
    clearInterval(drip);
    expect(server.log()).not.toContain("no file descriptors are left");
    for (const socket of sockets) socket.destroy();
  },
);

it("with ws silent connections in all have a bound too: the oldest makes room", async () => {
  await using server = await startServer({ ulimit: `-n ${OPEN_FILES}`, env: { PLUME_TRANSPORT: "ws" } });
  const sockets = Array.from({ length: attackers }, () => attack(server, ""));
  await sleep(500);
  await HealthyClient.enter(server);
  expect(server.log()).not.toContain("no file descriptors are left");
  for (const socket of sockets) socket.destroy();
});

it.each(transports)(
  "A8: with %s, 300 sockets that say nothing at PLUME_MAX_CLIENTS=300 keep nobody out: the oldest makes room, and is told",
  async (transport) => {
    const env = { PLUME_TRANSPORT: transport, PLUME_MAX_CLIENTS: "300" };
    await using server = await startServer({ env });
    const silent: SocketClient[] = [];
    for (let n = 0; n < 300; n += 1) silent.push(await SocketClient.connect(server.url));
    const healthy = await HealthyClient.enter(server);
    healthy.say();
    await healthy.hearAll();
    expect(await silent[0]?.closed).toEqual({ code: 1013, reason: "the server is full" });
    for (const socket of silent) socket.terminate();
  },
);

it.each(transports)(
  "with %s a network address has as many silent connections as it may have sockets: one of its own goes, and is told",
  async (transport) => {
    const env = { PLUME_TRANSPORT: transport, PLUME_MAX_CLIENTS_PER_IP: "3" };
    await using server = await startServer({ env });
    const crowd = await Promise.all([1, 2, 3].map((n) => hold(server, `127.0.0.${n}`)));
    const own = [await hold(server, "127.0.0.9")];
    for (let n = 0; n < 3; n += 1) own.push(await hold(server, "127.0.0.9"));
    // uWebSockets does not say which connection is whose: there the newcomer goes, elsewhere the oldest.
    const goes = transport === "uws" ? own.pop() : own.shift();
    expect(await goes?.told).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n(.*\r\n)*retry-after: 60\r\n/);
    expect([...own, ...crowd].filter(({ socket }) => socket.closed)).toEqual([]);
    await vi.waitFor(() => expect(server.log().match(/PLUME_MAX_CLIENTS_PER_IP/g)).toHaveLength(1));
    for (const { socket } of [...own, ...crowd]) socket.destroy();
  },
);

it.each(transports)(
  "with %s the connections of a trusted proxy, and of this machine, have no bound of their own",
  async (transport) => {
    for (const env of [{}, { PLUME_MAX_CLIENTS_PER_IP: "3", PLUME_TRUSTED_PROXIES: "127.0.0.0/8" }]) {
      await using server = await startServer({ env: { PLUME_TRANSPORT: transport, ...env } });
      const held = [];
      for (let n = 0; n < 10; n += 1) held.push(await hold(server, "127.0.0.1"));
      const headers = { "X-Forwarded-For": "192.0.2.1" };
      const behind = await SocketClient.connect(server.url, { headers });
      await behind.auth(server.token("behind"));
      expect(held.filter(({ socket }) => socket.closed)).toEqual([]);
      for (const { socket } of held) socket.destroy();
    }
  },
);

function attack({ port }: ServerProcess, first: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.9" }).on("error", () => {});
  socket.write(first);
  return socket;
}

/** A connection from an address that says nothing. `told` is all that came when it is closed. */
async function hold({ port }: ServerProcess, localAddress: string) {
  const socket = connect({ port, host: "127.0.0.1", localAddress }).on("error", () => {});
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const told = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  await new Promise((resolve) => socket.once("connect", resolve));
  await sleep(20); // the server has accepted it
  return { socket, told };
}
