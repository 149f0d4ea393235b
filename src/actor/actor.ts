import type { Logger } from "pino";

/** How an actor's life ended. */
export type Ending = { kind: "finished" } | { kind: "failed"; cause: unknown };

/**
 * Starts an actor: a loop over its mailbox that ends when the mailbox closes. A failure ends this actor alone;
 * it is logged with its cause, and the owner, who is told of the ending, decides what happens next.
 *
 * The promise settles after `ended` was called. It never rejects, unless `ended` throws.
 *
 * @example
 * spawn("room", logger, () => room.run(), (ending) => {
 *   if (ending.kind === "failed") startAnotherRoom();
 * });
 */
export function spawn(
  name: string,
  logger: Logger,
  life: () => Promise<void>,
  ended: (ending: Ending) => void = () => {},
): Promise<void> {
  return begin(life).then(
    () => ended({ kind: "finished" }),
    (cause: unknown) => {
      logger.error({ actor: name, err: cause }, "an actor failed");
      ended({ kind: "failed", cause });
    },
  );
}

/** A life that throws before it first waits has failed like any other. */
function begin(life: () => Promise<void>): Promise<void> {
  try {
    return life();
  } catch (cause) {
    return Promise.reject(cause);
  }
}
