import { beforeEach, expect, test } from "vitest";
import { startServer } from "../support/server-process.ts";
import { setStage } from "./stage.ts";
import type { Person } from "./support.ts";

/** Ends the page's connection as a lost network does; see `Person`. */
const closeSockets = "sockets.forEach((socket) => socket.close())";

const stage = setStage();
let ada: Person;

beforeEach(async () => {
  ada = await stage.enter("Ada");
});

test("defect 42: a lost server is said, typing goes on, and it is asked what becomes of that when the log is lost", async () => {
  await ada.say("Before.");
  await ada.line("Before.").waitFor();
  await stage.server.halt();
  await ada.status.getByText("You can still write.").waitFor();
  await ada.say("First while away.");
  await ada.say("Second while away.");
  await ada.composer.fill("A draft.");
  expect(await ada.outgoing.locator("li").allInnerTexts()).toEqual([
    expect.stringMatching(/First while away\.\s+waiting for the connection/),
    expect.stringMatching(/Second while away\.\s+waiting for the connection/),
  ]);
  await stage.server.resume();
  const question = ada.page.getByRole("alert").getByText("2 lines of yours were not sent.");
  await question.waitFor();
  await ada.line("The server has started afresh").waitFor();
  expect(await ada.status.isVisible()).toBe(false);
  await ada.page.reload();
  await question.waitFor();
  expect(await ada.composer.inputValue()).toBe("A draft.");
  expect(await ada.transcript()).toEqual([]);
  await ada.button("Send them here").click();
  await ada.line("Second while away.").waitFor();
  await question.waitFor({ state: "detached" });
  expect(await ada.transcript()).toEqual(["First while away.", "Second while away."]);
  await expect.poll(() => ada.focused()).toBe("Your message, as Ada");
});

test("what was to be said to a log that is lost can be discarded", async () => {
  await stage.server.halt();
  await ada.status.getByText("You can still write.").waitFor();
  await ada.say("Not for another room.");
  await stage.server.resume();
  await ada.page.getByRole("alert").getByText("A line of yours was not sent.").waitFor();
  await ada.button(/^Discard$/).click();
  await ada.outgoing.waitFor({ state: "detached" });
  await ada.say("Here.");
  await ada.line("Here.").waitFor();
  expect(await ada.transcript()).not.toContain("Not for another room.");
});

test("who was offline has the same conversation as everybody else, nothing missing and nothing twice", async () => {
  const bo = await stage.enter("Bo");
  await ada.line("Bo came in").waitFor();
  await ada.say("One");
  await bo.line("One").waitFor();
  await ada.page.context().setOffline(true);
  await ada.page.evaluate(closeSockets);
  for (const text of ["from Ada, offline", "and more"]) await ada.say(text);
  for (const text of ["from Bo, meanwhile", "@Ada, are you there?"]) await bo.say(text);
  await bo.line("are you there?").waitFor();
  await ada.composer.fill("half a sen");
  await ada.page.context().setOffline(false);
  await ada.line("and more").waitFor();
  await bo.line("and more").waitFor();
  await ada.say("Last");
  await bo.line("Last").waitFor();
  await ada.line("Last").waitFor();
  const expected = [
    ...["One", "from Bo, meanwhile", "@Ada, are you there?"],
    ...["from Ada, offline", "and more", "Last"],
  ];
  expect((await bo.transcript()).slice(-6)).toEqual(expected);
  expect((await ada.transcript()).slice(-6)).toEqual(expected);
});

test("nothing typed is lost on a reload, and what was on the wire is said once", async () => {
  await ada.composer.fill("Half a sen");
  await ada.page.reload();
  expect(await ada.composer.inputValue()).toBe("Half a sen");
  await ada.log.locator("li").first().waitFor(); // the room is joined, so that the line goes on the wire
  await ada.loseServerWhileSaying("Is this said?");
  await ada.composer.fill("Typed on");
  await ada.outgoing.getByText("waiting for the connection").waitFor();
  await stage.server.resume();
  await ada.page.reload();
  await ada.button("Send it here").click();
  await ada.line("Is this said?").waitFor();
  await ada.outgoing.waitFor({ state: "detached" });
  expect((await ada.transcript()).filter((text) => text === "Is this said?")).toHaveLength(1);
  expect(await ada.composer.inputValue()).toBe("Typed on");
});

test("a line that waits can be dropped", async () => {
  await ada.loseServerWhileSaying("Never mind.");
  await ada.button(/^Discard/).click();
  await ada.outgoing.waitFor({ state: "detached" });
  await stage.server.resume();
});

test("a refused line stays with the reason, and goes out when there is time for it, or is edited", async () => {
  const env = { PLUME_MESSAGES_PER_SECOND: "2", PLUME_MESSAGE_BURST: "4" };
  await using slow = await startServer({ env });
  const eve = await stage.enter("Eve", {}, slow);
  await eve.sayTooMuch();
  const failed = eve.outgoing.locator("li").filter({ hasText: "not sent:" });
  const [first = "", second = ""] = await failed.locator("p[dir]").allTextContents();
  const button = (line: string, name: RegExp) =>
    failed.filter({ hasText: line }).getByRole("button", { name });
  await button(first, /^Try again(?! in)/).click();
  await eve.line(first).waitFor();
  await button(second, /^Edit/).click();
  await expect.poll(() => eve.composer.inputValue()).toBe(second);
});

test("a text over the limit stays, with the number, and nothing is cut", async () => {
  const text = "é".repeat(32_769);
  await ada.composer.fill(text);
  await ada.page.getByText("2 bytes too long").waitFor();
  await ada.composer.press("Enter");
  await ada.page.getByRole("alert").getByText("65,538").waitFor();
  expect(await ada.composer.inputValue()).toBe(text);
  await ada.composer.fill(text.slice(1));
  await ada.composer.press("Enter");
  await ada.line("ééé").waitFor();
  await ada.button(/^Show all of it \(65,536 bytes\)/).click();
  const lengthShown = async () => (await ada.line("ééé").locator("p[dir]").textContent())?.length;
  await expect.poll(lengthShown).toBe(32_768);
});

test("who asks for codes until there are no more can still type the one that came", async () => {
  const cy = await stage.visit("Cy");
  const other = cy.button("Use another name or address");
  const tab = await cy.page.context().newPage();
  await tab.goto(stage.server.url);
  await tab.getByRole("button", { name: "Send me a code" }).waitFor();
  for (let n = 0; n < 2; n += 1) {
    await cy.ask();
    await other.click();
  }
  await cy.ask();
  await cy.page.getByRole("alert").getByText("try again").waitFor();
  expect(await cy.axe()).toEqual([]);
  await cy.button(`Type the code that was sent to ${cy.email}`).click();
  await stage.server.codeFor(cy.email);
  await cy.code.fill(await stage.server.codeFor(cy.email));
  await cy.composer.waitFor();
  await tab.getByLabel("Your message").waitFor(); // logged in in one tab is logged in in all
});

test("a code outlives a lost connection and a reload", async () => {
  const bo = await stage.visit("Bob");
  await bo.ask();
  const code = await stage.server.codeFor(bo.email);
  await bo.page.evaluate(closeSockets);
  await bo.page.reload();
  await bo.code.fill(code);
  await bo.composer.waitFor();
});

test("a picture that is pasted and a file that is dropped are refused in words, and the page stays", async () => {
  const refusal = ada.page.getByRole("alert").getByText("Pictures and files can’t be sent here yet");
  await ada.composer.fill("Look:");
  await ada.paste("", ["photo.png"]);
  await refusal.waitFor();
  await ada.composer.fill("Look: ");
  await refusal.waitFor({ state: "detached" });
  await ada.paste("a table", ["table.png"]);
  expect(await ada.composer.inputValue()).toBe("Look: a table");
  expect(await refusal.count()).toBe(0);

  /** Whether the page keeps a drop there from the browser, which would leave the page. */
  const drop = (selector: string, kind: "file" | "link" | "text") =>
    ada.page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      if ("${kind}" === "file") dataTransfer.items.add(new File(["x"], "photo.png"));
      else dataTransfer.setData("${kind}" === "link" ? "text/uri-list" : "text/plain", "https://example.org/");
      return ["dragover", "drop"].map((type) => !document.querySelector("${selector}").dispatchEvent(
        new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })));
    })()`);
  for (const place of ["body", ".messages-scroller", "h1", "textarea"]) {
    expect(await drop(place, "file")).toEqual([true, true]);
    await refusal.waitFor();
    await ada.composer.fill(`after ${place}`);
    await refusal.waitFor({ state: "detached" });
  }
  expect(await drop(".messages-scroller", "link")).toEqual([true, true]);
  expect(await drop(".messages-scroller", "text")).toEqual([true, true]);
  expect(await drop("textarea", "text")).toEqual([false, false]);
  expect(await refusal.count()).toBe(0);
  const guest = await stage.visit("Guest");
  expect(
    await guest.page.evaluate(`!document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: new DataTransfer(), bubbles: true, cancelable: true }))`),
  ).toBe(true);
});
