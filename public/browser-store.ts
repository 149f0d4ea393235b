import type { Store, StoreKey } from "./store.ts";

export const browserStore: Store = {
  read(key) {
    try {
      return areaOf(key).getItem(prefix + key) ?? "";
    } catch {
      return "";
    }
  },
  write(key, text) {
    try {
      if (text === "") areaOf(key).removeItem(prefix + key);
      else areaOf(key).setItem(prefix + key, text);
    } catch {
      // Not remembered: a reload starts afresh.
    }
  },
};

/** Calls back when another tab of this browser logged out. */
export function onLoggedOutElsewhere(callback: () => void): void {
  addEventListener("storage", (event) => {
    const cleared = event.key === null;
    if (
      event.storageArea === localStorage &&
      (cleared || (event.key === `${prefix}token` && !event.newValue))
    ) {
      callback();
    }
  });
}

const prefix = "plume.";

function areaOf(key: StoreKey): Storage {
  return key === "token" || key === "name" ? localStorage : sessionStorage;
}
