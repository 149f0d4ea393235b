import type { Channel } from "../channel/channel.ts";
import type { SaveOutcome } from "../store/store.ts";

/**
 * Where the commands of one actor get their order, and where what they led to is kept. The actor is a loop: it takes commands
 * out of its inbox in the journal's order, applies them, has what they led to kept, and only then publishes and answers it.
 *
 * The commands in their order are all that the actor's state depends on: so the same state comes of them wherever the journal
 * hands them out.
 */
export interface Journal<Command, Effect> {
  /**
   * Puts a command in order: it comes out of the inbox once, behind all that its sender sent before. Waits while there is no
   * room. False: the journal closed before, and it does not come out.
   */
  send(command: Command): Promise<boolean>;
  /**
   * Keeps what a group of commands led to, as one. Undefined: there is nothing to wait for. When it fails, what was drafted is
   * lost, and what is owed is kept along with the next. One group at a time.
   */
  keep(effects: readonly Effect[]): Promise<SaveOutcome> | undefined;
  /** Takes no more commands; those that were accepted still come out, and then the inbox ends. Again: does nothing. */
  close(): void;
  /** Nothing is to be found again of what was kept. After the actor's end. @param remains undoes all that may be kept. */
  erase(remains: Iterable<Effect>): void;
}

/** The actor's inbox, as a journal fills it. The actor may put other things into it, which need no order. */
export type Inbox<Command> = Pick<Channel<Command>, "send" | "close">;
