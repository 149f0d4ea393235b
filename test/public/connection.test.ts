import { beforeEach, describe, expect, test } from "vitest";
import { backoffMs } from "../../public/backoff.ts";
import { bounds } from "../../public/bounds.ts";
import { onWake } from "../../public/wake.ts";
import { Type } from "../../src/protocol/v2.ts";
import { textEntry, Visit } from "./support.ts";

let visit: Visit;

beforeEach(() => {
  visit = new Visit();
  visit.enter();
  visit.world.socket.line(1, "Bo", "before");
});

const link = () => visit.page.link.value.kind;

/** What Bo said while the page heard nothing comes after a Join that says where it was. */
function expectAllMissed(): void {
  visit.comeBack();
  expect(visit.world.socket.sent.at(-1)).toEqual({
    ...{ type: Type.Join, room: "lobby" },
    since: { epoch: "e1", seq: 1 },
  });
  visit.world.socket.joined({ from: 1, last: 3 });
  visit.world.socket.say(textEntry(2, "Bo", "missed"), textEntry(3, "Bo", "this too"));
  expect(visit.lines).toEqual(["before", "missed", "this too"]);
}

describe("a socket that looks open and is dead", () => {
  test("is told within 15 s where nothing happens at all, and then everything missed is shown", () => {
    visit.world.socket.isDead = true;
    visit.world.pass(14_999);
    expect(link()).not.toBe("open");
    expectAllMissed();
  });

  test("is told 14 s after a line that nobody heard at the latest, and the line is said once", () => {
    visit.world.pass(7000);
    visit.world.socket.isDead = true;
    visit.say("Hello?");
    visit.world.pass(14_000);
    expect(link()).not.toBe("open");
    expect(visit.waiting).toEqual(["waiting: Hello?"]);
    visit.comeBack();
    visit.world.socket.joined({ from: 1, last: 1 });
    expect(visit.spoken).toEqual(["Hello?"]);
  });

  test.each([
    ["the network is back", () => visit.page.hurrySpread()],
    ["someone looks", () => visit.page.hurry()],
  ])("is told within 7 s when %s", (_, happens) => {
    visit.world.pass(1000);
    visit.world.socket.isDead = true;
    happens();
    visit.world.pass(7000);
    expect(link()).not.toBe("open");
    expectAllMissed();
  });

  test("is told within 10 s of a wake, whether or not the browser says anything", () => {
    onWake(visit.world, () => visit.page.hurrySpread());
    visit.world.pass(1000);
    visit.world.socket.isDead = true;
    visit.world.sleep(8 * 3_600_000);
    visit.world.pass(10_000);
    expect(link()).not.toBe("open");
    expectAllMissed();
  });

  test("before the login is told as well, and the code that is typed meanwhile goes to the next one", () => {
    visit = new Visit();
    visit.page.happened({ kind: "ask", name: "Ada", email: "ada@example.org" });
    visit.world.socket.accept();
    visit.world.socket.say({
      type: Type.HelloAck,
      attempt: "a1",
      validMs: 600_000,
      taken: false,
      sentBy: "mail",
    });
    visit.world.socket.isDead = true;
    visit.page.happened({ kind: "submit", code: "ABC123" });
    visit.world.pass(15_000);
    visit.world.socket.accept();
    expect(visit.world.socket.sent).toMatchObject([{ type: Type.Auth, text: "ABC123", attempt: "a1" }]);
  });
});

describe("a connection that stands", () => {
  test("is asked after 8 s of silence, again and again, and is kept", () => {
    visit.world.pass(10 * 60_000);
    expect([link(), visit.world.sockets.length]).toEqual(["open", 1]);
    expect(visit.world.socket.pings).toBe(Math.floor((10 * 60_000) / bounds.silenceMs));
  });

  test("is not asked while others talk", () => {
    for (let n = 2; n < 100; n += 1) {
      visit.world.pass(bounds.silenceMs - 1);
      visit.world.socket.line(n, "Bo", "and on");
    }
    expect(visit.world.socket.pings).toBe(0);
  });

  test("is asked once, however often something happens before the answer, and any answer will do", () => {
    visit.world.socket.isDead = true;
    for (let n = 0; n < 5; n += 1) visit.page.hurry();
    expect(visit.world.socket.pings).toBe(1);
    visit.world.pass(bounds.pongMs - 1);
    visit.world.socket.line(2, "Bo", "slow but there");
    visit.world.pass(bounds.pongMs - 1);
    expect(link()).toBe("open");
  });

  test("is kept when the clock is set back or ahead", () => {
    onWake(visit.world, () => visit.page.hurrySpread());
    for (const jumpMs of [3_600_000, -7_200_000]) {
      visit.world.sleep(jumpMs);
      visit.world.pass(60_000);
    }
    expect([link(), visit.world.sockets.length]).toEqual(["open", 1]);
    visit.world.socket.isDead = true;
    visit.world.pass(15_000);
    expect(link()).not.toBe("open");
  });
});

describe("coming back", () => {
  /** A server that is away: each try fails at once. When those were, in ms since the loss. */
  function triesFor(ms: number): number[] {
    const lostAt = visit.world.time;
    const tries: number[] = [];
    visit.world.socket.close(1006);
    while (visit.world.time - lostAt < ms) {
      const link = visit.page.link.value;
      if (link.kind !== "waiting") throw new Error(`the page does not wait: ${link.kind}`);
      visit.world.pass(link.until - visit.world.time);
      tries.push(visit.world.time - lostAt);
      visit.world.socket.close(1006);
    }
    return tries;
  }
  const pauses = (tries: number[]) => tries.slice(1).map((at, n) => at - (tries[n] ?? 0));

  test("a server that was down for 12 s, or for minutes, is found within 3 s", () => {
    visit.world.chance = 0.999_999;
    const tries = triesFor(150_000);
    expect(tries[0]).toBeLessThanOrEqual(bounds.backoffFirstMs);
    expect(Math.max(...pauses(tries))).toBeLessThanOrEqual(3000);
  });

  test("a server that was down for longer is found within a sixtieth of that, and within half a minute", () => {
    visit.world.chance = 0.999_999;
    const tries = triesFor(3 * 3_600_000);
    for (const [n, pause] of pauses(tries).entries()) {
      expect(pause).toBeLessThanOrEqual(Math.max(2500, (tries[n] ?? 0) / 60));
      expect(pause).toBeLessThanOrEqual(30_000);
    }
    expect(pauses(tries).at(-1)).toBeGreaterThan(29_000);
  });

  test("a server that is not there is not asked without a pause", () => {
    visit.world.chance = 0.001;
    expect(Math.min(...pauses(triesFor(60_000)))).toBeGreaterThanOrEqual(500);
  });

  test("1,000 pages of a server that was down for 12 s come back within 3 s of it, and never more than 80 in 100 ms", () => {
    const downMs = 12_000;
    const back = Array.from({ length: 1000 }, (_, page) => {
      let at = 0;
      for (let tries = 0; at < downMs; tries += 1) at += backoffMs(at, "now", chanceOf(page, tries));
      return at - downMs;
    });
    expect(Math.max(...back)).toBeLessThan(3000);
    const inEach = new Map<number, number>();
    for (const ms of back) inEach.set(Math.floor(ms / 100), (inEach.get(Math.floor(ms / 100)) ?? 0) + 1);
    expect(Math.max(...inEach.values())).toBeLessThanOrEqual(80);
  });

  test("a machine that wakes, a network that is back and someone who looks do not wait for the next try", () => {
    onWake(visit.world, () => visit.page.hurrySpread());
    visit.world.chance = 0.999;
    for (const happens of [
      () => visit.world.sleep(3_600_000),
      () => visit.page.hurrySpread(),
      () => visit.page.hurry(),
    ]) {
      triesFor(600_000);
      const { length } = visit.world.sockets;
      happens();
      visit.world.pass(bounds.sleepCheckMs + bounds.wakeSpreadMs);
      expect(visit.world.sockets).toHaveLength(length + 1);
      visit.comeBack();
      visit.world.pass(bounds.steadyAfterMs);
    }
  });

  test("one try at a time, but one that the network may have lost is not waited for", () => {
    visit.world.socket.close(1006);
    visit.page.hurry();
    visit.page.hurry();
    expect(visit.world.sockets).toHaveLength(2);
    visit.world.pass(bounds.openingMs);
    visit.page.hurry();
    expect(visit.world.sockets).toHaveLength(3);
    expect(visit.world.sockets[1]?.closed).toBe(true);
  });

  test("pages behind one network that is back do not come all at once", () => {
    visit.world.chance = 0.001;
    triesFor(60_000);
    const { length } = visit.world.sockets;
    visit.world.chance = 0.999;
    visit.page.hurrySpread();
    visit.world.pass(bounds.wakeSpreadMs / 2);
    expect(visit.world.sockets).toHaveLength(length);
    visit.world.pass(bounds.wakeSpreadMs / 2);
    expect(visit.world.sockets).toHaveLength(length + 1);
  });
});

describe("a server that is there, where no socket opens", () => {
  /** As a socket fails that never opened. */
  async function fail(times = 1): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      visit.world.pass(bounds.backoffMaxMs);
      visit.world.socket.close(1006);
      await Promise.resolve();
      await Promise.resolve();
    }
  }
  const reason = () => (visit.page.link.value.kind === "waiting" ? visit.page.link.value.reason : undefined);
  const refused =
    "This server does not let pages from http://chat.lan:4884 connect. Whoever runs it can change that: " +
    "add http://chat.lan:4884 to PLUME_ORIGINS.";

  beforeEach(() => {
    visit.world.socket.close(1006);
    visit.world.answer = "refuses the origin";
  });

  test("refuses the page’s origin: says so with the setting and the value, and tries less often", async () => {
    await fail();
    expect(reason()).toBe(refused);
    const { length } = visit.world.sockets;
    visit.world.pass(bounds.backoffLaterMs - 1);
    expect(visit.world.sockets).toHaveLength(length);
    visit.world.pass(bounds.backoffMaxMs);
    expect(visit.page.link.value).toMatchObject({ kind: "connecting", after: refused }); // said on and on
    visit.world.answer = "unknown";
    await fail();
    expect(reason()).toBe("");
  });

  test("is back to normal when a socket opens", async () => {
    await fail();
    visit.comeBack();
    visit.world.socket.close(1006);
    expect(reason()).toBe("");
  });

  test("lets none through, as behind a proxy that does not pass on Upgrade: says so when it was so three times", async () => {
    visit.world.answer = "there";
    await fail(bounds.timesThere - 1);
    expect(reason()).toBe("");
    await fail();
    expect(reason()).toMatch(/no WebSocket gets through/);
  });
});

/** Spread as chance is, and the same each time. */
function chanceOf(page: number, tries: number): number {
  return (page * 0.618_033_988_75 + tries * 0.754_877_666_25 + page * tries * 0.569_840_290_998) % 1;
}
