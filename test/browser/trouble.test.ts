import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { openBrowser, Person } from "./support.ts";

vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
let server: RunningServer;
let ada: Person;

beforeAll(async () => {
  const env = { PLUME_MESSAGES_PER_SECOND: "2", PLUME_MESSAGE_BURST: "3" };
  [browser, server] = await Promise.all([openBrowser(), startServer({ env })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  ada = await Person.enter(browser, server, "Ada");
});

afterEach(async () => {
  await ada.leave();
  expect(ada.faults).toEqual([]);
});

test("defect 42: a lost server is said, typing goes on, and everything goes out when it is back", async () => {
  await ada.say("Before.");
  await ada.line("Before.").waitFor();
  await server.halt();
  await ada.status.getByText("You can still write.").waitFor();
  await ada.say("First while away.");
  await ada.say("Second while away.");
  await ada.composer.fill("A draft.");
  expect(await ada.outgoing.locator("li").allInnerTexts()).toEqual([
    expect.stringMatching(/First while away\.\s+waiting for the connection/),
    expect.stringMatching(/Second while away\.\s+waiting for the connection/),
  ]);
  await server.resume();
  await ada.line("Second while away.").waitFor();
  await ada.line("You were away for").waitFor();
  expect(await ada.status.isVisible()).toBe(false);
  expect(await ada.composer.inputValue()).toBe("A draft.");
  const said = (await ada.log.locator(".own p[dir]").allInnerTexts()).slice(-2);
  expect(said).toEqual(["First while away.", "Second while away."]);
});

test("nothing typed is lost on a reload, with or without a server", async () => {
  await ada.composer.fill("Half a sen");
  await ada.page.reload();
  expect(await ada.composer.inputValue()).toBe("Half a sen");
  await ada.line("You came in").waitFor();
  await ada.loseServerWhileSaying("Is this said?");
  await ada.composer.fill("Typed on");
  const unsure = ada.outgoing.getByText("maybe not sent");
  await unsure.waitFor();
  await server.resume();
  await ada.page.reload();
  await unsure.waitFor();
  expect(await ada.composer.inputValue()).toBe("Typed on");
  await ada.button(/^Send again/).click();
  await ada.line("Is this said?").waitFor();
  await ada.outgoing.waitFor({ state: "detached" });
});

test("a line that may have been sent can be dropped", async () => {
  await ada.loseServerWhileSaying("Never mind.");
  await ada.button(/^Discard/).click();
  await ada.outgoing.waitFor({ state: "detached" });
  await server.resume();
});

test("a refusal gives the text back with the reason, and it can be sent again", async () => {
  for (let n = 0; n < 8; n += 1) await ada.say(`line ${n}`);
  const remark = ada.page.getByRole("alert").getByText("Not sent: Too many messages");
  await remark.waitFor();
  const given = await ada.composer.inputValue();
  expect(given).toMatch(/^line \d$/);
  await ada.composer.press("Enter");
  await ada.line(given).waitFor();
  expect(await remark.count()).toBe(0);
});

test("a refusal while the composer is in use leaves a failed line", async () => {
  await ada.sayTooMuch();
  const failed = ada.outgoing.locator("li").filter({ hasText: "not sent:" }).first();
  const text = (await failed.locator("p[dir]").textContent()) ?? "";
  await failed.getByRole("button", { name: /^Edit/ }).click();
  expect(await ada.composer.inputValue()).toContain(text);
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
  expect((await ada.line("ééé").locator("p[dir]").textContent())?.length).toBe(32_768);
});

test("a code is void when the connection was lost, and another one can be had", async () => {
  const bo = await Person.visit(browser, server, "Bo");
  await bo.ask();
  await server.codeFor(bo.email);
  await server.restart();
  await bo.page.getByRole("alert").getByText("The connection was lost").waitFor();
  await bo.button("Send another code").click();
  await bo.code.fill(await server.codeFor(bo.email));
  await bo.composer.waitFor();
  await bo.leave();
});
