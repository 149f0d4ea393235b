import { beforeEach, describe, expect, test } from "vitest";
import { setStage } from "./stage.ts";
import type { Person } from "./support.ts";

const stage = setStage();
const { enter, visit } = stage;
const elsewhere = "You were logged out from another tab or device.";
const devices = (person: Person) => person.page.getByRole("region", { name: "Where you are logged in" });
const shown = async (person: Person) => await devices(person).getByRole("listitem").allInnerTexts();

/** The same person, on another device. */
let ada: Person;
let other: Person;
let count = 0;

beforeEach(async () => {
  count += 1;
  const name = `Ada the ${count}`; // a mailbox gets so many codes and no more
  ada = await enter(name);
  other = await visit(name, { device: "phone" });
  await other.logIn();
});

/** Goes to the login, where the form has all but the code. */
async function expectLoggedOut(person: Person): Promise<void> {
  await person.page.getByRole("alert").getByText(elsewhere).waitFor();
  expect(await person.nameField.inputValue()).toBe(person.name);
  expect(await person.page.getByLabel("Mail address").inputValue()).toBe(person.email);
}

describe("one’s sessions", () => {
  test("are listed, and one that is ended goes to its login and loses nothing that was typed", async () => {
    await other.composer.fill("Half a sentence");
    await ada.button("Settings").click();
    await expect.poll(() => shown(ada)).toHaveLength(2);
    const [first = "", second = ""] = (await shown(ada)).sort((a) => (a.includes("This one") ? -1 : 1));
    expect(first).toMatch(/^Chrome on Linux\s+This one, in use now\s+End/);
    expect(second).toMatch(/^Chrome on Linux\s+In use now\s+End/);
    await devices(ada).getByRole("listitem").filter({ hasNotText: "This one" }).getByRole("button").click();
    await expectLoggedOut(other);
    await expect.poll(() => shown(ada)).toHaveLength(1);
    await expect.poll(() => ada.focused()).toBe("Where you are logged in");
    await other.page.getByRole("button", { name: "Send me a code" }).click();
    await other.code.fill(await stage.server.codeFor(other.email));
    await other.composer.waitFor();
    expect(await other.composer.inputValue()).toBe("Half a sentence");
  });

  test("end all together, once that is confirmed, in every tab", async () => {
    const tab = await ada.page.context().newPage();
    await tab.goto(stage.server.url);
    await tab.getByLabel("Your message").waitFor();
    await other.button("Settings").click();
    await other.button("Log out everywhere").click();
    await expect.poll(() => other.focused()).toBe("Stay logged in");
    await other.button("Stay logged in").click();
    await expect.poll(() => other.focused()).toBe("Log out everywhere");
    await other.button("Log out everywhere").click();
    await other.page.getByRole("group", { name: "logs you out on this device" }).waitFor();
    await other.button("Log out everywhere").click();
    await other.nameField.waitFor();
    expect(await other.nameField.inputValue()).toBe("");
    await expectLoggedOut(ada);
    await tab.getByText(elsewhere).waitFor();
    await ada.page.reload();
    await ada.nameField.waitFor();
  });
});

describe("logging out", () => {
  /** Brings a token that a page had to a browser of its own. */
  const useToken = async (token: string) => {
    const thief = await visit("Eve");
    await thief.page.evaluate(`localStorage.setItem("plume.token", ${JSON.stringify(token)})`);
    await thief.page.reload();
    return thief;
  };
  const tokenOf = async (person: Person) =>
    String(await person.page.evaluate('localStorage.getItem("plume.token")'));

  test("voids the token, for whoever has a copy of it", async () => {
    const token = await tokenOf(ada);
    await ada.logOut();
    const thief = await useToken(token);
    await thief.page.getByText(elsewhere).waitFor();
  });

  test("without a connection is told in words, and done as soon as there is one, after a reload too", async () => {
    const token = await tokenOf(ada);
    await ada.composer.fill("A secret");
    await ada.disconnect();
    await ada.status.getByText("No connection").waitFor();
    await ada.logOut();
    await ada.page.getByRole("status").getByText("The server could not be told yet").waitFor();
    expect(await ada.page.evaluate("JSON.stringify(sessionStorage)")).not.toContain("secret");
    await ada.page.evaluate("WebSocket = class extends EventTarget { close() {} }"); // until the reload
    await ada.reconnect();
    await ada.page.reload();
    await ada.page.getByRole("status").getByText("the server knows").waitFor();
    expect(await ada.page.evaluate("Object.keys(localStorage)")).not.toContain("plume.ending");
    const thief = await useToken(token);
    await thief.page.getByText(elsewhere).waitFor();
    expect(await other.composer.isVisible()).toBe(true);
  });
});
