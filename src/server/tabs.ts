import type { NameKey } from "../chat/user.ts";

/**
 * Which connection each tab has. A tab that comes back while the server still holds its old connection, its ghost,
 * takes over at once: nobody hears or says anything twice.
 */
export class Tabs {
  readonly #closers = new Map<string, () => void>();

  /** The tab has this connection now; `close` closes it when the tab has another. Returns what forgets it. */
  enter(user: NameKey, tab: string, close: () => void): () => void {
    const key = `${user}\n${tab}`;
    this.#closers.get(key)?.();
    this.#closers.set(key, close);
    return () => {
      if (this.#closers.get(key) === close) this.#closers.delete(key);
    };
  }
}
