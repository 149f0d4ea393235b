import type { Logger } from "pino";

/** How an actor's life ended. */
export type Ending = { kind: "finished" } | { kind: "failed"; cause: unknown };

/**
 * Starts an actor: a loop over its mailbox that ends when the mailbox closes. A failure ends this actor alone;
 * it is logged with its cause, and the owner, who awaits the ending, decides what happens next.
 *
 * The promise never rejects.
 *
 * @example
 * const ending = await spawn("room", logger, async () => {
 *   for await (const command of inbox) handle(command);
 * });
 * if (ending.kind === "failed") startAnotherRoom();
 */
export function spawn(name: string, logger: Logger, life: () => Promise<void>): Promise<Ending> {
  return new Promise<void>((ended) => ended(life())).then(
    () => ({ kind: "finished" }),
    (cause: unknown) => {
      logger.error({ actor: name, err: cause }, "an actor failed");
      return { kind: "failed", cause };
    },
  );
}
