import type { Channel } from "../channel/channel.ts";

/**
 * What others wait for an actor to answer. Each question is answered once: by the actor, or as closed when it takes no more
 * or has ended, so that nobody waits for ever. Bounded by the inbox and those who wait to send to it.
 */
export class Ask<Command> {
  readonly #inbox: Pick<Channel<Command>, "send">;
  readonly #waiting = new Set<() => void>();

  constructor(inbox: Pick<Channel<Command>, "send">) {
    this.#inbox = inbox;
  }

  /**
   * Sends a command that is to be answered. The loop that waits for the next command may still hold this one, so with the
   * answer given, nothing hangs on it.
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
