import type { Channel } from "../channel/channel.ts";

/**
 * The ask pattern: commands to an actor whose senders wait for an answer. Each is answered once, by the actor, or as closed
 * when the actor takes no more or has ended, so that nobody waits for ever. Bounded by the inbox and its waiting senders.
 */
export class Ask<Command> {
  readonly #inbox: Pick<Channel<Command>, "send">;
  readonly #waiting = new Set<() => void>();

  constructor(inbox: Pick<Channel<Command>, "send">) {
    this.#inbox = inbox;
  }

  /**
   * Sends a command and waits for its answer. An answered command releases everything that hangs on it, since a loop that
   * waits for the next command may still hold it.
   */
  ask<T>(closed: T, command: (answer: (value: T) => void) => Command): Promise<T> {
    return new Promise((resolve, failed) => {
      let settle = resolve;
      const refuse = () => answer(closed);
      const answer = (value: T) => {
        this.#waiting.delete(refuse);
        settle(value);
        settle = () => {};
      };
      this.#waiting.add(refuse);
      this.#inbox.send(command(answer)).then((accepted) => {
        if (!accepted) refuse();
      }, failed);
    });
  }

  /** The actor has ended: whoever still waits is told that it is closed. */
  refuseAll(): void {
    for (const refuse of this.#waiting) refuse();
  }
}
