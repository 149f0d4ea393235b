/** What a browser remembers. Where it may not (private windows, full disks), the page goes on without. */
export interface Store {
  read(key: StoreKey): string;
  /** Keeps a text; an empty one is removed. */
  write(key: StoreKey, text: string): void;
}

export type StoreKey = BrowserKey | TabKey;

/**
 * This browser's: who is logged in, their rooms, how far they have seen them and what they were told of, sessions that are to end, a
 * code that is waited for, and the settings.
 */
export type BrowserKey = (typeof browserKeys)[number];
/** This tab's: what is being typed and sent, by whom and where, and what was read. */
export type TabKey = "tab" | "form" | "author" | "drafts" | "outbox" | "room" | "read";

export const browserKeys = [
  "token",
  "person",
  "name",
  "email",
  "ending",
  "rooms",
  "seen",
  "told",
  "attempt",
  "language",
  "sound",
  "notifications",
] as const;

export function isBrowserKey(key: StoreKey): key is BrowserKey {
  return browserKeys.some((own) => own === key);
}

/** What is used of the DOM's Storage. */
export interface StorageArea {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps texts in storages of the browser, each under a prefix and its key. Where that is refused (cookies are blocked) or a storage
 * is full, the text is kept in memory, and no older one in the storage: a reload starts afresh.
 */
export function storeIn(areaOf: (key: StoreKey) => StorageArea, prefix: string): Store {
  const inMemory = new Map<StoreKey, string>();
  const tryTo = <Result>(act: () => Result): Result | undefined => {
    try {
      return act();
    } catch {
      return undefined;
    }
  };
  return {
    read: (key) => inMemory.get(key) ?? tryTo(() => areaOf(key).getItem(prefix + key)) ?? "",
    write(key, text) {
      const isKept = tryTo(() => {
        if (text === "") areaOf(key).removeItem(prefix + key);
        else areaOf(key).setItem(prefix + key, text); // not removed before, of which other tabs would hear
        return true;
      });
      inMemory.delete(key);
      if (isKept) return;
      inMemory.set(key, text);
      tryTo(() => areaOf(key).removeItem(prefix + key));
    },
  };
}
