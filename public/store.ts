/** What a browser remembers. Where it may not (private windows, full disks), the page goes on without. */
export interface Store {
  read(key: StoreKey): string;
  /** Keeps a text; an empty one is removed. */
  write(key: StoreKey, text: string): void;
}

export type StoreKey = BrowserKey | TabKey;

/** This browser's: who is logged in, their rooms, what they were told of, sessions that are to end, a code that is waited for, and the settings. */
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
  "told",
  "attempt",
  "language",
  "sound",
  "notifications",
] as const;

export function isBrowserKey(key: StoreKey): key is BrowserKey {
  return browserKeys.some((own) => own === key);
}
