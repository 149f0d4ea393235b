import { beforeEach, describe, expect, test } from "vitest";
import { setStage } from "../browser/stage.ts";
import { flood, type Person } from "../browser/support.ts";

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
  await expectFocus();
  for (const key of keys) {
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

/**
 * Goes from one thing to the next until it is there. Waits for it first: who goes past the first thing of a page is in the
 * browser's own things, and the page has no focus.
 */
async function goTo(name: string | RegExp, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const isIt = (label: string) => (typeof name === "string" ? label === name : name.test(label));
  await expect.poll(async () => (await eve.focusable()).some(isIt), { timeout: 15_000 }).toBe(true);
  for (let steps = 0; steps < 40; steps += 1) {
    if (isIt(await eve.focused())) return;
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
  await focusIsOn("Login code");
  await type(await stage.server.codeFor(eve.email));
  await eve.composer.waitFor();
  await focusIsOn(composer);
  await type("One");
  await press("Shift+Enter");
  await type("two");
  await press("Enter");
  await expect.poll(async () => (await eve.transcript()).at(-1)).toBe("One\ntwo");
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

/** People are in the lobby until the test ends. Settles when they are seen there. */
async function comeIn(...names: string[]): Promise<void> {
  await Promise.all(names.map((name) => stage.join(name)));
  const here = eve.page.getByRole("complementary", { name: "Here now" });
  await Promise.all(names.map((name) => here.getByText(name, { exact: true }).waitFor()));
}

test("naming people", async () => {
  await comeIn("Karl", "Karla", "Karim");
  await type("Hello @kar");
  await expect.poll(named).toEqual(["Karim (chosen)", "Karl", "Karla"]);
  await press("ArrowDown", "ArrowDown", "ArrowUp");
  await expect.poll(named).toEqual(["Karim", "Karl (chosen)", "Karla"]);
  await press("Enter");
  await type("and @kar");
  await press("Tab");
  await expect.poll(() => eve.composer.inputValue()).toBe("Hello @Karl and @Karim ");
  await type("@kar");
  await press("Escape", "Enter");
  await eve.line("and @").waitFor();
  // The name is whole: Enter is for the line, and Tab for the name.
  await type("Thanks @karl");
  await expect.poll(named).toEqual(["Karl (chosen)", "Karla"]);
  await press("Enter");
  await eve.line("Thanks @karl").waitFor();
  await type("Thanks @Karl");
  await press("ArrowDown", "Enter");
  await expect.poll(() => eve.composer.inputValue()).toBe("Thanks @Karla ");
});

test("naming somebody who comes in while the list of names is open", async () => {
  await type("Hello @kar");
  await comeIn("Karl");
  await expect.poll(named).toEqual(["Karl (chosen)"]);
  await comeIn("Karim", "Karla");
  await expect.poll(named).toEqual(["Karim", "Karl (chosen)", "Karla"]);
  await press("ArrowDown", "Enter");
  await expect.poll(() => eve.composer.inputValue()).toBe("Hello @Karla ");
});

/** The names in the list of names. */
async function named(): Promise<string[]> {
  const options = eve.page.getByRole("option");
  return await options.evaluateAll((all) =>
    all.map((option) => `${option.textContent}${option.ariaSelected === "true" ? " (chosen)" : ""}`),
  );
}

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
  await eve.line("Green").getByText("deleting…").waitFor();
  await goTo("Undo", "Shift+Tab");
  await press("Enter");
  await focusIsOn(composer);
  await eve.line("Green").getByText("edited").waitFor();
  await press("ArrowUp");
  await goTo("Delete", "Shift+Tab");
  await press("Enter");
  await focusIsOn(composer);
  await eve.decide();
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

/** Types and presses keys as fast as nobody can: all of it before the page is drawn again. */
async function typeWithinAFrame(...keys: string[]): Promise<void> {
  await eve.page.evaluate(`(async (keys) => {
    for (const key of keys) {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      if (document.activeElement.dispatchEvent(event) && key.length === 1) document.execCommand("insertText", false, key);
      await undefined;
    }
  })(${JSON.stringify(keys)})`);
}

test("saying a line and beginning the next before the page is drawn anew", async () => {
  await focusIsOn(composer);
  await typeWithinAFrame(..."One", "Enter", ..."Two");
  // An earlier line has the word in it too.
  await expect.poll(async () => (await eve.transcript()).at(-1)).toBe("One");
  expect(await eve.composer.inputValue()).toBe("Two");
});

test("naming somebody and typing on before the page is drawn anew", async () => {
  await comeIn("Karl");
  await type("@kar");
  await expect.poll(named).toEqual(["Karl (chosen)"]);
  await typeWithinAFrame("Tab", ..."and");
  await expect.poll(() => eve.composer.inputValue()).toBe("@Karl and");
});

test("turning a setting on and off before the page is drawn anew", async () => {
  await eve.button("Settings").click();
  const sound = eve.page.getByLabel("A sound for new messages");
  const switched = async (times: number) => {
    await sound.evaluate((box, clicks) => {
      for (let n = 0; n < clicks; n += 1) box.click();
    }, times);
    await expectFocus();
    return await sound.isChecked();
  };
  expect([await switched(2), await switched(3)]).toEqual([false, true]);
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
  // They come a hundred at a time, so thrice.
  await flood(stage.server, eve, "entry", 260);
  await eve.page.reload();
  await eve.line("entry 259;").waitFor();
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

describe("what goes by itself while the focus is on it", () => {
  test.each(["each frame", "slow frames"])(
    "the connection’s button: Enter says nothing, and Tab comes where it would have come: %s",
    async (frames) => {
      if (frames === "slow frames") await eve.drawSlowly();
      // Waits a minute before its next try, so that the button comes once and goes when the test says so.
      await eve.page.evaluate("Math.random = () => 60");
      await stage.server.halt();
      await eve.button("Try now").waitFor();
      await type("A draft");
      await goTo("Try now", "Shift+Tab");
      await stage.server.resume();
      await eve.page.evaluate("Math.random = () => 0");
      await eve.hurry();
      await eve.status.waitFor({ state: "hidden" });
      await focusIsOn("Say something");
      await press("Enter");
      expect(await eve.composer.inputValue()).toBe("A draft");
      await press("Tab");
      await focusIsOn(composer);
    },
  );

  test.each(["each frame", "slow frames"])(
    "a link in a line that its author takes back: %s",
    async (frames) => {
      const bo = await stage.enter("Bo");
      if (frames === "slow frames") await eve.drawSlowly();
      // Keys are wanted before the line has come.
      await Promise.all([goTo(/^example.org/, "Shift+Tab"), bo.say("See example.org")]);
      await bo.composer.press("ArrowUp");
      await bo.button("Delete").click();
      await bo.decide();
      await eve.line("This line was taken back.").waitFor();
      await focusIsOn("Messages");
    },
  );

  test("a button, and a sheet, for which a window that grows has no use", async () => {
    await eve.page.setViewportSize({ width: 800, height: 800 });
    await goTo(/^Show the rooms/, "Shift+Tab");
    await eve.page.setViewportSize({ width: 1280, height: 800 });
    await focusIsOn("Messages");
    await eve.page.setViewportSize({ width: 800, height: 800 });
    await goTo(/^Show the rooms/, "Shift+Tab");
    await press("Enter");
    await goTo("Another room");
    await eve.page.setViewportSize({ width: 1280, height: 800 });
    await focusIsOn("Messages");
  });
});
