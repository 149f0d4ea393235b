import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import type { Email } from "../../src/login/address.ts";
import { type LoginMail, type Mailer, type SendResult, smtpMailer } from "../../src/login/mailer.ts";
import { type MailNews, Postman } from "../../src/login/postman.ts";
import { Counters } from "../../src/metrics/counters.ts";
import { type Clock, sleep, systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type MailServer, relayOf, startMailServer } from "../support/mail-server.ts";

type Script = (mail: LoginMail, nth: number) => Promise<SendResult>;

const sent: Script = async () => ({ kind: "sent" });
const failed: Script = async () => ({ kind: "failed", cause: { code: "ESOCKET" } });
const refused: Script = async () => ({ kind: "refused", why: "unknown", cause: { responseCode: 550 } });
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
  const tries: { name: string; id: string; atMs: number }[] = [];
  const outcomes: [string, MailNews][] = [];
  const log = startLog();
  let mailerClosed = false;
  const mailer: Mailer = {
    send(mail, id) {
      tries.push({ name: mail.name, id, atMs: clock.elapsed() - startMs });
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
  const post = (name: string, isWanted = () => true) =>
    postman.post({ mail: mailTo(name), isWanted, told: (news) => outcomes.push([name, news]) });
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

  test("that a mail server takes only after five minutes, for it does not know us (greylisting), comes, and the person hears that it may take minutes", async () => {
    const { clock, tries, outcomes, post } = setup(async () =>
      clock.elapsed() < 5 * 60_000 ? { kind: "failed", cause: { responseCode: 451 } } : { kind: "sent" },
    );
    post("ann");
    await clock.advance(limits.mailLateMs - 1);
    expect(outcomes).toEqual([]);
    await clock.advance(1);
    expect(outcomes).toEqual([["ann", { kind: "late", problem: expect.stringMatching(/some minutes/) }]]);
    await clock.advance(7 * 60_000);
    expect(outcomes.slice(1)).toEqual([["ann", { kind: "sent" }]]);
    const pauses = tries.slice(1).map(({ atMs }, n) => atMs - (tries[n]?.atMs ?? 0));
    expect(pauses).toEqual([2_500, 5_000, 10_000, 20_000, 40_000, 75_000, 75_000, 75_000]);
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test("is tried for as long as its code is good, and not once the code is worth nothing any more", async () => {
    const { clock, tries, outcomes, post } = setup(failed);
    let isWanted = true;
    post("ann");
    post("eve", () => isWanted);
    await clock.advance(60_000);
    isWanted = false;
    await clock.advance(limits.codeValidMs);
    const triesOf = (name: string) => tries.filter((one) => one.name === name).map(({ atMs }) => atMs);
    expect(triesOf("eve").at(-1)).toBeLessThan(60_000);
    const last = triesOf("ann").at(-1) ?? 0;
    expect(last).toBeGreaterThan(limits.codeValidMs - 1.5 * limits.mailPauseMsMax);
    expect(last).toBeLessThan(limits.codeValidMs);
    expect(outcomes.filter(([, { kind }]) => kind !== "late")).toMatchObject([
      ["eve", { kind: "failed", permanent: false }],
      ["ann", { kind: "failed", permanent: false, problem: /try again/ }],
    ]);
    expect(clock.timers).toBe(0);
  });

  test.each([
    ["broken", "error", /server cannot send mail now.*log/],
    ["unanswered", "warn", /may still come/],
  ] as const)(
    "that is %s is not tried again, is in the log, and the person is told",
    async (kind, level, problem) => {
      const { clock, tries, outcomes, post, log } = setup(async () => ({ kind, cause: { code: "ETLS" } }));
      post("ann");
      await clock.settle();
      expect(tries).toHaveLength(1);
      expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: false, problem }]]);
      expect(log()).toContain(`"level":${level === "error" ? 50 : 40}`);
      expect(log()).toContain(`mail ${kind === "broken" ? "failed" : kind}`);
    },
  );

  test("is not tried again when the address was refused for good, and the person is told so", async () => {
    const { clock, tries, outcomes, post } = setup(refused);
    post("ann");
    await clock.advance(60_000);
    expect(tries).toHaveLength(1);
    expect(outcomes).toMatchObject([["ann", { kind: "failed", permanent: true }]]);
  });

  test("whose mailer never says what became of it is not tried again, for it may be sent", async () => {
    const { clock, tries, outcomes, post } = setup(never);
    post("ann");
    await clock.advance(limits.mailTimeoutMs + limits.mailAnswerMs);
    expect(tries).toHaveLength(1);
    expect(outcomes.map(([, { kind }]) => kind)).toEqual(["late", "failed"]);
  });

  test("whose mailer breaks is a try that failed, and the cause is in the log", async () => {
    const { clock, outcomes, post, log } = setup(() => Promise.reject(new Error("a bug")));
    post("ann");
    await clock.advance(limits.codeValidMs);
    expect(outcomes.at(-1)).toMatchObject(["ann", { kind: "failed", permanent: false }]);
    expect(log()).toContain("a bug");
  });

  test("whose outcome can't be told stops no other", async () => {
    const { clock, outcomes, postman, post, log } = setup(sent);
    const told = () => {
      throw new Error("nobody there");
    };
    postman.post({ mail: mailTo("eve"), isWanted: () => true, told });
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

  test("that wait for their next try hold up none", async () => {
    const { clock, outcomes, post } = setup((mail, nth) => (mail.name === "ann" ? sent : failed)(mail, nth));
    for (let n = 0; n < 3 * limits.mailsInFlight; n += 1) post(`grey ${n}`);
    post("ann");
    await clock.settle();
    expect(outcomes).toEqual([["ann", { kind: "sent" }]]);
  });

  test("that wait for their next try count among those that wait: over the limit more are refused", async () => {
    const { clock, post, postman } = setup(failed);
    for (let n = 0; n < limits.mailQueue; n += 1) {
      expect(post(`n${n}`)).toBe("queued");
      await clock.settle();
    }
    expect(postman.waiting).toBe(limits.mailQueue);
    expect(post("one more")).toBe("full");
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
    const hanging = Array.from({ length: limits.mailsInFlight + 2 }, (_, n) => `hangs ${n}`);
    for (const name of ["quick", ...hanging]) post(name);
    await clock.settle();
    postman.close();
    await clock.advance(limits.stopMailMs - 1);
    expect(mailerClosed()).toBe(false);
    await clock.advance(1);
    await life;
    expect(outcomes.map(([name, { kind }]) => [name, kind])).toEqual([
      ["quick", "sent"],
      ...hanging.map((name) => [name, "failed"]),
    ]);
    expect(tries).toHaveLength(1 + limits.mailsInFlight);
    expect(log()).toContain(`"mails":${hanging.length},"msg":"mails were not sent`);
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

/** A postman at work with a real mail server. */
function atWork(server: MailServer, clock: Clock, logger = startLog().logger) {
  const relay = relayOf(server.url);
  const mailer = smtpMailer({ relay, from: "plume@example.org", ehloName: () => undefined }, clock);
  const postman = new Postman({ counters: new Counters(), mailer, clock, random: systemRandom, logger });
  return { postman, life: postman.run() };
}

describe("a real mail server", () => {
  test("that answers slowly after DATA gets one mail, not three", async () => {
    await using server = await startMailServer();
    let answer = () => {};
    server.hold(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const clock = new FakeClock();
    const { postman, life } = atWork(server, clock);
    const news: MailNews[] = [];
    postman.post({ mail: mailTo("ann"), isWanted: () => true, told: (one) => news.push(one) });
    while (server.contents === 0) await sleep(systemClock, 10);
    await clock.advance(5 * 60_000);
    answer();
    expect((await server.next()).code).toBe("7K3QXM");
    while (news.length < 2) await sleep(systemClock, 10);
    expect(news.map(({ kind }) => kind)).toEqual(["late", "sent"]);
    expect([server.waiting, server.connections]).toEqual([0, 1]);
    postman.close();
    await life;
  });

  test("that refuses whom it does not know gets one mail once it takes it", async () => {
    await using server = await startMailServer();
    server.greylist(300);
    const clock = new FakeClock();
    const { postman, life } = atWork(server, clock);
    const news: MailNews[] = [];
    postman.post({ mail: mailTo("ann"), isWanted: () => true, told: (one) => news.push(one) });
    for (let tries = 1; server.waiting === 0; tries += 1) {
      while (server.connections < tries && server.waiting === 0) await sleep(systemClock, 10);
      await sleep(systemClock, 100); // for it to answer
      await clock.advance(limits.mailPauseMs * 2 ** tries);
    }
    while (news.at(-1)?.kind !== "sent") await sleep(systemClock, 10);
    expect(server.waiting).toBe(1);
    expect(server.connections).toBeGreaterThan(1);
    postman.close();
    await life;
  });
});

test("defect 35: the log has no code, no address and no name", async () => {
  await using server = await startMailServer();
  const log = startLog();
  const { postman, life } = atWork(server, systemClock, log.logger);
  server.failNext(550);
  const outcome = await new Promise<MailNews>((told) =>
    postman.post({ mail: mailTo("annabel"), isWanted: () => true, told }),
  );
  expect(outcome).toMatchObject({ kind: "failed", permanent: true });
  expect(log.text()).toContain('"responseCode":550');
  expect(log.text()).not.toMatch(/annabel|example\.com|7K3QXM/);
  postman.close();
  await life;
});
