import { describe, expect, test } from "vitest";
import { setStage } from "../browser/stage.ts";
import { devices, type Look, type Person } from "../browser/support.ts";

const stage = setStage({ PLUME_MESSAGES_PER_SECOND: "2", PLUME_MESSAGE_BURST: "6" });

type Looks = readonly [Look, ...Look[]];
const desktop: Looks = [
  { device: "desktop", colorScheme: "light" },
  { device: "desktop", colorScheme: "dark" },
];
const phone: Looks = [
  { device: "phone", colorScheme: "light" },
  { device: "narrowPhone", colorScheme: "dark" },
];
const kinds: [title: string, looks: Looks][] = [
  ["a desktop, light and dark", desktop],
  ["a phone, light, and a narrow one, dark", phone],
];

/** What a thumb may miss, as HTML. A check box is hit by its label. */
const smallTargets = `[...document.querySelectorAll(
    "button, input:not([type=checkbox]), label:has(input), select, textarea, .room-link",
  )].filter((target) => {
    const { width, height } = target.getBoundingClientRect();
    return target.checkVisibility({ visibilityProperty: true }) && width > 0 && height > 0 && height < 44;
  }).map(({ outerHTML }) => outerHTML)`;

/** In each of these looks axe finds nothing, nothing is wider than the screen, and a thumb can hit every button. */
async function expectGoodLooks(person: Person, looks: readonly Look[]): Promise<void> {
  for (const look of looks) {
    await person.wear(look);
    expect(await person.axe()).toEqual([]);
    expect(await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(await person.page.evaluate(smallTargets)).toEqual([]);
  }
}

describe.each(kinds)("on %s", (_, looks) => {
  test("defect 43: every step of logging in is fit to be used", async () => {
    const person = await stage.visit(`A guest with a ${looks[0].device}`, looks[0]);
    await expectGoodLooks(person, looks);
    await person.ask("", "nobody");
    await expectGoodLooks(person, looks);
    await person.ask();
    await person.code.waitFor();
    await expectGoodLooks(person, looks);
    await person.code.fill("wrong1");
    await person.page.getByText("tries left").waitFor();
    await expectGoodLooks(person, looks);
    await person.page.reload();
    await person.code.waitFor();
    await expectGoodLooks(person, looks);
  });

  test("the room is fit to be used, in good times and bad", async () => {
    const ada = await stage.enter("Ada", looks[0]);
    await expectGoodLooks(ada, looks);
    const bo = await stage.enter("Björn Åkesson with a name that does not end");
    await bo.say(`Look: https://example.org/${"a".repeat(90)} and ${"W".repeat(200)} مرحبا 👍`);
    await bo.say("Mail me: bo@example.org");
    await bo.say(Array.from({ length: 80 }, (__, n) => `line ${n}`).join("\n"));
    await ada.line("line 1").waitFor();
    await expectGoodLooks(ada, looks);
    await ada.page.evaluate("document.querySelector('.messages-scroller').scrollTop = 0");
    await ada.button("Go to the newest message").waitFor();
    await expectGoodLooks(ada, looks);
    await ada.say("é".repeat(32_769));
    await ada.page.getByRole("alert").waitFor();
    await expectGoodLooks(ada, looks);
    await ada.sayTooMuch();
    await expectGoodLooks(ada, looks);
    await ada.loseServerWhileSaying("Is this said?");
    await ada.status.getByText("No connection").waitFor();
    await expectGoodLooks(ada, looks);
    await stage.server.resume();
    await ada.hurry();
    await ada.button("Send it here").waitFor();
    await expectGoodLooks(ada, looks);
  });
});

test("with colours that the system forces, rooms, text and completion are fit to be used", async () => {
  const forced: Looks = [{ colorScheme: "dark" }];
  const ada = await stage.enter("Ada", forced[0]);
  await ada.page.emulateMedia({ forcedColors: "active" });
  await stage.enter("Bo");
  await ada.say("@Bo: `code` and example.org");
  await ada.line("and example.org").waitFor();
  await ada.composer.pressSequentially("@");
  await ada.page.getByRole("option", { name: "Bo" }).waitFor();
  await expectGoodLooks(ada, forced);
  await ada.composer.press("Escape");
  await ada.composer.fill("");
  await ada.composer.press("ArrowUp");
  await ada.button("Cancel").waitFor();
  await expectGoodLooks(ada, forced);
});

describe.each(kinds)("beside the conversation, on %s", (_, looks) => {
  test("rooms, people and settings are fit to be used", async () => {
    const ada = await stage.enter("Ada", looks[0]);
    const isWide = looks === desktop;
    await ada.goTo("a-room-with-a-long-name-for-a-narrow-one");
    await ada.say("Change me");
    await ada.line("Change me").locator(".line-actions button").click();
    await expectGoodLooks(ada, looks);
    await ada.button("Delete").click();
    await ada.button("Undo").waitFor();
    expect(await ada.axe()).toEqual([]);
    if (!isWide) await ada.button(/^Show the rooms/).click();
    await ada.room("lobby").waitFor();
    await expectGoodLooks(ada, looks);
    if (!isWide) {
      await ada.page.keyboard.press("Escape");
      await ada.button(/here$/).click();
      await ada.button("Leave room").waitFor();
      await expectGoodLooks(ada, looks);
      await ada.page.keyboard.press("Escape");
    }
    await ada.button("Settings").click();
    await ada.page.getByText("This one, in use now", { exact: true }).waitFor();
    await expectGoodLooks(ada, looks);
    await ada.button("Log out everywhere").click();
    await ada.button("Stay logged in").waitFor();
    await expectGoodLooks(ada, looks);
    await ada.page.keyboard.press("Escape");
    await ada.disconnect();
    await ada.status.getByText("No connection").waitFor();
    await ada.logOut();
    await ada.page.getByText("The server could not be told yet").waitFor();
    await expectGoodLooks(ada, looks);
  });
});

test("the page asks for nothing from anywhere else", async () => {
  const context = await stage.browser.newContext({ ...devices.desktop });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto(stage.server.url, { waitUntil: "networkidle" });
  expect(new Set(asked)).toEqual(new Set([stage.server.url]));
  for (const path of ["/favicon.svg", "/manifest.webmanifest"]) {
    expect((await fetch(stage.server.url + path)).status).toBe(200);
  }
  await context.close();
});

test("without JavaScript there is a sentence", async () => {
  const context = await stage.browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(stage.server.url);
  expect(await page.locator("noscript").textContent()).toContain("needs JavaScript");
  await context.close();
});
