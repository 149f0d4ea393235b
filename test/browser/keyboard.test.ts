import { beforeEach, describe, expect, test } from "vitest";
import { setStage } from "./stage.ts";
import { flood, type Person } from "./support.ts";

const stage = setStage({ PLUME_MESSAGES_PER_SECOND: "0" });
let eve: Person;

beforeEach(async () => {
  eve = await stage.enter("Eve");
});

/** The focus is somewhere, once the page has been drawn. */
async function expectFocus(): Promise<void> {
  const isLost = await eve.page.evaluate(`new Promise((drawn) => {
    requestAnimationFrame(() => requestAnimationFrame(() => drawn(document.activeElement === document.body)));
  })`);
  expect(isLost).toBe(false);
}

/** Presses keys one after the other. The focus is never lost on the way. */
async function press(...keys: string[]): Promise<void> {
  for (const key of keys) {
    await expectFocus();
    await eve.page.keyboard.press(key);
    await expectFocus();
  }
}

async function type(text: string): Promise<void> {
  await eve.page.keyboard.type(text);
  await expectFocus();
}

const focusIsOn = (name: string | RegExp) => expect.poll(() => eve.focused()).toMatch(name);
const composer = "Your message, as Eve";

/** Goes from one thing to the next until it is there. */
async function goTo(name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    const focused = await eve.focused();
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    await press(key);
  }
  throw new Error(`nothing called ${name} can be reached`);
}

const heading = (name: string) => eve.page.getByRole("heading", { name, level: 1 }).waitFor();

async function makeRoom(name: string): Promise<void> {
  await type(name);
  await press("Enter");
  await heading(name);
}

test("logging in and talking", async () => {
  await eve.logOut();
  await focusIsOn("Name");
  await type("Eve");
  await press("Tab");
  await type(eve.email);
  await press("Enter");
  await eve.code.waitFor();
  await focusIsOn("Code from the mail");
  await type(await stage.server.codeFor(eve.email));
  await eve.composer.waitFor();
  await focusIsOn(composer);
  await type("One");
  await press("Shift+Enter");
  await type("two");
  await press("Enter");
  await eve.line("two").waitFor();
  expect((await eve.transcript()).at(-1)).toBe("One\ntwo");
  await goTo("Settings", "Shift+Tab");
  await press("Enter");
  await goTo("Log out");
  await press("Enter");
  await focusIsOn("Name");
});

describe.each([
  ["with everything beside each other", 1280],
  ["with rooms and people behind buttons", 800],
])("rooms, %s", (_, width) => {
  const [room, other] = [`attic-${width}`, `den-${width}`];
  const toRooms = async () => {
    if (width < 960) {
      await goTo(/^Show the rooms/, "Shift+Tab");
      await press("Enter");
    }
  };
  const toPeople = async () => {
    if (width < 960) {
      await goTo(/here$/, "Shift+Tab");
      await press("Enter");
    }
  };
  const back = width < 960 ? "Tab" : "Shift+Tab";

  beforeEach(() => eve.page.setViewportSize({ width, height: 800 }));

  test("are made, gone between and left", async () => {
    await focusIsOn(composer);
    await toRooms();
    await goTo("Another room", back);
    await makeRoom(room);
    await goTo(composer);
    await type("Nobody hears this");
    await press("Enter");
    await eve.line("Nobody hears this").waitFor();
    await toRooms();
    await goTo("lobby", back);
    await press("Enter");
    await heading("lobby");
    await goTo(composer);
    await toRooms();
    await goTo(room, back);
    await press("Enter");
    await heading(room);
    await goTo(composer);
    await toPeople();
    await goTo("Leave room");
    await press("Enter");
    await heading("lobby");
    expect(await eve.room(room).count()).toBe(0);
    await goTo(composer);
  });

  test("for the invited only are made, with an invitation", async () => {
    await toRooms();
    await goTo("For the invited only", back);
    await press("Space");
    await goTo("Another room", "Shift+Tab");
    await makeRoom(other);
    await goTo(composer);
    await type("For the invited");
    await press("Enter");
    await eve.line("For the invited").waitFor();
    await toPeople();
    await goTo("Copy invitation");
    await press("Enter");
    await focusIsOn(/^(Copy invitation|Invitation copied)$/);
    const bo = await stage.enter("Bo");
    await bo.page.goto(await eve.page.locator("#invitation").inputValue());
    await bo.line("For the invited").waitFor();
    await bo.leave();
    await expectFocus();
  });
});

test("naming people", async () => {
  const people = ["Karl", "Karla", "Karim"];
  await Promise.all(people.map((name) => stage.enter(name)));
  await eve.page.getByRole("complementary", { name: "Here now" }).getByText("Karim").waitFor();
  await type("Hello @kar");
  await eve.page.getByRole("option", { name: "Karla" }).waitFor();
  const chosen = () => eve.page.getByRole("option", { selected: true }).textContent();
  const first = await chosen();
  await press("ArrowDown", "ArrowDown", "ArrowUp");
  const second = await chosen();
  expect(second).not.toBe(first);
  await press("Enter");
  await type("and @kar");
  await press("Tab");
  await expect.poll(() => eve.composer.inputValue()).toBe(`Hello @${second} and @${first} `);
  await type("@kar");
  await press("Escape", "Enter");
  await eve.line("and @").waitFor();
});

test("changing one’s lines and taking them back", async () => {
  await type("Grean");
  await press("Enter");
  await eve.line("Grean").waitFor();
  await press("ArrowUp");
  await focusIsOn(composer);
  await expect.poll(() => eve.composer.inputValue()).toBe("Grean");
  await press("Backspace", "Backspace");
  await type("en");
  await press("Enter");
  await eve.line("Green").getByText("edited").waitFor();
  await press("ArrowUp");
  await goTo("Cancel", "Shift+Tab");
  await press("Enter");
  await focusIsOn(composer);
  await press("ArrowUp");
  await goTo("Delete", "Shift+Tab");
  await press("Enter");
  await eve.line("This line was taken back.").waitFor();
  await focusIsOn(composer);
});

test("changing a line with keys that come before the page is drawn anew", async () => {
  await type("Grean");
  await press("Enter");
  await eve.line("Grean").waitFor();
  await type("x");
  await eve.page.evaluate(`{
    const input = document.activeElement;
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(input, "");
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
  }`);
  await expect.poll(() => eve.composer.inputValue()).toBe("Grean");
  await press("Escape");
  await expect.poll(() => eve.composer.inputValue()).toBe("");
});

test("unfolding and folding a long line", async () => {
  const verses = Array.from({ length: 60 }, (_, n) => `verse ${n};`);
  await eve.say(verses.join("\n"));
  await eve.line("verse 0;").waitFor();
  await goTo(/^Show all of it/, "Shift+Tab");
  await press("Enter");
  await eve.line("verse 59;").waitFor();
  await focusIsOn("Show less");
  await press("Enter");
  await focusIsOn(/^Show all of it/);
  await goTo(composer);
});

test("going to the newest message", async () => {
  // A room of its own: a line with a button in it would come into view on the way.
  await eve.goTo("stairs");
  for (const text of ["Far above", "Far below"]) {
    await type(text);
    await press(...Array.from({ length: 20 }, () => "Shift+Enter"));
    await type("The end.");
    await press("Enter");
    await eve.line(text).waitFor();
  }
  await goTo("Messages", "Shift+Tab");
  await press("Home");
  await eve.button("Go to the newest message").waitFor();
  await goTo("Go to the newest message");
  await press("Enter");
  await eve.button("Go to the newest message").waitFor({ state: "detached" });
  await focusIsOn("Messages");
});

test("older messages", async () => {
  await flood(stage.server, eve, "entry", 120);
  await eve.page.reload();
  await eve.line("entry 119;").waitFor();
  await expect.poll(() => eve.focused()).toBe(composer);
  // The button scrolls into view, and at the top they come by themselves.
  await press("Shift+Tab");
  await focusIsOn(/older messages|Messages/);
  while ((await eve.button(/older messages/).count()) > 0) {
    await goTo("Messages", "Shift+Tab");
    await press("Home");
  }
  await eve.line("entry 0;").waitFor();
  await focusIsOn("Messages");
  await goTo(composer);
});

test("settings and the language", async () => {
  await goTo("Settings", "Shift+Tab");
  await press("Enter");
  await goTo("A sound for new messages");
  await press("Space");
  expect(await eve.page.getByLabel("A sound for new messages").isChecked()).toBe(true);
  await press("Escape");
  await focusIsOn("Settings");
  await press("Enter");
  await goTo("Language");
  await eve.page.keyboard.press("D");
  await eve.page.getByLabel("Deine Nachricht").waitFor();
  await focusIsOn("Deine Nachricht, als Eve");
});

test("what was not delivered, and a lost connection", async () => {
  await eve.loseServerWhileSaying("Never mind.");
  await goTo(/^Discard/, "Shift+Tab");
  await press("Enter");
  await focusIsOn("Messages");
  await eve.status.getByText("No connection").waitFor();
  await stage.server.resume();
  await goTo(composer);
  await eve.status.waitFor({ state: "hidden" });
  await expectFocus();
});
