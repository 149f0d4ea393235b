import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { type ReverseProxy, startReverseProxy } from "../support/reverse-proxy.ts";
import { setStage } from "./stage.ts";

let front: ReverseProxy;
const stage = setStage(async () => {
  const body = readFileSync(join(import.meta.dirname, "plume-page.html"), "utf8");
  const port = () => Number(new URL(stage.server.url).port);
  front = await startReverseProxy({ files: { "/": { type: "text/html", body } }, mounts: { "/": port } });
  return { PLUME_ORIGINS: front.url };
});

afterAll(() => front[Symbol.asyncDispose]());

it("lets people log in and chat from a page that knows only what Plume's own knows", async () => {
  const ann = await visit("ann");
  await submit(ann, "verify", { code: "ZZZZZZ" });
  await ann.getByText("incorrect token").waitFor();
  await submit(ann, "verify", { code: await stage.server.codeFor("ann@example.org") });
  await ann.getByText("@plumebot: Hi @ann!").waitFor();
  await ann.getByText("@ann: entered chat").waitFor();

  const bob = await visit("bob");
  await submit(bob, "verify", { code: await stage.server.codeFor("bob@example.org") });
  await ann.getByText("@bob: entered chat").waitFor();
  await submit(ann, "chat", { text: "hello <b>bob</b>" });
  await bob.getByText("@ann: hello <b>bob</b>").waitFor();
  await submit(bob, "chat", { text: "hi" });
  await ann.getByText("@bob: hi").waitFor();
  await bob.close();
  await ann.getByText("@bob: left chat").waitFor();
  await ann.close();
});

it("sends such a page back to its first form when a name is not allowed", async () => {
  const page = await visit("plumebot");
  await page.getByText("name taken").waitFor();
  expect(await page.locator("#enter").isVisible()).toBe(true);
  await page.close();
});

async function visit(name: string): Promise<Page> {
  const page = await stage.browser.newPage();
  await page.goto(front.url);
  await submit(page, "enter", { name, email: `${name}@example.org` });
  return page;
}

async function submit(page: Page, form: string, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields))
    await page.locator(`#${form} [name=${name}]`).fill(value);
  await page.locator(`#${form} button`).click();
}
