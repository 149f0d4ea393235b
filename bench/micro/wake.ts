import { type Push, Repeater } from "@repeaterjs/repeater";
import { Log } from "../../src/log/log.ts";
import type { Group, Pass } from "./pass.ts";

/** Readers that all wait: the people of a large room. */
const READERS = 1000;

/** One line that wakes everybody, delivered to each. */
export function wake(): Group {
  return {
    name: `one line wakes ${READERS.toLocaleString("en")} readers`,
    passes: [followers(), repeaters()],
  };
}

function followers(): Pass {
  const log = new Log<number>({ capacity: 1000, bytes: { max: 8000, of: () => 8 }, turn: setImmediate });
  const readers = new Readers(() => log.follow(0));
  return { name: "followers of a log", messages: READERS, run: () => readers.hear(() => log.append(1)) };
}

function repeaters(): Pass {
  const pushes: Push<number>[] = [];
  const readers = new Readers(
    () =>
      new Repeater<number>(async (push, stop) => {
        pushes.push(push);
        await stop;
      }),
  );
  const pushAll = () => {
    for (const push of pushes) void push(1);
  };
  return { name: "a Repeater each", messages: READERS, run: () => readers.hear(pushAll) };
}

/** Loops that wait, each over a source of its own. */
class Readers {
  #heard = 0;
  #allHeard: () => void = () => {};

  constructor(source: () => AsyncIterable<unknown>) {
    for (let reader = 0; reader < READERS; reader += 1) void this.#read(source());
  }

  /** Says something that every reader hears once. Returns how many have heard it, when all have. */
  async hear(say: () => void): Promise<number> {
    this.#heard = 0;
    const allHeard = new Promise<void>((resolve) => {
      this.#allHeard = resolve;
    });
    say();
    await allHeard;
    return this.#heard;
  }

  async #read(source: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of source) {
      this.#heard += 1;
      if (this.#heard === READERS) this.#allHeard();
    }
  }
}
