import type { Inbox, Journal } from "./journal.ts";

/** A journal of one process that keeps nothing: the order is the inbox's. */
export class MemoryJournal<Command> implements Journal<Command, unknown> {
  readonly #inbox: Inbox<Command>;

  /** @param inbox the actor's own, which it reads. */
  constructor(inbox: Inbox<Command>) {
    this.#inbox = inbox;
  }

  send(command: Command): Promise<boolean> {
    return this.#inbox.send(command);
  }

  keep(): undefined {
    return undefined;
  }

  close(): void {
    this.#inbox.close();
  }

  erase(): void {}
}
