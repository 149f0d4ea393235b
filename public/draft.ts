import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isVisible } from "../src/protocol/visible.ts";
import { bounds, byteLength } from "./bounds.ts";
import { cleanLine } from "./fields.ts";
import type { Sender } from "./sender.ts";
import type { Store } from "./store.ts";
import type { Said } from "./timeline.ts";
import { grouped, words } from "./words.ts";

/** A line of one's own that is being changed, with the draft that waits meanwhile. */
export interface Editing {
  readonly room: string;
  readonly line: Said;
  readonly before: string;
}

/** What is in the composer: a draft for each room, or a line that is changed. The only writer of its signals. */
export class Draft {
  readonly text: ReadonlySignal<string>;
  readonly bytes = computed(() => byteLength(this.text.value));
  /** Why the text in the composer is still there. */
  readonly remark = signal("");
  readonly editing: Signal<Editing | undefined> = signal(undefined);

  readonly #store: Store;
  readonly #sender: Sender;
  readonly #room: ReadonlySignal<string>;
  /** By room. A Map, for a room may be called "constructor". */
  readonly #drafts: Signal<ReadonlyMap<string, string>>;

  constructor(store: Store, sender: Sender, room: ReadonlySignal<string>) {
    this.#store = store;
    this.#sender = sender;
    this.#room = room;
    this.#drafts = signal(unpack(store.read("drafts")));
    this.text = computed(() => this.#drafts.value.get(room.value) ?? "");
  }

  /** Nothing was typed: it is empty, or the line that is changed as it was. */
  get isUntouched(): boolean {
    return this.text.value === (this.editing.value?.line.text ?? "");
  }

  type(text: string): void {
    batch(() => {
      this.#write(this.#room.value, text);
      this.remark.value = "";
    });
  }

  /** Says what is in the composer, or says why not and leaves it there. Whether it was taken. */
  say(): boolean {
    const line = cleanLine(this.text.value);
    if (line === "") return false;
    if (!isVisible(line)) {
      this.remark.value = words.composer.invisible;
      return false;
    }
    const bytes = byteLength(line);
    if (bytes > bounds.textBytesMax) {
      this.remark.value = words.composer.tooLong(grouped(bytes), grouped(bounds.textBytesMax));
      return false;
    }
    const editing = this.editing.value;
    const act =
      editing === undefined
        ? { kind: "say" as const }
        : { kind: "edit" as const, epoch: editing.line.epoch, of: editing.line.seq };
    return batch(() => {
      if (!this.#sender.add(this.#room.value, act, line)) {
        this.remark.value = words.composer.full(bounds.outboxLines);
        return false;
      }
      if (editing === undefined) this.type("");
      else this.stopEditing();
      return true;
    });
  }

  /** Says why what was dropped or pasted is not here. */
  refuseFiles(): void {
    this.remark.value = words.composer.noFiles;
  }

  /** Takes an undelivered line back into the composer, after what is there; one on the wire goes its way. */
  takeBack(nonce: string): void {
    const line = this.#sender.find(nonce);
    if (line === undefined) return;
    const draft = this.text.value;
    batch(() => {
      if (!this.#sender.discard(nonce)) return;
      this.type(draft.trim() === "" ? line.text : `${draft.trimEnd()}\n${line.text}`);
    });
  }

  edit(line: Said): void {
    batch(() => {
      this.stopEditing();
      const room = this.#room.value;
      this.editing.value = { room, line, before: this.text.value };
      this.type(line.text);
    });
  }

  /** The draft from before is there again. */
  stopEditing(): void {
    const editing = this.editing.value;
    if (editing === undefined) return;
    batch(() => {
      this.editing.value = undefined;
      this.remark.value = "";
      this.#write(editing.room, editing.before);
    });
  }

  forgetRoom(room: string): void {
    if (this.editing.value?.room === room) this.stopEditing();
    this.#write(room, "");
  }

  clear(): void {
    batch(() => {
      this.editing.value = undefined;
      this.remark.value = "";
      this.#drafts.value = new Map();
    });
    this.#store.write("drafts", "");
  }

  #write(room: string, text: string): void {
    const drafts = new Map(this.#drafts.value);
    if (text === "") drafts.delete(room);
    else drafts.set(room, text);
    this.#drafts.value = drafts;
    this.#keep();
  }

  /** What a reload finds: drafts, and no line half changed. */
  #keep(): void {
    const editing = this.editing.value;
    const drafts = new Map(this.#drafts.value);
    if (editing !== undefined) drafts.set(editing.room, editing.before);
    const kept = [...drafts].filter(([, text]) => text !== "");
    this.#store.write("drafts", kept.length === 0 ? "" : JSON.stringify(Object.fromEntries(kept)));
  }
}

function unpack(packed: string): ReadonlyMap<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(packed);
  } catch {
    return new Map();
  }
  if (typeof json !== "object" || json === null) return new Map();
  const texts = Object.entries(json).flatMap(([room, text]): [string, string][] =>
    typeof text === "string" ? [[room, text]] : [],
  );
  return new Map(texts);
}
