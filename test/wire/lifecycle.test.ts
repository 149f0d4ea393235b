import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOT_NAME, MessageType } from "../../src/protocol/v1.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

describe.each(transports)("the wire protocol, version 1, with %s", (transport) => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_TRANSPORT: transport } });
  });
  afterAll(() => server.stop());

  it("logs in with a mailed code and chats, byte for byte as Plume's page expects", async () => {
    const client = await SocketClient.connect(server.url);
    client.hello("ann", "ann@example.org");
    client.send(MessageType.Auth, await server.codeFor("ann@example.org"));
    await client.raw(/^\{"type":3,"user":\{"name":"ann"\},"text":"[\w-]+\.[\w-]+"\}$/);
    await client.raw(/^\{"type":1,"user":\{"name":"plumebot"\},"text":"Hi @ann!.*"\}$/);
    await client.raw(/^\{"type":1,"user":\{"name":"plumebot"\},"text":"Please be kind.*"\}$/);
    await client.raw(/^\{"type":1,"user":\{"name":"ann"\},"text":"entered chat"\}$/);
    client.sendRaw('{"type":1,"text":"hello \\"you\\""}');
    await client.raw(/^\{"type":1,"user":\{"name":"ann"\},"text":"hello \\"you\\""\}$/);
    client.close();
  });

  it("takes a message with the fields in another order, further fields, and no user", async () => {
    const client = await SocketClient.enter(server.url, server.token("ben"));
    client.sendRaw('{"text":"a","extra":[1],"type":1}');
    expect(await client.nextText()).toBe("a");
    client.close();
  });

  it("answers Hello for a name that another address owns with type 5, and mails no code", async () => {
    const owner = await SocketClient.enter(server.url, server.token("dora"));
    const client = await SocketClient.connect(server.url);
    client.hello("Dora", "other@example.org");
    await client.raw(
      /^\{"type":5,"user":\{"name":"Dora"\},"text":"the name Dora belongs to somebody else.*"\}$/,
    );
    client.send(MessageType.Auth, "ABCDEF");
    await client.raw(/^\{"type":4,.*no code was asked for here.*\}$/);
    owner.close();
    client.close();
  });

  it.each(["localhost", "127.0.0.1"])(
    "mails a link to the origin that the page was opened at: %s",
    async (host) => {
      const origin = `http://${host}:${server.port}`;
      const client = await SocketClient.connect(server.url, { origin });
      const to = `${transport}@${host.length}.example.org`;
      client.hello(`gil ${host.length}`, to);
      const mail = await server.mail.next();
      expect(mail.to).toEqual([to]);
      expect(mail.text).toContain(`\n${origin}/#code=${mail.code}\n`);
      client.close();
    },
  );

  it("sends nothing but silence for a Hello that was fine, and refuses a reserved name with type 5", async () => {
    const client = await SocketClient.connect(server.url);
    client.hello("cid", "cid@example.org");
    await server.codeFor("cid@example.org");
    client.hello(BOT_NAME, "cid@example.org");
    expect(await client.next()).toMatchObject({ type: MessageType.MayNotEnter, user: { name: BOT_NAME } });
    client.close();
  });

  it("defect 21: closes with 1009 on a frame over the limit, without parsing it", async () => {
    const client = await SocketClient.enter(server.url, server.token("eve"));
    client.say("x".repeat(200_000));
    expect(await client.closed).toMatchObject({ code: 1009 });
  });

  it("closes with 1003 on a binary frame", async () => {
    const client = await SocketClient.enter(server.url, server.token("eve"));
    client.sendRaw(Buffer.from([1, 2, 3]));
    expect(await client.closed).toMatchObject({ code: 1003 });
  });

  it("defect 40: closes with 4000 and a reason on bad JSON", async () => {
    const client = await SocketClient.connect(server.url);
    client.sendRaw("{");
    expect(await client.closed).toEqual({ code: 4000, reason: "not a Plume message: not JSON" });
  });

  it("closes with 4003 when far more comes than can be handled", async () => {
    const client = await SocketClient.enter(server.url, server.token("eve"));
    for (let n = 0; n < 1000; n += 1) client.say(`${n}`);
    expect(await client.closed).toMatchObject({ code: 4003 });
  });

  it("tells the others that somebody left who went away without a word", async () => {
    const ann = await SocketClient.enter(server.url, server.token("ann"));
    const bob = await SocketClient.enter(server.url, server.token("bob"));
    bob.terminate();
    await ann.until(({ user, text }) => user.name === "bob" && text === "left chat");
    ann.close();
  });
});

describe.each(transports)("limits of a server with %s", (transport) => {
  it("closes with 1013 above its number of clients, and takes others when one has gone", async () => {
    await using server = await startServer({ env: { PLUME_MAX_CLIENTS: "2", PLUME_TRANSPORT: transport } });
    const first = await SocketClient.enter(server.url, server.token("a"));
    await SocketClient.enter(server.url, server.token("b"));
    const third = await SocketClient.connect(server.url);
    expect(await third.closed).toEqual({ code: 1013, reason: "the server is full" });
    first.close();
    await first.closed;
    await SocketClient.enter(server.url, server.token("c"));
  });

  it("closes with 4013 above the number of clients from one address, which a trusted proxy tells", async () => {
    const env = {
      PLUME_MAX_CLIENTS_PER_IP: "1",
      PLUME_TRUSTED_PROXIES: "127.0.0.1,::1",
      PLUME_TRANSPORT: transport,
    };
    await using server = await startServer({ env });
    const from = (address: string) =>
      SocketClient.connect(server.url, { headers: { "X-Forwarded-For": address } });
    await from("192.0.2.1");
    expect(await (await from("192.0.2.1")).closed).toMatchObject({ code: 4013 });
    const other = await from("192.0.2.2");
    await other.auth(server.token("a"));
  });
});

describe.each(transports)("who may connect, with %s:", (transport) => {
  it("defect 37: takes its own pages and programs, and refuses pages from elsewhere with 403", async () => {
    await using server = await startServer({ env: { PLUME_TRANSPORT: transport } });
    const { port } = new URL(server.url);
    for (const origin of [`http://localhost:${port}`, `http://127.0.0.1:${port}`]) {
      (await SocketClient.connect(server.url, { origin })).close();
    }
    (await SocketClient.connect(server.url)).close();
    for (const origin of [
      "https://evil.example",
      `http://localhost:1${port}`,
      "null",
      "http://localhost:4884",
    ]) {
      await expect(SocketClient.connect(server.url, { origin })).rejects.toThrow("403");
    }
  });

  it("takes the origins it is told to, and only those", async () => {
    await using server = await startServer({
      env: { PLUME_ORIGINS: "https://chat.example.org", PLUME_TRANSPORT: transport },
    });
    (await SocketClient.connect(server.url, { origin: "https://chat.example.org" })).close();
    await expect(SocketClient.connect(server.url, { origin: server.url })).rejects.toThrow("403");
  });
});
