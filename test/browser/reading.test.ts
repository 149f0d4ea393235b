import * as v from "valibot";
import { beforeEach, expect, test } from "vitest";
import type { SocketClient } from "../support/socket-client.ts";
import { setStage } from "./stage.ts";
import { flood, type Person } from "./support.ts";

const stage = setStage({ PLUME_MESSAGES_PER_SECOND: "0" });
let ada: Person;
let bo: SocketClient;

beforeEach(async () => {
  [ada, bo] = await Promise.all([stage.enter("Ada"), stage.join("Bo")]);
});

const scroller = "document.querySelector('.messages-scroller')";
const distanceToEnd = async () =>
  Number(
    await ada.page.evaluate(`(({ scrollHeight, scrollTop, clientHeight }) =>
    Math.round(scrollHeight - scrollTop - clientHeight))(${scroller})`),
  );

test("the list follows only a reader at its end; the others see how much is new", async () => {
  bo.say(Array.from({ length: 20 }, (_, n) => `poem, line ${n}`).join("\n"));
  bo.say(Array.from({ length: 20 }, (_, n) => `song, line ${n}`).join("\n"));
  await ada.line("song, line 19").waitFor();
  await expect.poll(distanceToEnd).toBeLessThan(2);
  await ada.page.evaluate(`${scroller}.scrollTop = 40`);
  await ada.button("Go to the newest message").waitFor();
  bo.say("One more.");
  await ada.button("1 new message").waitFor();
  bo.say("And another.");
  expect(await ada.page.evaluate(`${scroller}.scrollTop`)).toBe(40);
  await ada.button("2 new messages").click();
  await ada.page.waitForFunction(`document.querySelector(".to-end") === null`);
  await expect.poll(distanceToEnd).toBeLessThan(2);
});

test.each(["each frame", "slow frames"])(
  "whoever says something sees it, wherever they were: %s",
  async (frames) => {
    bo.say(Array.from({ length: 60 }, (_, n) => `${frames} ${n}`).join("\n"));
    await ada.line(`${frames} 1`).waitFor();
    await ada.page.evaluate(`${scroller}.scrollTop = 0`);
    await ada.button("Go to the newest message").waitFor();
    if (frames === "slow frames") await ada.drawSlowly();
    await ada.say(`Here I am: ${frames}.`);
    await ada.line(`Here I am: ${frames}.`).waitFor();
    await expect.poll(distanceToEnd).toBeLessThan(2);
  },
);

test("whoever asks for the newest message gets there, even while an earlier scroll still glides", async () => {
  await flood(stage.server, ada, "flood", 200);
  await ada.page.evaluate(`${scroller}.focus()`);
  await ada.page.keyboard.press("Home");
  await ada.page.evaluate(`new Promise((clicked) => {
    const look = () => {
      const button = document.querySelector(".to-end");
      if (button) clicked(button.click());
      else requestAnimationFrame(look);
    };
    look();
  })`);
  await ada.page.waitForTimeout(1000);
  await expect.poll(distanceToEnd).toBeLessThan(2);
  await expect(ada.button("Go to the newest message").count()).resolves.toBe(0);
});

test("what is written from right to left is shown so, and names, code and links in it as they are", async () => {
  bo.say("مرحبا @Ada! `npm run` https://example.org/a");
  await ada.line("مرحبا").waitFor();
  const direction = (selector: string) =>
    ada.page.evaluate(
      `getComputedStyle([...document.querySelectorAll(".message ${selector}")].at(-1)).direction`,
    );
  expect(await direction("p[dir]")).toBe("rtl");
  expect(await Promise.all([".mention", "code", "a"].map(direction))).toEqual(["ltr", "ltr", "ltr"]);
});

test("what is new since one was here is marked, and read from there: after a reload, and in another room", async () => {
  const mark = ada.page.getByText("New since you were here");
  const isInView = async () => {
    const [line, list] = await Promise.all([mark.boundingBox(), ada.page.locator("#messages").boundingBox()]);
    return line !== null && list !== null && line.y >= list.y && line.y < list.y + list.height / 2;
  };
  const last = Array.from({ length: 40 }, (_, n) => `news, line ${n}`).join("\n");
  bo.say("Seen before.");
  await ada.line("Seen before.").waitFor();
  expect(await mark.count()).toBe(0);
  const { url } = stage.server;
  await ada.page.goto(`${url}/favicon.svg`);
  for (const text of ["First news", last, "The newest"]) bo.say(text);
  await ada.page.goto(url);
  await mark.waitFor();
  await expect.poll(isInView).toBe(true);
  expect(await ada.log.locator(".new-mark + .message .text p").first().textContent()).toBe("First news");
  await ada.button("3 new messages").click();
  await expect.poll(distanceToEnd).toBeLessThan(2);

  await ada.goTo("cloakroom");
  for (const text of ["More news", `${last} more`, "The very newest"]) bo.say(text);
  await ada.room("lobby, 3 unread messages").click();
  await expect.poll(isInView).toBe(true);
  expect(await ada.log.locator(".new-mark + .message .text p").first().textContent()).toBe("More news");
  expect(await mark.count()).toBe(1);
  await ada.button("3 new messages").click();
  await expect.poll(distanceToEnd).toBeLessThan(2);
  await ada.room("cloakroom").click();
  await ada.room("lobby").click();
  await ada.line("The very newest").waitFor();
  expect(await mark.count()).toBe(0);
  expect(await distanceToEnd()).toBeLessThan(2);
});

test("names that are written from right to left stay in their place in a sentence that is not", async () => {
  const other = await stage.enter("עדה");
  const places = (sentence: string) =>
    ada.page.evaluate(`(() => {
      const found = [...document.querySelectorAll("${sentence}")].at(-1);
      const name = found.querySelector("bdi");
      const rest = document.createRange();
      rest.selectNodeContents(name.nextSibling);
      const [here, there] = [name.getBoundingClientRect(), rest.getBoundingClientRect()];
      return [getComputedStyle(found).direction, getComputedStyle(name).direction, here.left < there.left];
    })()`);
  await ada.line("עדה came in").waitFor();
  expect(await places(".quiet-line p")).toEqual(["ltr", "rtl", true]);
  await other.composer.pressSequentially("Hm");
  await ada.page.getByText("עדה is typing…").waitFor();
  expect(await places(".typing")).toEqual(["ltr", "rtl", true]);
});

test("the days of a page that is left open move at this person’s midnight, in the zone they are in", async () => {
  bo.say("Good night.");
  await ada.line("Good night.").waitFor();
  const session = await ada.page.context().newCDPSession(ada.page);
  const day = ada.log.locator(".day time").last();
  for (const [zone, days, name] of [
    ["Pacific/Niue", 0, "Today"],
    ["Pacific/Kiritimati", 0, "Today"],
    ["Pacific/Kiritimati", 1, "Yesterday"],
  ] as const) {
    await session.send("Emulation.setTimezoneOverride", { timezoneId: zone });
    await ada.page.evaluate(`globalThis.realNow ??= Date.now;
      Date.now = () => realNow() + ${days} * 86_400_000;
      document.dispatchEvent(new Event("visibilitychange"));`);
    const date = new Intl.DateTimeFormat("sv", { timeZone: zone }).format(Date.now());
    await expect.poll(() => day.getAttribute("datetime")).toBe(date);
    await expect.poll(() => day.textContent()).toBe(name);
  }
});

test("a screen reader hears what is new, and no history", async () => {
  await flood(stage.server, ada, "stanza", 130);
  const eve = await stage.enter("Eve");
  await eve.line("stanza 129;").waitFor();
  // Who was here in other tests may leave now, which is told as well.
  const heard = async () =>
    (await eve.page.locator("[aria-live=polite] p").allTextContents()).filter((told) => told.includes(":"));
  expect(await eve.log.getAttribute("aria-live")).toBe("off");
  expect(await heard()).toEqual([]);
  await eve.page.evaluate(`${scroller}.scrollTop = 0`);
  await eve.line("stanza 20;").waitFor();
  bo.say("Now.");
  await expect.poll(heard).toEqual(["Bo: Now."]);
  await eve.disconnect();
  await eve.status.getByText("No connection").waitFor();
  bo.say("Missed.");
  await eve.reconnect();
  await eve.hurry();
  await eve.line("Missed.").waitFor();
  bo.say("And now.");
  await expect.poll(heard).toEqual(["Bo: Now.", "Bo: And now."]);
});

/** What translators of browsers do: they put other nodes in the place of the text, where they may. */
const translate = `{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (texts.nextNode()) all.push(texts.currentNode);
  for (const text of all) {
    if (!text.parentElement.translate || text.data.trim() === "") continue;
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.textContent = "[" + text.data + "]";
    outer.append(inner);
    text.replaceWith(outer);
  }
}`;

test("a browser may translate what people say, and nothing of it stays when it changes", async () => {
  await ada.say(Array.from({ length: 30 }, (_, n) => `verse ${n};`).join("\n"));
  await ada.say("Grean @Bo `code`");
  await ada.line("Grean").waitFor();
  await ada.page.evaluate(translate);
  const line = () => ada.log.locator(".message .text p[dir]").last().textContent();
  expect(await line()).toBe("[Grean ]@Bo code");
  expect(await ada.button("[Send]").count()).toBe(0);

  await ada.composer.press("ArrowUp");
  await ada.composer.fill("Green @Bo, and more");
  await ada.page.evaluate(translate);
  await ada.composer.press("Enter");
  await ada.line("Green").getByText("edited").waitFor();
  expect(await line()).toBe("Green @Bo, and more");
  await ada.button(/^Show all of it/).click();
  await ada.line("verse 29;").waitFor();
  await ada.page.evaluate(translate);
  await ada.button("Show less").click();
  await ada.button(/^Show all of it/).waitFor();
  expect(await ada.line("verse 0;").locator("p[dir]").textContent()).toMatch(/^verse 0;.*verse 23;…$/s);

  await ada.page.evaluate(translate);
  await ada.say("One more");
  await ada.line("One more").waitFor();
  await ada.goTo("library");
  await ada.page.evaluate(translate);
  await ada.room("lobby").click();
  await ada.line("One more").waitFor();
  expect(await ada.transcript()).toContain("Green @Bo, and more");
});

test("on paper there is the conversation, all of it that is loaded, with names and times", async () => {
  await ada.wear({ colorScheme: "dark" });
  const verses = Array.from({ length: 60 }, (_, n) => `canto ${n}`);
  for (const text of [verses.join("\n"), "Short", verses.join(" and\n")]) bo.say(text);
  await ada.line("canto 0 and").waitFor();
  await ada.page.emulateMedia({ media: "print", colorScheme: "dark" });
  await ada.page.evaluate("dispatchEvent(new Event('beforeprint'))");
  const seen = async (selector: string) =>
    await ada.page.locator(selector).evaluateAll((all) => all.filter((one) => one.checkVisibility()).length);
  expect(
    await seen(".side, .composer, .chat-header button, .typing, .line-actions, .status-bar, .to-end"),
  ).toBe(0);
  expect(await seen(".room-title, .message .name bdi")).toBeGreaterThan(1);
  const times = ada.log.locator(".message .time");
  expect(await seen(".message .time")).toBe(await times.count());
  for (const time of await times.all()) expect((await time.boundingBox())?.width).toBeGreaterThan(20);
  expect((await ada.transcript()).slice(-3)).toEqual([verses.join("\n"), "Short", verses.join(" and\n")]);
  expect(
    await ada.page.evaluate(`(() => {
    const [first] = document.querySelectorAll(".message-list > li");
    const list = document.querySelector("#messages");
    return list.scrollHeight <= list.clientHeight && first.getBoundingClientRect().top >= 0
      && getComputedStyle(document.documentElement).backgroundColor;
  })()`),
  ).toBe("rgb(255, 255, 255)");
  const pdf = await ada.page.pdf();
  expect(pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(2);
  await ada.page.emulateMedia({ media: "screen" });
  await ada.page.evaluate("dispatchEvent(new Event('afterprint'))");
  await ada
    .button(/^Show all of it/)
    .first()
    .waitFor();
});

test("the title counts what was said while nobody looked", async () => {
  await ada.page.evaluate("document.hasFocus = () => false");
  bo.say("Psst.");
  bo.say("Are you there?");
  await ada.line("Are you there?").waitFor();
  await ada.page.waitForFunction("document.title === '(2) Plume'");
  await ada.page.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))");
  expect(await ada.page.title()).toBe("Plume");
});

test("a flood of a thousand lines and more stays a thousand, in order, and the others can be had again", async () => {
  await stage.browser.startTracing(ada.page, { categories: ["toplevel"] });
  await flood(stage.server, ada, "flood", 1100);
  const trace = await stage.browser.stopTracing();
  expect(await ada.log.locator("li:not(.day)").count()).toBeLessThanOrEqual(1000);
  expect((await ada.transcript()).slice(-900)).toEqual(
    Array.from({ length: 900 }, (_, n) => `flood ${n + 200};`),
  );
  const longest = longestTaskMs(trace);
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(500);
});

const traced = v.object({
  traceEvents: v.array(v.object({ name: v.string(), tdur: v.optional(v.number(), 0) })),
});

/** The longest task of any thread, in CPU time: what else this machine does makes none of them longer. */
function longestTaskMs(trace: Buffer): number {
  const { traceEvents } = v.parse(traced, JSON.parse(trace.toString()));
  const tasks = traceEvents.filter(({ name }) => name === "ThreadControllerImpl::RunTask");
  return Math.max(...tasks.map(({ tdur }) => tdur)) / 1000;
}

test("older messages come on scrolling up, and what is read stays where it is", async () => {
  await flood(stage.server, ada, "verse", 130);
  const eve = await stage.enter("Eve");
  // One that is in view then; the very oldest changes its looks when it gets a neighbour above.
  const read = (await eve.transcript())[9] ?? "";
  await eve.page.evaluate(`${scroller}.scrollTop = 150`);
  const before = await eve.line(read).boundingBox();
  await eve.line("verse 20;").waitFor();
  const after = await eve.line(read).boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(3);
  await eve.page.evaluate(`${scroller}.scrollTop = 0`);
  await eve.line("verse 0;").waitFor();
  await eve.button("Go to the newest message").waitFor();
});

test("what is read stays where it is at the very top, where the day’s heading gives way to older messages", async () => {
  await flood(stage.server, ada, "strophe", 130);
  const eve = await stage.enter("Eve");
  const read = (await eve.transcript())[1] ?? "";
  // At once, before older ones can come.
  const before = await eve.page.evaluate(`(() => {
    ${scroller}.scrollTop = 0;
    return document.querySelectorAll(".message")[1].getBoundingClientRect().top;
  })()`);
  await eve.line("strophe 20;").waitFor();
  const after = await eve.line(read).boundingBox();
  expect(Math.abs((after?.y ?? 0) - Number(before))).toBeLessThan(48); // the line above may lose its name
});
