import { expect, test } from "vitest";
import { setStage } from "../browser/stage.ts";
import type { Person } from "../browser/support.ts";
import { SocketClient } from "../support/socket-client.ts";
import { payloads } from "./xss-payloads.ts";

const stage = setStage({ PLUME_MESSAGES_PER_SECOND: "0" });

test("no text that attacks a page does anything but stand there, live and as history, as name, room and link", async () => {
  const { server, visit, enter } = stage;
  const mallory = await SocketClient.enter(server.url, server.token("Mallory"));
  const ada = await watch(await enter("Ada"));
  const middle = payloads.length / 2; // a newcomer gets that many lines, and not all
  for (const half of [payloads.slice(0, middle), payloads.slice(middle)]) {
    const end = `said all ${half.length} from ${half[0]}`;
    for (const payload of [...half, end]) mallory.say(payload);
    await ada.person.line(end).waitFor();
    await isHarmless(ada, half, "live");
    await ada.person.page.reload();
    await ada.person.line(end).waitFor();
    await isHarmless(ada, half, "as history");
  }

  for (const payload of payloads) {
    const place = `${server.url}/#${payload}`;
    await ada.person.page.goto(place.replaceAll("\n", "%0a"));
    await ada.person.page.evaluate(`location.hash = ${JSON.stringify(`room=${payload}`)}`);
  }
  expect([ada.harm, ada.person.faults]).toEqual([[], []]);
  expect(await ada.person.page.evaluate("globalThis.attacked")).toBe(undefined);

  const bo = await watch(await visit("Bo"));
  for (const payload of payloads.slice(0, 10)) await bo.person.ask(payload, "bo@example.org");
  expect(bo.harm).toEqual([]);
  expect(await bo.person.page.evaluate("globalThis.attacked")).toBe(undefined);
});

interface Watched {
  person: Person;
  /** Dialogs that opened, and pages that were left for or opened. */
  harm: string[];
}

/** Sees to it that whatever a script that got in would do is seen. */
async function watch(person: Person): Promise<Watched> {
  const harm: string[] = [];
  const { page } = person;
  page.on("dialog", (dialog) => {
    harm.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => harm.push(`popup: ${popup.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(stage.server.url)) harm.push(`request: ${request.url()}`);
  });
  return { person, harm };
}

/** All of it is shown as it was written, and nothing of it ran. */
async function isHarmless({ person, harm }: Watched, said: readonly string[], when: string): Promise<void> {
  const { page } = person;
  expect([when, harm, person.faults]).toEqual([when, [], []]);
  expect(await page.evaluate("globalThis.attacked")).toBe(undefined);
  const shown = await person.transcript();
  expect(shown.slice(-said.length - 1, -1).map(asShown)).toEqual(said.map(asShown));
  const strange =
    "iframe, object, embed, form[action], base, meta[http-equiv], img, svg *[onload], video, audio, math";
  expect(await person.log.locator(strange).count()).toBe(0);
  const attributes: unknown = await person.log.evaluate((log) =>
    [...log.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes]
        .filter(({ name, value }) => /^on/.test(name) || /^(javascript|data|vbscript):/i.test(value.trim()))
        .map(({ name, value }) => `${name}=${value}`),
    ),
  );
  expect(attributes).toEqual([]);
}

/** What HTML makes of white space. */
function asShown(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
