import { afterAll, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { setStage } from "./stage.ts";

let proxy: FaultProxy;
const stage = setStage(async () => {
  proxy = await startFaultProxy(() => stage.server.url, []);
  return { PLUME_ORIGINS: proxy.url };
});

afterAll(() => proxy[Symbol.asyncDispose]());

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
