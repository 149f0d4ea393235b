/** One that waits for room with its value. `settle` tells it whether the value was accepted. */
export class Sender<T> {
  readonly value: T;
  readonly bytes: number;
  readonly settle: (accepted: boolean) => void;
  /** Neighbours in the line; owned by Senders. */
  ahead: Sender<T> | undefined = undefined;
  behind: Sender<T> | undefined = undefined;

  constructor(value: T, bytes: number, settle: (accepted: boolean) => void) {
    this.value = value;
    this.bytes = bytes;
    this.settle = settle;
  }
}

/** Senders in a line, first come first served. A linked list, since one that gives up leaves from the middle. */
export class Senders<T> {
  #first: Sender<T> | undefined;
  #last: Sender<T> | undefined;
  #length = 0;

  get first(): Sender<T> | undefined {
    return this.#first;
  }

  get length(): number {
    return this.#length;
  }

  join(sender: Sender<T>): void {
    sender.ahead = this.#last;
    if (this.#last === undefined) this.#first = sender;
    else this.#last.behind = sender;
    this.#last = sender;
    this.#length += 1;
  }

  /** Takes out a sender that is in this line. */
  leave(sender: Sender<T>): void {
    if (sender.ahead === undefined) this.#first = sender.behind;
    else sender.ahead.behind = sender.behind;
    if (sender.behind === undefined) this.#last = sender.ahead;
    else sender.behind.ahead = sender.ahead;
    sender.ahead = undefined;
    sender.behind = undefined;
    this.#length -= 1;
  }
}
