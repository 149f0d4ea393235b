/** What a browser remembers. Where it may not (private windows, full disks), the page goes on without. */
export interface Store {
  read(key: StoreKey): string;
  /** Keeps a text; an empty one is removed. */
  write(key: StoreKey, text: string): void;
}

/** `token` and `name` are this browser's, the others this tab's. */
export type StoreKey = "token" | "name" | "draft" | "outbox" | "outbox-name" | "form";

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
