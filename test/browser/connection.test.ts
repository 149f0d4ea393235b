import { afterAll, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { type ReverseProxy, startReverseProxy } from "../support/reverse-proxy.ts";
import { setStage } from "./stage.ts";

let proxy: FaultProxy;
/** Serves the page under two paths, as if there were two servers. */
let front: ReverseProxy;
const stage = setStage(async () => {
  proxy = await startFaultProxy(() => stage.server.url, []);
  const port = () => stage.server.port;
  front = await startReverseProxy({ mounts: { "/chat/": port, "/team/talk/": port } });
  return { PLUME_ORIGINS: `${proxy.url},${front.url}` };
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await front[Symbol.asyncDispose]();
});

test("a laptop sleeps and its flow is forgotten: within 15 s of the wake that is said, and everything missed is there", async () => {
  const [ada, bo] = await Promise.all([stage.enter("Ada", {}, stage.server, proxy.url), stage.join("Bo")]);
  bo.say("before");
  await ada.line("before").waitFor();
  const statuses = ada.page.evaluate(`new Promise((told) =>
    new MutationObserver(() => {
      const text = document.querySelector(".status-bar output").textContent;
      if (text !== "") told(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true }))`);
  proxy.forget();
  for (const text of ["missed", "this too", "and this"]) bo.say(text);
  const wokeAt = performance.now();
  await ada.hurry();
  expect(await statuses).toMatch(/^No connection\./);
  await ada.line("and this").waitFor();
  expect(performance.now() - wokeAt).toBeLessThan(15_000);
  expect((await ada.transcript()).slice(-4)).toEqual(["before", "missed", "this too", "and this"]);
  await ada.say("Back.");
  await ada.line("Back.").waitFor();
});

test("mounted under /chat/ behind a proxy it works, and another one on the origin knows nothing of its sessions", async () => {
  const ada = await stage.visit("Ann", {}, `${front.url}/chat/`);
  const missing: string[] = [];
  ada.page.on("response", (answer) => void (answer.status() >= 400 && missing.push(answer.url())));
  await ada.logIn();
  await ada.say("From under a path.");
  await ada.line("From under a path.").waitFor();
  await ada.goTo("kitchen");
  await ada.page.reload();
  await ada.page.getByRole("heading", { name: "kitchen", level: 1 }).waitFor();
  expect(ada.page.url()).toBe(`${front.url}/chat/#kitchen`);
  for (const link of ["icon", "manifest"]) {
    const href = await ada.page.locator(`link[rel=${link}]`).evaluate((one) => Reflect.get(one, "href"));
    expect(href).toContain(`${front.url}/chat/`);
    expect((await ada.page.request.get(href)).status()).toBe(200);
  }

  const tab = await ada.page.context().newPage();
  await tab.goto(`${front.url}/team/talk/`);
  await tab.getByRole("button", { name: "Send me a code" }).waitFor();
  expect(await tab.getByLabel("Name", { exact: true }).inputValue()).toBe("");
  await tab.evaluate("localStorage.removeItem('plume./team/talk/name')");
  await ada.say("Still here.");
  await ada.line("Still here.").waitFor();
  const kept = await tab.evaluate("Object.keys(localStorage).sort()");
  expect(kept).toEqual(expect.arrayContaining(["plume./chat/name", "plume./chat/token"]));
  expect(missing).toEqual([]);
});

test("opened by a name that the server does not know, the page names PLUME_ORIGINS and the value to add", async () => {
  const url = stage.server.url; // PLUME_ORIGINS has others
  const ada = await stage.visit("Ada", {}, url);
  await ada.ask();
  await ada.status.getByText(`add ${url} to PLUME_ORIGINS`).waitFor();
  await ada.wear({ device: "phone" });
  expect(await ada.axe()).toEqual([]);
});

test("two tabs are one person’s: one rings for what nobody saw, and what is read in one is read in the other", async () => {
  const [eve, cy] = await Promise.all([stage.enter("Eve", {}, stage.server, proxy.url), stage.join("Cy")]);
  const context = eve.page.context();
  await context.grantPermissions(["notifications"]);
  await context.addInitScript(`
    localStorage.setItem("plume.notifications", "on");
    document.hasFocus = () => false;
    globalThis.rung = 0;
    globalThis.Notification = class extends Notification {
      constructor(...given) {
        super(...given);
        rung += 1;
      }
    };`);
  const other = await context.newPage();
  await Promise.all([eve.page.reload(), other.goto(proxy.url)]);
  const tabs = [eve.page, other];
  const lines = (text: string) => tabs.map((tab) => tab.getByRole("log").getByText(text).waitFor());
  const titles = () => Promise.all(tabs.map((tab) => tab.title()));
  const rung = async () => {
    const each = await Promise.all(tabs.map((tab) => tab.evaluate("rung")));
    return each.reduce<number>((sum, one) => sum + Number(one), 0);
  };
  await Promise.all(tabs.map((tab) => tab.getByRole("log").locator("li").first().waitFor()));
  for (let n = 1; n <= 4; n += 1) {
    cy.say(`@Eve, number ${n}`);
    await Promise.all(lines(`number ${n}`));
    await expect.poll(rung).toBe(n);
  }
  await expect.poll(titles).toEqual(["(4) Plume", "(4) Plume"]);
  await other.evaluate("document.hasFocus = () => true, dispatchEvent(new Event('focus'))");
  await expect.poll(titles).toEqual(["Plume", "Plume"]);
  cy.say("@Eve, this is seen");
  await Promise.all(lines("this is seen"));
  await eve.page.waitForTimeout(1000); // twice as long as a tab waits before it rings
  expect([await rung(), ...(await titles())]).toEqual([4, "Plume", "Plume"]);
});

test("a browser that keeps nothing lets one log in, come back after a lost connection, and log out for good", async () => {
  const page = await stage.browser.newPage();
  await page.addInitScript(`for (const area of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, area, { get() { throw new DOMException("no", "SecurityError") } });
  }
  globalThis.sockets = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      sockets.push(this);
    }
  };`);
  await page.goto(proxy.url);
  await page.getByLabel("Name", { exact: true }).fill("Dan");
  await page.getByLabel("Mail address").fill("dan@example.org");
  await page.getByRole("button", { name: "Send me a code" }).click();
  await page.getByLabel("Login code").fill(await stage.server.codeFor("dan@example.org"));
  const say = async (text: string) => {
    await page.getByLabel("Your message").fill(text);
    await page.keyboard.press("Enter");
    await page.getByRole("log").locator("p[dir]").getByText(text).waitFor();
  };
  await say("Nothing is kept.");
  await page.evaluate("sockets.at(-1).close()");
  await say("Back.");
  await page.evaluate(
    "globalThis.WebSocket = class extends WebSocket { constructor() { super('ws://127.0.0.1:1') } }",
  );
  await page.evaluate("sockets.at(-1).close()");
  await page.locator(".status-bar").getByText("No connection.").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: /^Log out$/ }).click();
  await page.getByText("The server could not be told yet").waitFor();
  await page.evaluate("globalThis.WebSocket = Object.getPrototypeOf(WebSocket)");
  await page.getByText("You are logged out, and the server knows.").waitFor();
  await page.close();
});
