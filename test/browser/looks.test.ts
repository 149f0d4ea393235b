import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { devices, type Look, openBrowser, Person } from "./support.ts";

vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
let server: RunningServer;

beforeAll(async () => {
  const env = { PLUME_MESSAGES_PER_SECOND: "2", PLUME_MESSAGE_BURST: "6" };
  [browser, server] = await Promise.all([openBrowser(), startServer({ env })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const looks: [title: string, look: Look][] = [
  ["a desktop, light", { device: "desktop", colorScheme: "light" }],
  ["a desktop, dark", { device: "desktop", colorScheme: "dark" }],
  ["a phone, light", { device: "phone", colorScheme: "light" }],
  ["a narrow phone, dark", { device: "narrowPhone", colorScheme: "dark" }],
];

/** Axe finds nothing, nothing is wider than the screen, and a thumb can hit every button. */
async function expectGoodLooks(person: Person): Promise<void> {
  expect(await person.axe()).toEqual([]);
  expect(await person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  // A check box is hit by its label.
  const targets = "button, input:not([type=checkbox]), label:has(input), select, textarea, .room-link";
  for (const target of await person.page.locator(targets).filter({ visible: true }).all()) {
    const box = await target.boundingBox();
    // A button may go while this looks: the time to try again has come.
    if (box !== null) expect(box.height, String(await target.textContent())).toBeGreaterThanOrEqual(44);
  }
}

describe.each(looks)("on %s", (_, look) => {
  test("defect 43: every step of logging in is fit to be used", async () => {
    const person = await Person.visit(
      browser,
      server,
      `Guest ${looks.findIndex(([, other]) => other === look)}`,
      look,
    );
    await expectGoodLooks(person);
    await person.ask("", "nobody");
    await expectGoodLooks(person);
    await person.ask();
    await person.code.waitFor();
    await expectGoodLooks(person);
    await person.code.fill("wrong1");
    await person.page.getByText("tries left").waitFor();
    await expectGoodLooks(person);
    await person.page.reload();
    await person.code.waitFor();
    await expectGoodLooks(person);
    await person.leave();
    expect(person.faults).toEqual([]);
  });

  test("the room is fit to be used, in good times and bad", async () => {
    const ada = await Person.enter(browser, server, "Ada", look);
    await expectGoodLooks(ada);
    const bo = await Person.enter(browser, server, "Björn Åkesson with a name that does not end");
    await bo.say(`Look: https://example.org/${"a".repeat(90)} and ${"W".repeat(200)} مرحبا 👍`);
    await bo.say("Mail me: bo@example.org");
    await bo.say(Array.from({ length: 80 }, (__, n) => `line ${n}`).join("\n"));
    await ada.line("line 1").waitFor();
    await expectGoodLooks(ada);
    await ada.page.evaluate("document.querySelector('.messages-scroller').scrollTop = 0");
    await ada.button("Go to the newest message").waitFor();
    await expectGoodLooks(ada);
    await ada.say("é".repeat(32_769));
    await ada.page.getByRole("alert").waitFor();
    await expectGoodLooks(ada);
    await ada.sayTooMuch();
    await expectGoodLooks(ada);
    await ada.loseServerWhileSaying("Is this said?");
    await ada.status.getByText("No connection").waitFor();
    await expectGoodLooks(ada);
    await server.resume();
    await ada.outgoing.getByText("waiting for the connection").first().waitFor({ state: "detached" });
    await Promise.all([ada.leave(), bo.leave()]);
    expect([...ada.faults, ...bo.faults]).toEqual([]);
  });
});

test("with colours that the system forces, rooms, text and completion are fit to be used", async () => {
  const ada = await Person.enter(browser, server, "Ada", { colorScheme: "dark" });
  await ada.page.emulateMedia({ forcedColors: "active" });
  const bo = await Person.enter(browser, server, "Bo");
  await ada.say("@Bo: `code` and example.org");
  await ada.line("and example.org").waitFor();
  await ada.composer.pressSequentially("@");
  await ada.page.getByRole("option", { name: "Bo" }).waitFor();
  await expectGoodLooks(ada);
  await ada.composer.press("Escape");
  await ada.composer.fill("");
  await ada.composer.press("ArrowUp");
  await ada.button("Cancel").waitFor();
  await expectGoodLooks(ada);
  await Promise.all([ada.leave(), bo.leave()]);
  expect([...ada.faults, ...bo.faults]).toEqual([]);
});

describe.each(looks)("beside the conversation, on %s", (_, look) => {
  test("rooms, people and settings are fit to be used", async () => {
    const ada = await Person.enter(browser, server, "Ada", look);
    const isWide = look.device === "desktop";
    await ada.goTo("a-room-with-a-long-name-for-a-narrow-one");
    await ada.say("Change me");
    await ada.line("Change me").locator(".line-actions button").click();
    await expectGoodLooks(ada);
    if (!isWide) await ada.button(/^Show the rooms/).click();
    await ada.room("lobby").waitFor();
    await expectGoodLooks(ada);
    if (!isWide) {
      await ada.page.keyboard.press("Escape");
      await ada.button(/here$/).click();
      await ada.button("Leave room").waitFor();
      await expectGoodLooks(ada);
      await ada.page.keyboard.press("Escape");
    }
    await ada.button("Settings").click();
    await ada.button("Log out").waitFor();
    await expectGoodLooks(ada);
    await ada.leave();
    expect(ada.faults).toEqual([]);
  });
});

test("the page asks for nothing from anywhere else", async () => {
  const context = await browser.newContext({ ...devices.desktop });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto(server.url, { waitUntil: "networkidle" });
  expect(new Set(asked)).toEqual(new Set([server.url]));
  for (const path of ["/favicon.svg", "/manifest.webmanifest"]) {
    expect((await fetch(server.url + path)).status).toBe(200);
  }
  await context.close();
});

test("without JavaScript there is a sentence", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url);
  expect(await page.locator("noscript").textContent()).toContain("needs JavaScript");
  await context.close();
});
