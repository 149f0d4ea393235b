import { describe, expect, it } from "vitest";
import { limits } from "../../src/limits.ts";
import { MessageType, type ServerMessage } from "../../src/protocol/v1.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";

/** Everybody comes through a proxy that is believed, so that each can have a network address of their own. */
const env = { PLUME_TRUSTED_PROXIES: "127.0.0.1,::1" };
const connectFrom = (server: ServerProcess, address: string) =>
  SocketClient.connect(server.url, { headers: { "X-Forwarded-For": address } });

describe("codes", () => {
  it("defects 1, 2 and 3: of one address are guessed 5 times each, from however many connections", async () => {
    await using server = await startServer({ env });
    const attackers = Array.from({ length: 40 }, (_, n) => `198.51.100.${n}`);
    const answers = await Promise.all(attackers.map((address) => guess(server, address)));
    const tried = answers.flat().filter((text) => text.startsWith("this is not the code"));
    const mails = limits.mailboxNetworks * limits.mailsPerAddressAtOnce;
    await delivered(server, mails);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.length).toBeLessThanOrEqual(mails * (limits.codeTries - 1)); // the last is told that it is void, as are those after it
  });

  it("of one address are guessed within a day with a chance below one in a million from one network address, in 100,000 from all, and of anybody in 1,000 days", () => {
    const codes = 32 ** limits.codeCharacters;
    const { codesPerAddress, codeTriesPerPeerAtOnce, codeTriesPerPeerPerHour } = limits;
    const perPeer = (24 * codeTriesPerPeerPerHour + codeTriesPerPeerAtOnce) * codesPerAddress;
    expect(perPeer / codes).toBeLessThan(1e-6);
    // At best for who guesses, all tries come when an account has all its codes.
    const perMail = Math.max(limits.codeTries, codeTriesPerPeerAtOnce);
    const perAddress =
      limits.mailboxNetworks * (24 * limits.mailsPerAddressPerHour + limits.mailsPerAddressAtOnce) * perMail;
    expect(perAddress / codes).toBeLessThan(1e-5);
    expect((24 * 60 * limits.mailsPerMinute * perMail) / codes).toBeLessThan(1 / 1_000);
  });
});

describe("defect 32: mails are sent, however many ask,", () => {
  const askAll = async (server: ServerProcess, asked: readonly { email: string; from: string }[]) => {
    const notices: string[] = [];
    for (const { email, from } of asked) {
      const client = await connectFrom(server, from);
      client.hello(`guest ${notices.length}`, email);
      client.send(MessageType.Auth, "ZZZZZZ"); // is answered, so that it is known what Hello was
      const { type, text } = await client.next();
      notices.push(type === MessageType.AuthRst ? "mailed" : text);
      client.close();
    }
    return notices;
  };
  const count = 20;
  const peerAtOnce = limits.mailsPerPeerPart * limits.mailsPerPeerPerHour;
  const inTime = (mails: number) => Array.from({ length: mails }, () => "mailed");

  it("two at once to one address from one network address, eight from all", async () => {
    await using server = await startServer({ env });
    const asked = Array.from({ length: count }, (_, n) => ({
      email: "victim@example.org",
      from: `198.51.100.${n}`,
    }));
    const notices = await askAll(server, asked);
    const mails = limits.mailboxNetworks * limits.mailsPerAddressAtOnce;
    expect(notices.slice(0, mails)).toEqual(inTime(mails));
    for (const notice of notices.slice(mails))
      expect(notice).toMatch(/sent to this mail address, try again in \d+/);
    const one = Array.from({ length: 4 }, () => ({ email: "other@example.org", from: "198.51.100.1" }));
    expect((await askAll(server, one)).slice(2)).toEqual([
      expect.stringMatching(/mail address/),
      expect.anything(),
    ]);
    await delivered(server, mails + 2);
  });

  it("a class's at once for one network address, and for others all the same", async () => {
    await using server = await startServer({ env });
    const asked = Array.from({ length: peerAtOnce + 10 }, (_, n) => ({
      email: `v${n}@example.org`,
      from: "2001:db8::1",
    }));
    const notices = await askAll(server, asked);
    expect(notices.slice(0, peerAtOnce)).toEqual(inTime(peerAtOnce));
    for (const notice of notices.slice(peerAtOnce))
      expect(notice).toMatch(/from your network address, try again in/);
    const neighbour = { email: "v@example.org", from: "2001:db8::2" }; // in the same /64
    const other = { email: "w@example.org", from: "2001:db8:0:1::1" };
    expect(await askAll(server, [neighbour, other])).toEqual([
      expect.stringMatching(/your network/),
      "mailed",
    ]);
    await delivered(server, peerAtOnce + 1);
    expect(server.log().match(/PLUME_MAILS_PER_IP_PER_HOUR/g)).toHaveLength(1);
  });

  it("as many in all as the setting allows", async () => {
    await using server = await startServer({ env: { ...env, PLUME_MAILS_PER_MINUTE: "15" } });
    const asked = Array.from({ length: count }, (_, n) => ({
      email: `v${n}@example.org`,
      from: `198.51.100.${n}`,
    }));
    const from = performance.now();
    const notices = await askAll(server, asked);
    const seconds = (performance.now() - from) / 1000;
    const mailed = notices.filter((notice) => notice === "mailed").length;
    expect(mailed).toBeGreaterThanOrEqual(15);
    expect(mailed).toBeLessThanOrEqual(15 + Math.ceil(seconds / 4)); // one comes every 4 s
    expect(notices.at(-1)).toMatch(/too many people are logging in, try again in \d+ s/);
    await delivered(server, mailed);
  });
});

/** Ask for a code for the victim and tries wrong ones, as many as it is let. Returns the answers. */
async function guess(server: ServerProcess, address: string): Promise<string[]> {
  const client = await connectFrom(server, address);
  client.hello("victim", "victim@example.org");
  const answers: ServerMessage[] = [];
  for (let n = 0; n < 3 * limits.codeTries; n += 1) {
    client.send(MessageType.Auth, "ZZZZZZ");
    answers.push(await client.next());
  }
  expect(answers.filter(({ type }) => type === MessageType.AuthAck)).toEqual([]);
  client.close();
  return answers.map(({ text }) => text);
}

/** Waits for so many mails, and sees that no other was sent meanwhile. */
async function delivered(server: ServerProcess, mails: number): Promise<void> {
  for (let n = 0; n < mails; n += 1) await server.mail.next();
  expect(server.mail.waiting).toBe(0);
}
