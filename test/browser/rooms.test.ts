import { beforeEach, describe, expect, test } from "vitest";
import { setStage } from "./stage.ts";
import type { Person } from "./support.ts";

const stage = setStage();
let ada: Person;
let bo: Person;

beforeEach(async () => {
  [ada, bo] = await Promise.all([stage.enter("Ada"), stage.enter("Bo", { device: "phone" })]);
});

describe("rooms", () => {
  test("are made by their name; what is said elsewhere is counted, and one’s name is marked", async () => {
    await ada.composer.fill("for the lobby");
    await ada.goTo("kitchen-table");
    expect(new URL(ada.page.url()).hash).toBe("#kitchen-table");
    expect(await ada.composer.inputValue()).toBe("");
    await bo.say("Hello");
    await ada.room("lobby, 1 unread message").waitFor();
    await expect.poll(() => ada.page.title()).toBe("(1) Plume");
    await bo.say("Where is @Ada?");
    await ada.room("lobby, 2 unread messages, your name is mentioned").click();
    expect(await ada.line("Where is").locator(".own-mention").textContent()).toBe("@Ada");
    expect(await ada.page.title()).toBe("Plume");
    expect(await ada.composer.inputValue()).toBe("for the lobby");
    await ada.page.goBack();
    await ada.button("Leave room").click();
    await ada.page.getByRole("heading", { name: "lobby", level: 1 }).waitFor();
    await ada.room("kitchen").waitFor({ state: "detached" });
  });

  test("that cannot be are refused under the field, and nothing is made", async () => {
    const field = ada.page.getByLabel("Another room");
    const remark = ada.page.locator("#new-room-remark");
    for (const [name, why] of [
      ["UX & Design", "A room’s name can’t have & in it."],
      ["🎉", "A room’s name can’t have 🎉 in it."],
      ["x".repeat(60), "That name is too long: 40 characters at most."],
    ] as const) {
      await field.fill(name);
      await ada.button("Go there").click();
      await remark.getByText(why).waitFor();
      expect(await field.inputValue()).toBe(name);
      await expect.poll(() => ada.focused()).toBe("Another room");
    }
    await ada.page.goto(`${stage.server.url}/#${"x".repeat(60)}`);
    await ada.page.getByRole("alert").getByText("That name is too long").waitFor();
    expect(new URL(ada.page.url()).hash).toBe("#lobby");
    expect(await ada.page.locator(".room-link").allTextContents()).toEqual(["lobby"]);
  });

  test("for the invited only let nobody else in, and the invited by a link", async () => {
    await ada.page.getByLabel("Another room").fill("den");
    await ada.page.getByLabel("For the invited only").check();
    await ada.button("Go there").click();
    await ada.say("Psst");
    await ada.line("Psst").waitFor();
    await bo.goTo("den");
    await bo.page.getByRole("alert").getByText("this room is private", { exact: false }).waitFor();
    expect(await bo.composer.count()).toBe(0);
    expect(await bo.axe()).toEqual([]);
    await bo.button("Ask again").click();
    await bo.page.getByRole("alert").getByText("this room is private", { exact: false }).waitFor();
    await bo.page.reload();
    await bo.button("Go back").click();
    await bo.page.getByRole("heading", { name: "lobby", level: 1 }).waitFor();
    await bo.composer.waitFor();
    expect(new URL(bo.page.url()).hash).toBe("#lobby");
    await bo.button(/^Show the rooms/).click();
    await bo.room("lobby").waitFor();
    expect(await bo.room("den").count()).toBe(0);
    await bo.page.keyboard.press("Escape");
    await bo.button(/people here/).click();
    expect(await bo.button("Leave room").count()).toBe(0); // of the only one there is no way out
    await bo.page.keyboard.press("Escape");
    await ada.button("Copy invitation").click();
    const link = await ada.page.locator("#invitation").inputValue();
    await bo.page.goto(link);
    await bo.line("Psst").waitFor();
    expect(bo.page.url()).not.toContain("invite");
    await bo.page.reload();
    await bo.line("Psst").waitFor();
    await ada.button("Make all links so far invalid").click();
    await ada.page.getByText("Links from before let nobody in any more. This one is new.").waitFor();
    expect(await ada.page.locator("#invitation").inputValue()).not.toBe(link);
  });

  test("show who is here and who types", async () => {
    await ada.page.getByRole("complementary", { name: "Here now" }).getByText("Bo").waitFor();
    await bo.composer.pressSequentially("Hm");
    await ada.page.getByText("Bo is typing…").waitFor();
    await bo.button("2 people here").click();
    await bo.page.getByRole("dialog", { name: "Here now" }).getByText("Ada").waitFor();
    await bo.page.keyboard.press("Escape");
    await expect.poll(() => bo.focused()).toBe("2 people here");
  });
});

test("on a touch screen Enter sends on a keyboard that one can hold, and breaks the line on the screen’s own", async () => {
  const said = async (text: string) => {
    await expect.poll(async () => (await bo.transcript()).at(-1)).toBe(text);
    expect(await bo.composer.inputValue()).toBe("");
  };
  await bo.composer.pressSequentially("held in a hand");
  await bo.composer.press("Enter");
  await said("held in a hand");
  await bo.composer.pressSequentially("two");
  await bo.composer.press("Shift+Enter");
  await bo.composer.pressSequentially("lines");
  await bo.composer.press("Control+Enter");
  await said("two\nlines");
  await bo.composer.pressSequentially("on the screen");
  const pressOnScreen = (code: string) =>
    bo.page.evaluate(`document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", code: "${code}", bubbles: true, cancelable: true }))`);
  // Android knows no place of the key, and iOS says one: its keyboard covers half of the page.
  expect(await pressOnScreen("")).toBe(true);
  await bo.page.evaluate("Object.defineProperty(visualViewport, 'height', { value: innerHeight / 2 })");
  expect(await pressOnScreen("Enter")).toBe(true);
  expect(await bo.composer.inputValue()).toBe("on the screen");
});

describe("lines of one’s own", () => {
  test("can be changed and taken back, by keyboard and by touch, and everybody sees it", async () => {
    await ada.say("Grean");
    await bo.line("Grean").waitFor();
    await ada.composer.press("ArrowUp");
    await expect.poll(() => ada.composer.inputValue()).toBe("Grean");
    await ada.composer.press("Escape");
    await expect.poll(() => ada.composer.inputValue()).toBe("");
    await ada.composer.press("ArrowUp");
    await expect.poll(() => ada.composer.inputValue()).toBe("Grean");
    await ada.composer.fill("Green");
    await ada.composer.press("Enter");
    await bo.line("Green").getByText("edited").waitFor();
    await bo.say("Oops");
    await bo
      .line("Oops")
      .getByRole("button", { name: /^Change this line/ })
      .click();
    await bo.button("Delete").click();
    await bo.decide();
    await ada.line("This line was taken back.").waitFor();
    expect(await ada.transcript()).not.toContain("Oops");
    await ada.page.reload();
    await ada.line("This line was taken back.").waitFor();
    expect(await ada.transcript()).toContain("Green");
  });

  test("have one menu at a time, beside the line and over the conversation, and a way back from Delete", async () => {
    for (const text of ["First", "Second"]) {
      await ada.say(text);
      await ada.line(text).waitFor();
    }
    const menu = ada.page.locator(".line-choices");
    const open = async (text: string) => {
      await ada.line(text).hover();
      await ada.line(text).locator(".line-actions > button").click();
      await ada.line(text).locator(".line-choices").waitFor();
    };
    const tops = async () =>
      await Promise.all(["First", "Second"].map(async (text) => (await ada.line(text).boundingBox())?.y));
    const stood = await tops();
    await open("First");
    const [line, box] = await Promise.all([ada.line("First").boundingBox(), menu.boundingBox()]);
    expect(Math.abs((line?.y ?? 0) - (box?.y ?? 0))).toBeLessThan(24);
    await open("Second");
    expect(await menu.count()).toBe(1);
    expect(await tops()).toEqual(stood);
    await ada.page.getByRole("heading", { name: "lobby", level: 1 }).click();
    await menu.waitFor({ state: "detached" });
    expect(await tops()).toEqual(stood);

    await ada.composer.focus();
    await open("Second");
    await ada.page.keyboard.press("Escape");
    await menu.waitFor({ state: "detached" });
    await expect.poll(() => ada.focused()).toBe("Your message, as Ada");
    await open("Second");
    await ada.button("Delete").click();
    await ada.page.getByRole("status").getByText("Line deleted.").waitFor();
    await expect.poll(() => ada.focused()).toBe("Your message, as Ada");
    expect(await bo.transcript()).toContain("Second");
    await ada.button("Undo").click();
    await ada.line("Second").locator(".line-actions button").waitFor();
    await expect.poll(() => ada.focused()).toBe("Your message, as Ada");
    await open("Second");
    await ada.button("Delete").click();
    await bo.line("This line was taken back.").waitFor(); // after some seconds
  });

  test("name people by completion", async () => {
    await ada.composer.pressSequentially("Hi @");
    await ada.page.getByRole("option", { name: "Bo" }).waitFor();
    await ada.composer.press("Tab");
    await expect.poll(() => ada.composer.inputValue()).toBe("Hi @Bo ");
    await ada.composer.pressSequentially("@b");
    await ada.composer.press("Escape");
    await ada.page.getByRole("listbox").waitFor({ state: "detached" });
    await ada.composer.press("Enter");
    await bo.line("Hi @Bo @b").waitFor();
  });
});

test("in German the server’s refusals are German too", async () => {
  await ada.page.getByLabel("Another room").fill("cabinet");
  await ada.page.getByLabel("For the invited only").check();
  await ada.button("Go there").click();
  await ada.button("Copy invitation").waitFor();
  const { page, email } = bo;
  await bo.logOut();
  await page.evaluate(`localStorage.setItem("plume.language", "de")`);
  await page.reload();
  const ask = async (name: string) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Mailadresse").fill(email);
    await bo.button("Code zuschicken").click();
  };
  await ask("plumebot");
  await page.locator("#name-remark").getByText("Der Name sieht aus wie plumebot.").waitFor();
  await ask("Ada");
  await page.getByLabel("Anmeldecode").fill("wrong1");
  await page.getByText("Das ist nicht der Code aus der Mail.").waitFor();
  await page.getByLabel("Anmeldecode").fill(await stage.server.codeFor(email));
  await page.locator("#name-remark").getByText("Den Namen Ada hat schon jemand.").waitFor();
  await ask("Bo");
  await page.getByLabel("Anmeldecode").fill(await stage.server.codeFor(email));
  await page.getByLabel("Deine Nachricht").waitFor();
  await page.goto(`${stage.server.url}/#cabinet`);
  await page.getByRole("alert").getByText("Dieser Raum ist nur für Eingeladene.").waitFor();
});

test("the page speaks German to whoever wants it, and keeps what is typed", async () => {
  await ada.composer.fill("Half a sen");
  await ada.button("Settings").click();
  await ada.page.getByLabel("Language").selectOption("de");
  await ada.page.getByRole("button", { name: "Senden" }).waitFor();
  expect(await ada.page.getByLabel("Deine Nachricht").inputValue()).toBe("Half a sen");
  expect(await ada.page.locator("html").getAttribute("lang")).toBe("de");
});
