import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Email } from "../../src/login/address.ts";
import { type LoginMail, type Mailer, smtpMailer, terminalMailer } from "../../src/login/mailer.ts";
import { systemClock } from "../../src/system/clock.ts";
import { nameOfMachine } from "../../src/system/smtp-url.ts";
import { emailOf, type MailServer, type Offers, relayOf, startMailServer } from "../support/mail-server.ts";

const link = "https://chat.example.org/#code=7K3QXM";
const from = "plume@example.org";
const mailerTo = (url: string) =>
  smtpMailer({ relay: relayOf(url), from, ehloName: () => undefined }, systemClock);
const mail: LoginMail = { to: emailOf("ann@example.com"), name: "Ann Ünal", code: "7K3QXM", link };

describe("a mail by SMTP", () => {
  let server: MailServer;
  let mailer: Mailer;

  beforeEach(async () => {
    server = await startMailServer();
    mailer = mailerTo(server.url);
  });

  afterEach(async () => {
    mailer.close();
    await server.close();
  });

  test("brings the code, as text and as HTML, and says what it is for", async () => {
    expect(await mailer.send(mail, "m1")).toEqual({ kind: "sent" });
    const { code, text, html } = await server.next();
    expect(code).toBe("7K3QXM");
    expect(text).toMatch(/login code is\s+7K3QXM\n/);
    expect(html).toMatch(/login code is<\/p>\n<p[^>]*>7K3QXM</);
    for (const part of [text, html]) expect(part).toMatch(/logs you in as Ann Ünal.*10 minutes/s);
    expect(text).toContain(`\n${link}\n`);
    expect(html.replaceAll("&#x2F;", "/")).toContain(`<a href="${link}">`);
  });

  test("defect 34: goes from the sender to one recipient, in the envelope and in the header", async () => {
    await mailer.send(mail, "m1");
    const { from, to, headers } = await server.next();
    expect([from, to]).toEqual(["plume@example.org", ["ann@example.com"]]);
    expect(headers.get("to")).toBe("ann@example.com");
    expect(headers.get("from")).toBe("Plume <plume@example.org>");
    expect([...headers.keys()].filter((name) => /^(cc|bcc|reply-to|sender)$/.test(name))).toEqual([]);
  });

  test("defect 34: has nothing that a user typed in subject or headers, but the address", async () => {
    await mailer.send({ ...mail, name: "Eve\r\nBcc: all@example.com" }, "m1");
    const { to, subject, headers } = await server.next();
    expect(subject).toBe("Your Plume login code");
    expect(to).toHaveLength(1);
    expect([...headers.values()].join("\n")).not.toMatch(/Eve|all@example|7K3QXM/);
  });

  test("defect 34: even an address that was never checked is one recipient at most", async () => {
    for (const forged of [
      "ann@example.com, eve@example.com",
      "ann@example.com>\r\nRCPT TO:<eve@example.com",
    ]) {
      await mailer.send({ ...mail, to: forged as Email }, "m1");
    }
    while (server.waiting > 0) expect((await server.next()).to).toHaveLength(1);
  });

  test("defect 33: shows a name as it is, be it HTML or a link", async () => {
    await mailer.send(
      { ...mail, name: `<a href="https://evil.example">Win & "smile"</a> evil.example` },
      "m1",
    );
    const { html, text } = await server.next();
    expect(html.match(/<a /g)).toHaveLength(1); // ours
    expect(html).toContain("&lt;a href=&quot;");
    expect(html).toContain("Win &amp; &quot;smile&quot;");
    for (const part of [text, html]) expect(part).not.toContain("evil.example");
  });

  test("tells other machines that nobody wrote it, and in which language", async () => {
    await mailer.send(mail, "m1");
    const { headers, html } = await server.next();
    expect(headers.get("auto-submitted")).toBe("auto-generated");
    expect(headers.get("content-language")).toBe("en");
    expect(html).toContain('<html lang="en">');
  });

  test("reads no file and no URL", async () => {
    const attached = { ...mail, attachments: [{ path: "/etc/passwd" }], html: { path: "/etc/passwd" } };
    await mailer.send(attached, "m1");
    expect((await server.next()).html).not.toContain("root:");
  });

  test.each([
    // What a mail server says of the recipient …
    [550, "RCPT", "", "refused"],
    [551, "RCPT", "", "refused"],
    [553, "RCPT", "5.1.3 ", "refused"],
    [550, "RCPT", "5.1.1 ", "refused"],
    // … and what it says of this server.
    [504, "RCPT", "5.5.2 ", "broken"],
    [530, "RCPT", "", "broken"],
    [550, "RCPT", "5.7.1 relaying denied ", "broken"],
    [554, "RCPT", "5.7.1 ", "broken"],
    [550, "MAIL", "", "broken"],
    [554, "DATA", "", "broken"],
    // Another try may help.
    [450, "RCPT", "", "failed"],
    [451, "RCPT", "4.7.1 greylisted ", "failed"],
    [451, "MAIL", "", "failed"],
    [452, "DATA", "", "failed"],
  ] as const)("a reply of %i to %s, %j, is %s", async (responseCode, stage, text, kind) => {
    server.failNext(responseCode, stage, text);
    const result = await mailer.send(mail, "m1");
    expect(result).toMatchObject({ kind, cause: { responseCode } });
    expect(await mailer.send(mail, "m1")).toEqual({ kind: "sent" });
  });

  test("defect 35: a failure tells nothing about the person", async () => {
    server.failNext(550);
    const result = JSON.stringify(await mailer.send(mail, "m1"));
    expect(result).not.toMatch(/ann|example|Ünal|7K3QXM/i);
  });

  test("has the same Message-ID in each try, by which a mailbox tells that it has it", async () => {
    for (const id of ["m1", "m1", "m2"]) await mailer.send(mail, id);
    const ids = [await server.next(), await server.next(), await server.next()].map(({ headers }) =>
      headers.get("message-id"),
    );
    expect(ids).toEqual(["<m1@example.org>", "<m1@example.org>", "<m2@example.org>"]);
  });

  test("fails if there is no mail server", async () => {
    await server.close();
    expect(await mailer.send(mail, "m1")).toMatchObject({ kind: "failed", cause: { code: "ESOCKET" } });
  });

  test("fails if the server hangs up in the greeting", async () => {
    const rude = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const address = rude.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const toRude = mailerTo(`smtp://127.0.0.1:${port}`);
    expect(await toRude.send(mail, "m1")).toMatchObject({ kind: "failed" });
    toRude.close();
    rude.close();
  });
});

describe("A14: to a relay", () => {
  const everything = { startTls: true, login: true };
  const withoutTls = { startTls: false, login: true };

  /** Sends one mail to a real server by the settings of `url`, as if the server stood where that says. */
  async function send(offers: Partial<Offers>, url: string, ehloName?: string) {
    await using server = await startMailServer(offers);
    const relay = { ...relayOf(url), host: "127.0.0.1", port: server.port };
    const mailer = smtpMailer({ relay, from, ehloName: () => ehloName }, systemClock);
    const result = await mailer.send(mail, "m1");
    mailer.close();
    const { isEncrypted, ehloName: said } = result.kind === "sent" ? await server.next() : {};
    expect(server.waiting).toBe(0);
    return { result, isEncrypted, ehloName: said, logins: server.logins };
  }

  test.each([
    "smtp://ann:hunter2@mail.example.org",
    "smtp://ann:hunter2@localhost",
    "smtp://mail.example.org",
    "smtp://mail.example.org?tls.rejectUnauthorized=false",
    "smtp://localhost?requireTLS=true",
  ])("without STARTTLS neither password nor code goes out: %s", async (url) => {
    const { result, logins } = await send(withoutTls, url);
    expect(result).toMatchObject({ kind: "broken", cause: { code: "ETLS", command: "STARTTLS" } });
    expect(result).toMatchObject({ cause: { reason: expect.stringContaining("requireTLS") } });
    expect(logins).toEqual([]);
  });

  test.each([
    "smtp://localhost",
    "smtp://mail.example.org?requireTLS=false",
    "smtp://mail.example.org?ignoreTLS=true",
  ])("without STARTTLS the mail goes all the same where that is wanted: %s", async (url) => {
    expect(await send(withoutTls, url)).toMatchObject({ result: { kind: "sent" }, isEncrypted: false });
  });

  test.each([
    ["smtp://localhost", []],
    ["smtp://ann:hunter2@localhost", [{ user: "ann", isEncrypted: true }]],
    [
      "smtp://ann:hunter2@mail.example.org?tls.rejectUnauthorized=false",
      [{ user: "ann", isEncrypted: true }],
    ],
    ["smtp://mail.example.org?requireTLS=false&tls.rejectUnauthorized=false", []],
  ])("with STARTTLS all is encrypted: %s", async (url, logins) => {
    expect(await send(everything, url)).toMatchObject({
      result: { kind: "sent" },
      isEncrypted: true,
      logins,
    });
  });

  test.each([
    ["smtp://mail.example.org", true, "certificate has expired"],
    ["smtp://localhost?tls.rejectUnauthorized=true", true, "certificate has expired"],
    [
      "smtp://localhost?requireTLS=true&tls.rejectUnauthorized=true",
      "self-signed",
      "self-signed certificate",
    ],
  ] as const)(
    "whose certificate is not good no mail goes out, and the log says why and names the settings: %s, %s",
    async (url, startTls, problem) => {
      const { result } = await send({ startTls, login: true }, url);
      const reason = expect.stringMatching(
        new RegExp(`${problem}.*PLUME_SMTP_URL.*tls\\.rejectUnauthorized.*NODE_EXTRA_CA_CERTS`),
      );
      expect(result).toMatchObject({ kind: "broken", cause: { reason } });
    },
  );

  test.each(["smtp://mail.example.org?tls.rejectUnauthorized=false", "smtp://localhost"])(
    "with the certificate that Debian makes, which it has signed itself, mail goes out where that is wanted: %s",
    async (url) => {
      expect(await send({ startTls: "self-signed" }, url)).toMatchObject({
        result: { kind: "sent" },
        isEncrypted: true,
      });
    },
  );

  test("that wants a full name in EHLO, this server says that of its public URL, or the log names the setting", async () => {
    const offers = { wantsFullName: true };
    const name = nameOfMachine("https://chat.example.org", "vm1");
    expect(await send(offers, "smtp://localhost", name)).toMatchObject({ ehloName: "chat.example.org" });
    expect(await send(offers, "smtp://localhost?name=mx.example.org", name)).toMatchObject({
      ehloName: "mx.example.org",
    });
    const { result } = await send(offers, "smtp://localhost?name=vm1", name);
    expect(result).toMatchObject({
      kind: "broken",
      cause: { reason: expect.stringMatching(/PLUME_SMTP_URL.*name/) },
    });
  });

  test("that refuses even EHLO and HELO with 504, the log names the setting", async () => {
    const url = await rudeServer((line) =>
      /^(EHLO|HELO)/.test(line) ? "504 5.5.2 need a full name" : "250 ok",
    );
    const mailer = mailerTo(url);
    expect(await mailer.send(mail, "m1")).toMatchObject({
      kind: "broken",
      cause: { command: "HELO", responseCode: 504, reason: expect.stringMatching(/PLUME_SMTP_URL.*name/) },
    });
  });

  test("that hangs up once it has the mail, it is not known whether it is sent", async () => {
    const url = await rudeServer((line) => {
      if (line === "DATA") return "354 go on";
      return line === "." ? undefined : "250 ok";
    });
    expect(await mailerTo(url).send(mail, "m1")).toMatchObject({ kind: "unanswered" });
  });

  test("with SMTPUTF8 a mail goes to any letters, and without to the others", async () => {
    for (const utf8 of [true, false]) {
      await using server = await startMailServer({ utf8 });
      const mailer = mailerTo(server.url);
      const jorg = { ...mail, to: "jörg@xn--mller-kva.example" as Email };
      const result = await mailer.send(jorg, "m1");
      if (utf8) expect((await server.next()).to).toEqual(["jörg@müller.example"]);
      else expect(result).toMatchObject({ kind: "refused", why: "international" });
      expect(await mailer.send(mail, "m2")).toEqual({ kind: "sent" });
    }
  });

  test("this server says a name that can be set", async () => {
    expect(await send(everything, "smtp://localhost?name=chat.example.org")).toMatchObject({
      ehloName: "chat.example.org",
    });
  });
});

test.each([
  ["https://chat.example.org", "vm1", "chat.example.org"],
  ["https://chat.example.org:8443", "vm1.lan", "chat.example.org"],
  ["http://127.0.0.1:4884", "mail.example.org", "mail.example.org"],
  ["http://[::1]:4884", "vm1", undefined],
  ["http://localhost:4884", "VM1.example.org", "vm1.example.org"],
  ["http://localhost:4884", "localhost.localdomain.localhost", undefined],
  ["", "192.0.2.1", undefined],
])("a server at %s on the machine %s calls itself %s", (url, hostname, name) => {
  expect(nameOfMachine(url, hostname)).toBe(name);
});

/** A mail server that says what it is told to, line for line, and hangs up where that is nothing. */
async function rudeServer(answer: (line: string) => string | undefined): Promise<string> {
  const server = createServer((socket) => {
    let isContent = false;
    socket.write("220 rude\r\n");
    createInterface(socket).on("line", (line) => {
      if (isContent && line !== ".") return;
      isContent = line === "DATA";
      const said = answer(line);
      if (said === undefined) socket.destroy();
      else socket.write(`${said}\r\n`);
    });
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `smtp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

test("without a mail server, the code is printed to the terminal", async () => {
  const lines: string[] = [];
  const mailer = terminalMailer((line) => lines.push(line) > 0);
  expect(await mailer.send(mail, "m1")).toEqual({ kind: "sent" });
  expect(lines).toEqual(["login code for Ann Ünal: 7K3QXM (valid for 10 minutes)"]);
  mailer.close();
});
