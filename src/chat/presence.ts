import { limits } from "../limits.ts";
import type { User } from "../people/user.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Signal } from "./message.ts";

/** The newest signal of each kind. A signal that has not changed is the same object as before. */
export type Signals = { readonly [Kind in Signal["kind"]]: Signal };

/** The people that a signal is about. */
interface Crowd {
  readonly size: number;
  values(): Iterable<User>;
}

export const nobodyTypes: Signal = { kind: "typing", count: 0, names: [] };

interface BoardOptions {
  clock: Clock;
  /** Called in time for the next `tell`. */
  due: () => void;
  /** Called with the newest signals when they are others than before. */
  tell: (signals: Signals) => void;
}

/**
 * Makes what a room tells of the moment, at most every `limits.presenceEveryMs`: in between, changes add up. Only the newest
 * signals are told, so that a slow reader misses what is no longer true.
 */
export class SignalBoard {
  readonly #crowds: { readonly [Kind in Signal["kind"]]: Crowd };
  readonly #clock: Clock;
  readonly #due: () => void;
  readonly #tell: (signals: Signals) => void;
  #newest: Signals = { presence: { kind: "presence", count: 0, names: [] }, typing: nobodyTypes };
  /** Kinds that have changed since. */
  readonly #changed = new Set<Signal["kind"]>();
  /** Monotonic time of the last `tell`, in ms. */
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(crowds: { readonly [Kind in Signal["kind"]]: Crowd }, { clock, due, tell }: BoardOptions) {
    this.#crowds = crowds;
    this.#clock = clock;
    this.#due = due;
    this.#tell = tell;
  }

  change(kind: Signal["kind"]): void {
    this.#changed.add(kind);
    this.tell();
  }

  /** Tells what has changed; too early, it sees to it that `due` is called in time. */
  tell(): void {
    if (this.#changed.size === 0) return;
    const waitMs = this.#toldAtMs + limits.presenceEveryMs - this.#clock.elapsed();
    if (waitMs > 0) {
      this.#timer ??= this.#clock.after(waitMs, () => {
        this.#timer = undefined;
        this.#due();
      });
      return;
    }
    const { presence, typing } = this.#newest;
    this.#newest = {
      presence: this.#changed.has("presence") ? this.#make("presence") : presence,
      typing: this.#changed.has("typing") ? this.#make("typing") : typing,
    };
    this.#changed.clear();
    this.#toldAtMs = this.#clock.elapsed();
    this.#tell(this.#newest);
  }

  /** Tells nothing more. */
  close(): void {
    this.#timer?.cancel();
  }

  #make(kind: Signal["kind"]): Signal {
    const crowd = this.#crowds[kind];
    if (kind === "typing" && crowd.size === 0) return nobodyTypes;
    const names: string[] = [];
    for (const user of crowd.values()) {
      if (names.length >= limits.presenceNames) break;
      names.push(user.name);
    }
    return { kind, count: crowd.size, names };
  }
}
