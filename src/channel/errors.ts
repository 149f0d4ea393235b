/** A second receiver came to a channel while `holder` was receiving from it. A mistake in the program. */
export class ReceiverTaken extends Error {
  override readonly name = "ReceiverTaken";

  constructor(holder: string) {
    super(`a channel has one receiver at a time, and ${holder} is already receiving from this one`);
  }
}

/** As many senders as allowed already wait for room. Whoever sends should have been slowed down before. */
export class TooManySenders extends RangeError {
  override readonly name = "TooManySenders";

  constructor(limit: number) {
    super(`${limit} senders already wait for room in this channel, which is its limit`);
  }
}
