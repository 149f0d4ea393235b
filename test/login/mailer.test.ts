import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Email, parseEmail } from "../../src/login/address.ts";
import { type LoginMail, type Mailer, smtpMailer, terminalMailer } from "../../src/login/mailer.ts";
import { type MailServer, relayOf, startMailServer } from "../support/mail-server.ts";

const link = "https://chat.example.org/#code=7K3QXM";
const mail: LoginMail = { to: email("ann@example.com"), name: "Ann Ünal", code: "7K3QXM", link };

function email(address: string): Email {
  const parsed = parseEmail(address);
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.email;
}

describe("a mail by SMTP", () => {
  let server: MailServer;
  let mailer: Mailer;

  beforeEach(async () => {
    server = await startMailServer();
    mailer = smtpMailer({ relay: relayOf(server.url), from: "plume@example.org" });
  });

  afterEach(async () => {
    mailer.close();
    await server.close();
  });

  test("brings the code, as text and as HTML, and says what it is for", async () => {
    expect(await mailer.send(mail)).toEqual({ kind: "sent" });
    const { code, text, html } = await server.next();
    expect(code).toBe("7K3QXM");
    expect(text).toMatch(/login code is\s+7K3QXM\n/);
    expect(html).toMatch(/login code is<\/p>\n<p[^>]*>7K3QXM</);
    for (const part of [text, html]) expect(part).toMatch(/logs you in as Ann Ünal.*10 minutes/s);
    expect(text).toContain(`\n${link}\n`);
    expect(html.replaceAll("&#x2F;", "/")).toContain(`<a href="${link}">`);
  });

  test("defect 34: goes from the sender to one recipient, in the envelope and in the header", async () => {
    await mailer.send(mail);
    const { from, to, headers } = await server.next();
    expect([from, to]).toEqual(["plume@example.org", ["ann@example.com"]]);
    expect(headers.get("to")).toBe("ann@example.com");
    expect(headers.get("from")).toBe("Plume <plume@example.org>");
    expect([...headers.keys()].filter((name) => /^(cc|bcc|reply-to|sender)$/.test(name))).toEqual([]);
  });

  test("defect 34: has nothing that a user typed in subject or headers, but the address", async () => {
    await mailer.send({ ...mail, name: "Eve\r\nBcc: all@example.com" });
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
      await mailer.send({ ...mail, to: forged as Email });
    }
    while (server.waiting > 0) expect((await server.next()).to).toHaveLength(1);
  });

  test("defect 33: shows a name as it is, be it HTML or a link", async () => {
    await mailer.send({ ...mail, name: `<a href="https://evil.example">Win & "smile"</a> evil.example` });
    const { html, text } = await server.next();
    expect(html.match(/<a /g)).toHaveLength(1); // ours
    expect(html).toContain("&lt;a href=&quot;");
    expect(html).toContain("Win &amp; &quot;smile&quot;");
    for (const part of [text, html]) expect(part).not.toContain("evil.example");
  });

  test("tells other machines that nobody wrote it, and in which language", async () => {
    await mailer.send(mail);
    const { headers, html } = await server.next();
    expect(headers.get("auto-submitted")).toBe("auto-generated");
    expect(headers.get("content-language")).toBe("en");
    expect(html).toContain('<html lang="en">');
  });

  test("reads no file and no URL", async () => {
    const attached = { ...mail, attachments: [{ path: "/etc/passwd" }], html: { path: "/etc/passwd" } };
    await mailer.send(attached);
    expect((await server.next()).html).not.toContain("root:");
  });

  test.each([
    [550, "RCPT", "refused"],
    [450, "RCPT", "failed"],
    [550, "MAIL", "failed"],
    [451, "MAIL", "failed"],
    [554, "DATA", "failed"],
    [452, "DATA", "failed"],
  ] as const)("a reply of %i to %s is %s", async (responseCode, stage, kind) => {
    server.failNext(responseCode, stage);
    const result = await mailer.send(mail);
    expect(result).toMatchObject({ kind, cause: { responseCode } });
    expect(await mailer.send(mail)).toEqual({ kind: "sent" });
  });

  test("defect 35: a failure tells nothing about the person", async () => {
    server.failNext(550);
    const result = JSON.stringify(await mailer.send(mail));
    expect(result).not.toMatch(/ann|example|Ünal|7K3QXM/i);
  });

  test("fails if there is no mail server", async () => {
    await server.close();
    expect(await mailer.send(mail)).toMatchObject({ kind: "failed", cause: { code: "ESOCKET" } });
  });

  test("fails if the server hangs up in the greeting", async () => {
    const rude = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const address = rude.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const toRude = smtpMailer({ relay: relayOf(`smtp://127.0.0.1:${port}`), from: "plume@example.org" });
    expect(await toRude.send(mail)).toMatchObject({ kind: "failed" });
    toRude.close();
    rude.close();
  });
});

describe("A14: to a relay", () => {
  const everything = { startTls: true, login: true };
  const withoutTls = { startTls: false, login: true };

  /** Sends one mail to a real server by the settings of `url`, as if the server stood where that says. */
  async function send(offers: { startTls: boolean; login: boolean }, url: string) {
    await using server = await startMailServer(offers);
    const mailer = smtpMailer({
      relay: { ...relayOf(url), host: "127.0.0.1", port: server.port },
      from: "plume@example.org",
    });
    const result = await mailer.send(mail);
    mailer.close();
    const { isEncrypted, ehloName } = result.kind === "sent" ? await server.next() : {};
    expect(server.waiting).toBe(0);
    return { result, isEncrypted, ehloName, logins: server.logins };
  }

  test.each([
    "smtp://ann:hunter2@mail.example.org",
    "smtp://ann:hunter2@localhost",
    "smtp://mail.example.org",
    "smtp://mail.example.org?tls.rejectUnauthorized=false",
    "smtp://localhost?requireTLS=true",
  ])("without STARTTLS neither password nor code goes out: %s", async (url) => {
    const { result, logins } = await send(withoutTls, url);
    expect(result).toMatchObject({ kind: "failed", cause: { code: "ETLS", command: "STARTTLS" } });
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

  test.each(["smtp://mail.example.org", "smtp://localhost?tls.rejectUnauthorized=true"])(
    "whose certificate is not good no mail goes out, and the log says why and names the setting: %s",
    async (url) => {
      const { result } = await send(everything, url);
      expect(result).toMatchObject({
        kind: "failed",
        cause: {
          reason: expect.stringMatching(/certificate has expired.*PLUME_SMTP_URL.*tls\.rejectUnauthorized/),
        },
      });
    },
  );

  test("this server says a name that can be set", async () => {
    expect(await send(everything, "smtp://localhost?name=chat.example.org")).toMatchObject({
      ehloName: "chat.example.org",
    });
  });
});

test("without a mail server, the code is printed to the terminal", async () => {
  const lines: string[] = [];
  const mailer = terminalMailer((line) => lines.push(line) > 0);
  expect(await mailer.send(mail)).toEqual({ kind: "sent" });
  expect(lines).toEqual(["login code for Ann Ünal: 7K3QXM (valid for 10 minutes)"]);
  mailer.close();
});
