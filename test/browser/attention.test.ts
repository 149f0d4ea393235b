import { beforeEach, describe, expect, test } from "vitest";
import type { SocketClient } from "../support/socket-client.ts";
import { setStage } from "./stage.ts";
import type { Person } from "./support.ts";

const stage = setStage();
let ada: Person;
let bo: SocketClient;

/** Counts what the page asks of the browser, which does it all the same. */
const recorder = `
  globalThis.asked = 0;
  globalThis.notifications = [];
  globalThis.notes = 0;
  globalThis.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      notifications.push([title, options.body]);
      globalThis.newest = this;
    }
    static requestPermission() {
      asked += 1;
      return super.requestPermission();
    }
  };
  globalThis.AudioContext = class extends AudioContext {
    createOscillator() {
      notes += 1;
      return super.createOscillator();
    }
  };`;
/** Each name has its own direction, whatever that of the system is. */
const title = "\u2068Bo\u2069 – \u2068lobby\u2069";
const lookAway = "document.hasFocus = () => false";

beforeEach(async () => {
  [ada, bo] = await Promise.all([stage.enter("Ada"), stage.join("Bo")]);
  // At once, and after a reload.
  await Promise.all([ada.page.context().addInitScript(recorder), ada.page.evaluate(recorder)]);
});

/** Turns a setting on or off, by its label. */
async function set(label: string, on: boolean): Promise<void> {
  await ada.button("Settings").click();
  await ada.page.getByLabel(label).click();
  await expect.poll(() => ada.page.getByLabel(label).isChecked()).toBe(on);
  await ada.page.keyboard.press("Escape");
}

const setNotifications = (on: boolean) => set("Notify me when my name is mentioned", on);
const notifications = () => ada.page.evaluate("notifications");
const hears = async (text: string) => {
  bo.say(text);
  await ada.line(text).waitFor();
};

describe("notifications", () => {
  test("lead to the room and the line that they tell of", async () => {
    await ada.page.context().grantPermissions(["notifications"]);
    await setNotifications(true);
    await ada.goTo("larder");
    await hearsElsewhere("Wanted, @Ada!", 1);
    for (let n = 0; n < 3; n += 1) bo.say(`${n}${"\n.".repeat(20)}`);
    await ada.room("lobby, 4 unread messages").waitFor();
    await ada.page.evaluate("newest.dispatchEvent(new Event('click'))");
    await ada.page.getByRole("heading", { name: "lobby", level: 1 }).waitFor();
    expect(new URL(ada.page.url()).hash).toBe("#lobby");
    const isInTheMiddle = async () => {
      const [line, list] = await Promise.all([
        ada.line("Wanted, @Ada!").boundingBox(),
        ada.page.locator("#messages").boundingBox(),
      ]);
      return line !== null && list !== null && line.y > list.y && line.y + line.height < list.y + list.height;
    };
    await expect.poll(isInTheMiddle).toBe(true);
    await ada.button("4 new messages").waitFor();
  });

  test("are asked for when they are turned on and not before; that the browser allows none is said", async () => {
    await ada.page.evaluate(lookAway);
    await hears("@Ada, do you see me?");
    expect(await ada.page.evaluate("asked")).toBe(0);
    await ada.button("Settings").click();
    const setting = ada.page.getByLabel("Notify me when my name is mentioned");
    expect(await setting.isChecked()).toBe(false);
    await setting.click();
    await ada.page.getByRole("alert").getByText("does not allow notifications").waitFor();
    expect(await setting.isChecked()).toBe(false);
    expect(await ada.page.evaluate("asked")).toBe(1);
    expect(await notifications()).toEqual([]);
  });

  test("tell once, with name and room, of a mention that nobody saw, and of nothing else", async () => {
    await ada.page.context().grantPermissions(["notifications"]);
    await ada.page.evaluate(lookAway);
    await hears("@Ada before they are on");
    await setNotifications(true);
    await hears("Nobody is meant");
    const tab = await ada.page.context().newPage();
    await tab.goto(stage.server.url);
    await tab.getByLabel("Your message").fill("@Ada is what I call myself");
    await tab.keyboard.press("Enter");
    await ada.line("is what I call myself").waitFor();
    await tab.close();
    await hears("Lunch, @Ada?");
    await expect.poll(notifications).toEqual([[title, "Lunch, @Ada?"]]);
    await ada.page.evaluate("document.hasFocus = () => true");
    await hears("@Ada looks at this");
    await setNotifications(false);
    await ada.page.evaluate(lookAway);
    await hears("@Ada has turned them off");
    expect(await notifications()).toHaveLength(1);
  });

  test("stay on over a reload, and do not come again for what was told of", async () => {
    await ada.page.context().grantPermissions(["notifications"]);
    await setNotifications(true);
    await ada.goTo("pantry");
    await hearsElsewhere("Are you there, @Ada?", 1);
    expect(await notifications()).toEqual([[title, "Are you there, @Ada?"]]);
    await ada.page.reload();
    await hearsElsewhere("@Ada, once more", 2);
    expect(await notifications()).toEqual([[title, "@Ada, once more"]]);
    expect(await ada.page.evaluate("asked")).toBe(0);
  });
});

/** Bo says it in the lobby while Ada is in another room. */
async function hearsElsewhere(text: string, unread: number): Promise<void> {
  bo.say(text);
  await ada.room(`lobby, ${unread} unread message`).waitFor();
}

test("a sound is off until it is turned on, and rings for what nobody saw", async () => {
  await ada.page.evaluate(lookAway);
  await hears("Is it quiet?");
  expect(await ada.page.evaluate("notes")).toBe(0);
  await set("A sound for new messages", true);
  await hears("And now?");
  expect(await ada.page.evaluate("notes")).toBe(2);
  await ada.page.evaluate("document.hasFocus = () => true");
  await hears("You see this.");
  expect(await ada.page.evaluate("notes")).toBe(2);
});

test("a reload keeps what is unread and what was read, in each room", async () => {
  const eve = await stage.enter("Eve");
  await ada.goTo("kitchen");
  await eve.goTo("garden");
  await ada.goTo("garden");
  await ada.room("kitchen").click();
  await eve.say("Weeds");
  await ada.room("garden, 1 unread message").waitFor();
  bo.say("Hello");
  await hearsElsewhere("Where is @Ada?", 2);
  await ada.page.reload();
  await ada.room("lobby, 2 unread messages, your name is mentioned").waitFor();
  await hearsElsewhere("Never mind", 3);
  await ada.room("garden, 1 unread message").waitFor();
  await expect.poll(() => ada.page.title()).toBe("(4) Plume");
  await ada.room("lobby").click();
  await ada.line("Never mind").waitFor();
  await ada.room("kitchen").click();
  await ada.page.reload();
  await hearsElsewhere("Found it", 1);
  expect(await ada.room("lobby").getAttribute("aria-label")).toBe("lobby, 1 unread message");
});

test("each room has a draft of its own, and a reload loses none", async () => {
  const { composer } = ada;
  await composer.fill("for the lobby");
  await ada.goTo("cellar");
  await composer.fill("for the cellar");
  await ada.page.reload();
  await expect.poll(() => composer.inputValue()).toBe("for the cellar");
  await ada.room("lobby").click();
  await expect.poll(() => composer.inputValue()).toBe("for the lobby");
  await composer.press("Enter");
  await ada.line("for the lobby").waitFor();
  await ada.room("cellar").click();
  await expect.poll(() => composer.inputValue()).toBe("for the cellar");
});

test("a long message is folded, and can be unfolded and folded again", async () => {
  const text = Array.from({ length: 60 }, (_, n) => `verse ${n};`).join("\n");
  bo.say(text);
  const said = ada.line("verse 0;").locator("p[dir]");
  await expect.poll(() => said.textContent()).toMatch(/verse 23;…$/);
  await ada.button(`Show all of it (${text.length} bytes)`).click();
  await expect.poll(() => said.textContent()).toBe(text);
  await ada.button("Show less").click();
  await expect.poll(() => said.textContent()).toMatch(/verse 23;…$/);
  await expect.poll(() => ada.focused()).toMatch(/^Show all of it/);
});

test("what is said is what was typed: short codes are shown as emoji, and in code, paths and links nothing is", async () => {
  const eve = await stage.enter("Eve");
  const typed = "Done :tada: in `a :smile: b = <b>` root:x:0:0:root:/root see README.md by :nobody_knows:";
  await ada.say(typed);
  const said = eve.line("Done").locator("p[dir]");
  expect(await said.textContent()).toBe(
    "Done 🎉 in a :smile: b = <b> root:x:0:0:root:/root see README.md by :nobody_knows:",
  );
  expect(await said.locator("code").allTextContents()).toEqual(["a :smile: b = <b>"]);
  expect(await said.locator("a").count()).toBe(0);
  await ada.line("Done").waitFor();
  await ada.composer.press("ArrowUp");
  await expect.poll(() => ada.composer.inputValue()).toBe(typed);
});
