import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { Email } from "../../src/login/address.ts";
import { type LoginMail, type Mailer, type SendResult, smtpMailer } from "../../src/login/mailer.ts";
import { type MailOutcome, Postman } from "../../src/login/postman.ts";
import { Counters } from "../../src/metrics/counters.ts";
import { sleep, systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { relayOf, startMailServer } from "../support/mail-server.ts";

type Script = (mail: LoginMail, nth: number) => Promise<SendResult>;

const sent: Script = async () => ({ kind: "sent" });
const failed: Script = async () => ({ kind: "failed", cause: { code: "ESOCKET" } });
const refused: Script = async () => ({ kind: "refused", cause: { responseCode: 550 } });
const never: Script = () => new Promise(() => {});

function mailTo(name: string): LoginMail {
  return {
    to: `${name}@example.com` as Email,
    name,
    code: "7K3QXM",
    link: "https://chat.example.org/#code=7K3QXM",
  };
}

/** A logger, and what it has written. */
function startLog() {
  let text = "";
  const write = (line: string) => {
    text += line;
  };
  return { logger: pino({}, { write }), text: () => text };
}

/** A postman at work whose mailer follows a script, with all it did and said. */
function setup(script: Script) {
  const clock = new FakeClock();
  const tries: { name: string; atMs: number }[] = [];
  const outcomes: [string, MailOutcome][] = [];
  const log = startLog();
  let mailerClosed = false;
  const mailer: Mailer = {
    send(mail) {
      tries.push({ name: mail.name, atMs: clock.elapsed() - startMs });
      return script(mail, tries.length);
    },
    close() {
      mailerClosed = true;
    },
  };
  const startMs = clock.elapsed();
  const postman = new Postman({
    counters: new Counters(),
    mailer,
    clock,
    random: (bytes) => new Uint8Array(bytes).fill(128),
    logger: log.logger,
  });
  const life = postman.run();
  const post = (name: string) => postman.post(mailTo(name), (outcome) => outcomes.push([name, outcome]));
  return { clock, tries, outcomes, postman, life, post, log: log.text, mailerClosed: () => mailerClosed };
}

describe("a mail", () => {
  test("is sent, and the person is told", async () => {
    const { clock, outcomes, post } = setup(sent);
    expect(post("ann")).toBe("queued");
    await clock.settle();
    expect(outcomes).toEqual([["ann", { kind: "sent" }]]);
    expect(clock.timers).toBe(0);
  });

  test("defect 36: is tried again with growing pauses", async () => {
    const { clock, tries, outcomes, post } = setup((mail, nth) => (nth < 3 ? failed : sent)(mail, nth));
    post("ann");
    await clock.advance(60_000);
    expect(tries.map(({ atMs }) => atMs)).toEqual([0, 2_500, 7_500]);
    expect(outcomes).toEqual([["ann", { kind: "sent" }]]);
  });

  test("is given up after the last try, and the person is told to try again", async () => {
    const { clock, tries, outcomes, post } = setup(failed);
    post("ann");
    await clock.advance(60_000);
    expect(tries).toHaveLength(limits.mailTries);
    expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: false, problem: /try again/ }]]);
  });

  test("is not tried again when the address was refused for good, and the person is told so", async () => {
    const { clock, tries, outcomes, post } = setup(refused);
    post("ann");
    await clock.advance(60_000);
    expect(tries).toHaveLength(1);
    expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: true }]]);
  });

  test("that takes too long is a try that failed", async () => {
    const { clock, tries, post } = setup(never);
    post("ann");
    await clock.advance(limits.mailTimeoutMs);
    await clock.advance(2_500);
    expect(tries.map(({ atMs }) => atMs)).toEqual([0, limits.mailTimeoutMs + 2_500]);
  });

  test("whose mailer breaks is a try that failed, and the cause is in the log", async () => {
    const { clock, outcomes, post, log } = setup(() => Promise.reject(new Error("a bug")));
    post("ann");
    await clock.advance(60_000);
    expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: false }]]);
    expect(log()).toContain("a bug");
  });

  test("whose outcome can't be told stops no other", async () => {
    const { clock, outcomes, postman, post, log } = setup(sent);
    postman.post(mailTo("eve"), () => {
      throw new Error("nobody there");
    });
    post("ann");
    await clock.settle();
    expect(outcomes).toEqual([["ann", { kind: "sent" }]]);
    expect(log()).toContain("nobody there");
  });
});

describe("many mails", () => {
  test("defect 36: are not held up by one that is slow", async () => {
    const { clock, outcomes, post } = setup((mail, nth) => (mail.name === "slow" ? never : sent)(mail, nth));
    for (const name of ["slow", "ann", "eve", "bob", "cat", "dan"]) post(name);
    await clock.settle();
    expect(outcomes.map(([name]) => name)).toEqual(["ann", "eve", "bob", "cat", "dan"]);
  });

  test("are under way up to the limit, and the others wait", async () => {
    const { clock, tries, post } = setup(never);
    for (let n = 0; n < 2 * limits.mailsInFlight; n += 1) post(`n${n}`);
    await clock.settle();
    expect(tries).toHaveLength(limits.mailsInFlight);
  });

  test("are refused when the queue is full", async () => {
    const { clock, post } = setup(never);
    await clock.settle();
    const answers = Array.from({ length: 2 * limits.mailQueue }, (_, n) => post(`n${n}`));
    expect(answers.filter((answer) => answer === "queued").length).toBeLessThanOrEqual(limits.mailQueue + 1);
    expect(answers.at(-1)).toBe("full");
  });

  test("A15: that hang are given up soon after closing, the log says how many, and the rest is not begun", async () => {
    const { clock, tries, outcomes, postman, life, post, log, mailerClosed } = setup((mail, nth) =>
      (mail.name === "quick" ? sent : never)(mail, nth),
    );
    for (const name of ["quick", "a", "b", "c", "d", "e", "f"]) post(name);
    await clock.settle();
    postman.close();
    await clock.advance(limits.stopMailMs - 1);
    expect(mailerClosed()).toBe(false);
    await clock.advance(1);
    await life;
    expect(outcomes.map(([name, { kind }]) => [name, kind])).toEqual([
      ["quick", "sent"],
      ...["a", "b", "c", "d", "e", "f"].map((name) => [name, "failed"]),
    ]);
    expect(tries).toHaveLength(1 + limits.mailsInFlight);
    expect(log()).toContain('"mails":6,"msg":"mails were not sent');
    expect([mailerClosed(), clock.timers]).toEqual([true, 0]);
  });

  test("A15: that wait for their next try are given up too", async () => {
    const { clock, outcomes, postman, life, post } = setup(failed);
    post("ann");
    await clock.settle();
    postman.close();
    await clock.advance(limits.stopMailMs);
    await life;
    expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: false }]]);
    expect(clock.timers).toBe(0);
  });

  test("are finished after closing, no more are taken, and the mailer is let go", async () => {
    const { clock, outcomes, postman, life, post, mailerClosed } = setup(async (mail, nth) => {
      await sleep(clock, limits.stopMailMs / 10);
      return sent(mail, nth);
    });
    for (let n = 0; n < 20; n += 1) post(`n${n}`);
    postman.close();
    expect(post("late")).toBe("closed");
    await clock.settle();
    expect(mailerClosed()).toBe(false);
    await clock.advance(limits.stopMailMs);
    await life;
    expect(outcomes.filter(([, { kind }]) => kind === "sent")).toHaveLength(20);
    expect(mailerClosed()).toBe(true);
  });
});

test("defect 35: the log has no code, no address and no name", async () => {
  await using server = await startMailServer();
  const log = startLog();
  const mailer = smtpMailer({ relay: relayOf(server.url), from: "plume@example.org" });
  const postman = new Postman({
    counters: new Counters(),
    mailer,
    clock: systemClock,
    random: systemRandom,
    logger: log.logger,
  });
  const life = postman.run();
  server.failNext(550);
  const outcome = await new Promise<MailOutcome>((resolve) => postman.post(mailTo("annabel"), resolve));
  expect(outcome).toMatchObject({ kind: "failed", permanent: true });
  expect(log.text()).toContain('"responseCode":550');
  expect(log.text()).not.toMatch(/annabel|example\.com|7K3QXM/);
  postman.close();
  await life;
});
