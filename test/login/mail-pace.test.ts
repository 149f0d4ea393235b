import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { MailPace, type MailRates } from "../../src/login/mail-pace.ts";
import type { EmailHash } from "../../src/people/user.ts";
import { FakeClock } from "../support/fake-clock.ts";

const hour = 3_600_000;
const peerAtOnce = limits.mailsPerPeerPart * limits.mailsPerPeerPerHour;

function setup(given: Partial<MailRates> = {}) {
  const { mailsPerMinute, mailsPerAddressPerHour, mailsPerPeerPerHour } = limits;
  const clock = new FakeClock();
  const log: string[] = [];
  const logger = pino({ base: null }, { write: (line) => void log.push(line) });
  const rates: MailRates = { mailsPerMinute, mailsPerAddressPerHour, mailsPerPeerPerHour, ...given };
  const pace = new MailPace(rates, clock, logger);
  const take = (address: string, peer: string) =>
    pace.take({ email: address as EmailHash, mailbox: address.replace(/\+.*/, "") as EmailHash }, peer);
  const remember = (address: string, peer: string) => pace.remember(address as EmailHash, peer);
  return { clock, take, remember, log };
}

/** How many of `count` mails go out, each as `ask` asks for it. */
function granted(count: number, ask: (n: number) => { kind: "ok" | "wait" }): number {
  return Array.from({ length: count }, (_, n) => ask(n)).filter(({ kind }) => kind === "ok").length;
}

describe("defect 32: mails are paced", () => {
  test("per mail address and network address", () => {
    const { clock, take } = setup();
    expect(granted(100, () => take("victim", "peer"))).toBe(limits.mailsPerAddressAtOnce);
    expect(take("victim", "peer")).toMatchObject({
      kind: "wait",
      whose: "address",
      retryAfterMs: hour / limits.mailsPerAddressPerHour,
    });
    let mails = 0;
    for (let minute = 0; minute < 60; minute += 1) {
      clock.skip(60_000);
      mails += granted(20, () => take("victim", "peer"));
    }
    expect(mails).toBe(limits.mailsPerAddressPerHour);
  });

  test("A11: and its owner gets one though somebody elsewhere has asked for all they may", () => {
    const { take } = setup();
    for (let n = 1; n < limits.mailboxNetworks; n += 1) granted(100, () => take("ann", `eve ${n}`));
    expect(granted(100, () => take("ann", "home"))).toBe(limits.mailsPerAddressAtOnce);
  });

  test("A11: and gets hers from where she has logged in, however many networks others have", () => {
    const { take, remember } = setup();
    remember("ann", "home");
    granted(40, (n) => take("ann", `eve ${n}`));
    expect(take("ann", "elsewhere")).toMatchObject({ kind: "wait", whose: "mailbox" });
    expect(take("ann+x", "home")).toMatchObject({ kind: "wait", whose: "mailbox" }); // has not logged in
    expect(granted(100, () => take("ann", "home"))).toBe(limits.mailsPerAddressAtOnce);
  });

  test("per mail address, whoever asks", () => {
    const { clock, take } = setup();
    const { mailboxNetworks, mailsPerAddressAtOnce, mailsPerAddressPerHour } = limits;
    expect(granted(100, (n) => take("victim", `peer${n}`))).toBe(mailboxNetworks * mailsPerAddressAtOnce);
    expect(take("victim", "peer")).toMatchObject({ kind: "wait", whose: "mailbox" });
    let mails = 0;
    for (let minute = 0; minute < 60; minute += 1) {
      clock.skip(60_000);
      mails += granted(20, (n) => take("victim", `peer${minute}.${n}`));
    }
    expect(mails).toBe(mailboxNetworks * mailsPerAddressPerHour);
  });

  test("per network address, whatever the mail address", () => {
    const { clock, take } = setup();
    expect(granted(100, (n) => take(`a${n}`, "abuser"))).toBe(peerAtOnce);
    const refused = take("another", "abuser");
    expect(refused).toMatchObject({ kind: "wait", whose: "peer" });
    clock.skip(refused.kind === "wait" ? refused.retryAfterMs : 0);
    expect(take("another", "abuser")).toEqual({ kind: "ok" });
  });

  test("a class of 30 behind one network address comes in within a minute, as a setting says, and the log says once when it bites", () => {
    const { clock, take, log } = setup();
    const asks = (count: number, name: string) =>
      granted(count, (n) => {
        clock.skip(60_000 / 30);
        return take(`${name}${n}`, "school");
      });
    expect(asks(30, "pupil")).toBe(30);
    expect(log).toEqual([]);
    expect(asks(60, "other")).toBeLessThan(15);
    expect(log).toHaveLength(2); // in two minutes
    expect(log[0]).toMatch(/"peer":"school".*PLUME_MAILS_PER_IP_PER_HOUR.*PLUME_TRUSTED_PROXIES/);
    const large = setup({ mailsPerMinute: 1_000, mailsPerPeerPerHour: 900 });
    expect(granted(1_000, (n) => large.take(`a${n}`, "university"))).toBe(600);
  });

  test("in all", () => {
    const { clock, take } = setup();
    expect(granted(1_000, (n) => take(`a${n}`, `p${n}`))).toBe(limits.mailsPerMinute);
    expect(take("a", "p")).toMatchObject({ kind: "wait", whose: "all", retryAfterMs: 1_000 });
    clock.skip(1_000);
    expect(take("a", "p")).toEqual({ kind: "ok" });
  });

  test("and one abuser locks out nobody else", () => {
    const { take } = setup();
    granted(10_000, (n) => take(`a${n}`, "abuser"));
    expect(granted(20, (n) => take(`b${n}`, `p${n}`))).toBe(20);
  });

  test("and what is refused counts against nobody", () => {
    const { take } = setup();
    const { mailsPerAddressAtOnce } = limits;
    expect(granted(1_000, () => take("victim", "peer"))).toBe(mailsPerAddressAtOnce);
    expect(granted(100, (n) => take(`a${n}`, "peer"))).toBe(peerAtOnce - mailsPerAddressAtOnce);
  });

  test("and the longest of several waits is the one told", () => {
    const { take } = setup({ mailsPerMinute: 2, mailsPerAddressPerHour: 1 });
    take("victim", "p");
    take("b", "p");
    expect(take("victim", "p")).toMatchObject({ whose: "address", retryAfterMs: hour });
    expect(take("c", "p")).toMatchObject({ whose: "all", retryAfterMs: 30_000 });
  });
});

describe("what is remembered is bounded", () => {
  test("also of who has logged in from where", () => {
    const { take, remember } = setup(fast);
    for (const name of ["ann", "bob"]) remember(name, "home");
    remember("ann", "home");
    for (let n = 0; n < limits.paceKeysMax - 1; n += 1) remember(`p${n}`, "home");
    granted(40, (n) => take("ann", `eve ${n}`));
    granted(40, (n) => take("bob", `eve ${n}`));
    expect(take("ann", "home")).toEqual({ kind: "ok" });
    expect(take("bob", "home")).toMatchObject({ kind: "wait", whose: "mailbox" });
  });

  const fast = { mailsPerMinute: 1_000_000, mailsPerAddressPerHour: 6 };

  test("and one who has nothing to wait for is forgotten before one who has", () => {
    const { clock, take } = setup(fast);
    granted(2, () => take("victim", "p"));
    granted(limits.paceKeysMax - 1, (n) => take(`once${n}`, `once${n}`));
    clock.skip(hour / fast.mailsPerAddressPerHour);
    granted(100, (n) => take(`new${n}`, `new${n}`));
    expect(take("victim", "p")).toEqual({ kind: "ok" });
    expect(take("victim", "p")).toMatchObject({ kind: "wait", whose: "address" });
  });

  test("and if all have, the one that was heard of longest ago is", () => {
    const { take } = setup(fast);
    take("first", "q");
    granted(2, () => take("second", "q"));
    take("first", "q");
    granted(limits.paceKeysMax - 1, (n) => take(`new${n}`, `new${n}`));
    expect(take("first", "q")).toMatchObject({ kind: "wait", whose: "address" });
    expect(take("second", "q")).toEqual({ kind: "ok" });
  });
});
