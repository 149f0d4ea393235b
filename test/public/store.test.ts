import { expect, test } from "vitest";
import { type StoreKey, storeIn } from "../../public/store.ts";

/** A storage of the browser's that takes so many characters. */
function storage(charactersMax: number) {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(key: string, text: string) {
      if (text.length > charactersMax) throw new DOMException("full", "QuotaExceededError");
      kept.set(key, text);
    },
    removeItem: (key: string) => void kept.delete(key),
  };
}

const keys: StoreKey[] = ["token", "ending", "outbox"];

test("a storage that is refused, as with cookies blocked, is made up for until the page is left", () => {
  const store = storeIn(() => {
    throw new DOMException("no", "SecurityError");
  }, "plume.");
  for (const key of keys) store.write(key, `what ${key} is`);
  store.write("token", "");
  expect(keys.map((key) => store.read(key))).toEqual(["", "what ending is", "what outbox is"]);
});

test("a storage that is full keeps nothing old, which a reload would take for the newest", () => {
  const area = storage(10);
  const load = () => storeIn(() => area, "plume.");
  const store = load();
  store.write("drafts", "short");
  store.write("drafts", "much too long");
  expect([store.read("drafts"), load().read("drafts")]).toEqual(["much too long", ""]);
  store.write("drafts", "fits");
  expect([store.read("drafts"), load().read("drafts")]).toEqual(["fits", "fits"]);
});

test("what is kept anew is not gone in between, for other tabs would take that for a log-out", () => {
  const area = storage(100);
  let removed = 0;
  const counting = {
    ...area,
    removeItem: () => {
      removed += 1;
    },
  };
  const store = storeIn(() => counting, "plume./chat/");
  store.write("name", "Ada");
  store.write("name", "Ada L.");
  expect([removed, [...area.kept]]).toEqual([0, [["plume./chat/name", "Ada L."]]]);
});
