/** What a browser remembers. Where it may not (private windows, full disks), the page goes on without. */
export interface Store {
  read(key: StoreKey): string;
  /** Keeps a text; an empty one is removed. */
  write(key: StoreKey, text: string): void;
}

/** `token` and `name` are this browser's, the others this tab's. */
export type StoreKey = "token" | "name" | "draft" | "outbox" | "outbox-name" | "form";
