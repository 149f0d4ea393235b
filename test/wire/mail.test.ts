import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../support/certificate.ts";
import { startMailServer } from "../support/mail-server.ts";
import { startServer } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** Asks a server for a code that mails by this relay, and gives it so long. */
const ask = async (url: string, env: Record<string, string> = {}) => {
  const server = await startServer({ env: { PLUME_SMTP_URL: url, ...env } });
  const client = await SocketClient.connect(server.url);
  client.hello("ann", "ann@example.com");
  return { server, client };
};

describe.concurrent("a relay that offers STARTTLS with a self-signed certificate, Debian's default,", () => {
  const file = join(mkdtempSync(join(tmpdir(), "plume-test-")), "certificate.pem");
  writeFileSync(file, selfSigned.cert);
  const trusted = { NODE_EXTRA_CA_CERTS: file };
  const strict = "requireTLS=true&tls.rejectUnauthorized=true";

  it.each([
    ["is not trusted", {}, "", "self-signed certificate"],
    [
      "is for another name",
      trusted,
      "&tls.servername=mx.example.org",
      "does not match certificate's altnames",
    ],
  ])("which %s: the log names the certificate and the settings, and the person hears it", async (...row) => {
    const [, env, option, problem] = row;
    await using mail = await startMailServer({ startTls: "self-signed" });
    const { server, client } = await ask(`smtp://localhost:${mail.port}?${strict}${option}`, env);
    expect((await client.next()).text).toMatch(/the server cannot send mail now/);
    expect(server.log()).toMatch(new RegExp(`"level":"error".*${problem}.*PLUME_SMTP_URL.*mail failed`));
    expect(server.log()).not.toContain("ann@");
    expect(mail.waiting).toBe(0);
    await server.stop();
  });

  it("is taken where NODE_EXTRA_CA_CERTS names it", async () => {
    await using mail = await startMailServer({ startTls: "self-signed" });
    const { server, client } = await ask(`smtp://localhost:${mail.port}?${strict}`, trusted);
    expect(await mail.next()).toMatchObject({ to: ["ann@example.com"], isEncrypted: true });
    client.close();
    await server.stop();
  });
});

it.concurrent("a relay that refuses EHLO without a full name is told that of the public URL", async () => {
  await using mail = await startMailServer({ wantsFullName: true });
  const { server, client } = await ask(mail.url, { PLUME_ORIGINS: "https://chat.example.org" });
  expect(await mail.next()).toMatchObject({ ehloName: "chat.example.org" });
  client.close();
  await server.stop();
});
