import * as v from "valibot";
import { bounds } from "./bounds.ts";
import type { World } from "./connection.ts";
import type { Position } from "./outbox.ts";
import type { Store } from "./store.ts";

/** Something that one tab tells the others. */
export type TabMessage = v.InferOutput<typeof tabMessage>;

/** A line that somebody may be told of. */
export interface Telling extends Position {
  readonly room: string;
  /** Whether nobody has seen it yet, in any tab. */
  isUnseen(): boolean;
  tell(): void;
}

/**
 * The tabs of this browser, which are one person's: what was seen in one is seen in all, and one tells of a line. That is the first
 * that claims it, which is written down, and none where somebody saw the line in another one.
 */
export class Tabs {
  readonly #world: World;
  readonly #store: Store;
  readonly #post: (message: TabMessage) => void;
  /** Whether there is, or was, another tab. */
  #hasOthers = false;

  /** @param onSeen a person has seen a room up to there, in another tab. */
  constructor(
    world: World,
    store: Store,
    onSeen: (person: string, room: string, position: Position) => void,
  ) {
    this.#world = world;
    this.#store = store;
    this.#post = world.openTabs((received) => {
      const read = v.safeParse(tabMessage, received);
      if (!read.success) return; // of another version of the page
      this.#hasOthers = true;
      const message = read.output;
      if (message.kind === "hello") this.#post({ kind: "here" });
      else if (message.kind === "seen") onSeen(message.person, message.room, message);
    });
    this.#post({ kind: "hello" });
  }

  seen(person: string, room: string, { epoch, seq }: Position): void {
    this.#post({ kind: "seen", person, room, epoch, seq });
  }

  /** Tells of a line, here or in another tab. Another one, where somebody looks, has a moment to say that it was seen. */
  tellOnce(telling: Telling): void {
    const { room, epoch, seq } = telling;
    const tellUnlessTold = () => {
      if (telling.isUnseen() && writeTold(this.#store, telling)) telling.tell();
    };
    if (!this.#hasOthers) tellUnlessTold();
    else {
      this.#world.after(bounds.tellAfterMs, () =>
        this.#world.claim(`${room} ${epoch} ${seq}`, tellUnlessTold),
      );
    }
  }
}

/** Writes down that a line is told of. False where it is already, or one after it. */
function writeTold(store: Store, { room, epoch, seq }: Telling): boolean {
  const told = readTold(store);
  const last = told.get(room);
  if (last?.epoch === epoch && last.seq >= seq) return false;
  told.delete(room);
  told.set(room, { epoch, seq });
  // Those of rooms that were left make way.
  const kept = [...told].slice(-bounds.roomsMax);
  store.write("told", JSON.stringify(Object.fromEntries(kept)));
  return true;
}

function readTold(store: Store): Map<string, Position> {
  try {
    return new Map(Object.entries(v.parse(keptTold, JSON.parse(store.read("told")))));
  } catch {
    return new Map();
  }
}

const position = { epoch: v.string(), seq: v.number() };
const keptTold = v.record(v.string(), v.object(position));

const tabMessage = v.variant("kind", [
  /** A tab has been opened; the others answer. */
  v.object({ kind: v.literal("hello") }),
  v.object({ kind: v.literal("here") }),
  /** `person` has seen a room up to number `seq`. */
  v.object({ kind: v.literal("seen"), person: v.string(), room: v.string(), ...position }),
]);
