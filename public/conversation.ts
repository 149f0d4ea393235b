import { batch, computed, type Signal, signal } from "@preact/signals";
import { BOT_NAME, MessageType } from "../src/protocol/message.ts";
import { bounds, byteLength } from "./bounds.ts";
import type { Connection, World } from "./connection.ts";
import { cleanLine } from "./fields.ts";
import * as outgoing from "./outbox.ts";
import { fullPace, holdPace, takeTurn } from "./pace.ts";
import { NOT_SENT } from "./refusals.ts";
import type { Store } from "./store.ts";
import { addGap, hear, isNews, type Timeline } from "./timeline.ts";
import { grouped, sentence, words } from "./words.ts";

/** What is said in the room, and what this person is about to say. The only writer of its signals. */
export class Conversation {
  readonly timeline: Signal<Timeline> = signal([]);
  readonly outbox: Signal<outgoing.Outbox>;
  readonly draft: Signal<string>;
  readonly draftBytes = computed(() => byteLength(this.draft.value));
  /** Why the text in the composer is still there. */
  readonly remark = signal("");
  /** News since this person last looked. */
  readonly unread = signal(0);

  readonly #world: World;
  readonly #store: Store;
  readonly #connection: Connection;
  /** Whether someone is looking at the page. */
  readonly #watched: () => boolean;
  /** Whose lines these are; empty before anyone has entered. */
  #me: string;
  #entered = false;
  /** When the connection was lost, ms since the Unix epoch. */
  #awaySince: number | undefined;
  #pace = fullPace(0);
  #cancelPump = nothing;

  constructor(world: World, store: Store, connection: Connection, watched: () => boolean) {
    this.#world = world;
    this.#store = store;
    this.#connection = connection;
    this.#watched = watched;
    this.#me = store.read("outbox-name");
    this.outbox = signal(outgoing.unpackOutbox(store.read("outbox")));
    this.draft = signal(store.read("draft"));
  }

  /** The server knows who this is: what waits goes out. */
  entered(name: string, at: number): void {
    batch(() => {
      if (this.#me !== name) this.#become(name);
      if (this.#awaySince !== undefined) {
        this.timeline.value = addGap(this.timeline.value, this.#awaySince, at);
      }
    });
    this.#awaySince = undefined;
    this.#entered = true;
    this.#pump();
  }

  /** Nothing goes out any more. What was on the wire may have arrived or not. */
  cutOff(at: number): void {
    this.#entered = false;
    this.#awaySince ??= at;
    this.#cancelPump();
    this.#setOutbox(outgoing.markUnsure(this.outbox.value));
  }

  heard(name: string, text: string, at: number): void {
    if (name === BOT_NAME && text.startsWith(NOT_SENT)) {
      if (this.#refused(text.slice(NOT_SENT.length).trim())) return;
    }
    batch(() => {
      if (name === this.#me) this.#echoed(text);
      const before = this.timeline.value;
      this.timeline.value = hear(before, { name, text, at }, this.#me);
      const newest = this.timeline.value.at(-1);
      if (this.timeline.value !== before && newest && isNews(newest) && !this.#watched())
        this.unread.value += 1;
    });
  }

  /** Somebody looks at the page again. */
  seen(): void {
    this.unread.value = 0;
  }

  type(text: string): void {
    batch(() => {
      this.draft.value = text;
      this.remark.value = "";
    });
    this.#store.write("draft", text);
  }

  /** Says what is in the composer, or says why not and leaves it there. Whether it was taken. */
  say(): boolean {
    const line = cleanLine(this.draft.value);
    if (line === "") return false;
    const bytes = byteLength(line);
    if (bytes > bounds.textBytesMax) {
      this.remark.value = words.composer.tooLong(grouped(bytes), grouped(bounds.textBytesMax));
      return false;
    }
    const outbox = outgoing.addLine(this.outbox.value, line, this.#world.now());
    if (outbox === undefined) {
      this.remark.value = words.composer.full(bounds.outboxLines);
      return false;
    }
    batch(() => {
      this.type("");
      this.#setOutbox(outbox);
      this.#pump();
    });
    return true;
  }

  again(id: number): void {
    this.#setOutbox(outgoing.sendAgain(this.outbox.value, id));
    this.#pump();
  }

  discard(id: number): void {
    this.#setOutbox(outgoing.remove(this.outbox.value, id));
    this.#pump();
  }

  /** Takes a line back into the composer, after what is there. */
  edit(id: number): void {
    const line = this.outbox.value.find((candidate) => candidate.id === id);
    if (line === undefined) return;
    batch(() => {
      this.discard(id);
      this.type(this.draft.value.trim() === "" ? line.text : `${this.draft.value.trimEnd()}\n${line.text}`);
    });
  }

  /** Forgets everything, for the next person at this browser. */
  clear(): void {
    this.#entered = false;
    this.#awaySince = undefined;
    this.#cancelPump();
    batch(() => {
      this.#become("");
      this.type("");
      this.unread.value = 0;
    });
  }

  /** Somebody else than before: nothing of theirs is shown or sent under this name. */
  #become(name: string): void {
    this.#me = name;
    this.#store.write("outbox-name", name);
    this.timeline.value = [];
    this.#setOutbox([]);
  }

  /**
   * Sends the next line, no faster than the server takes them, and only when the one before has been echoed or
   * refused: a refusal in v1 does not say what it is for, and may come before the echo of an older line.
   */
  #pump(): void {
    this.#cancelPump();
    const line = outgoing.nextLine(this.outbox.value);
    if (!this.#entered || line === undefined) return;
    const now = this.#world.now();
    const { pace, waitMs } = takeTurn(this.#pace, now);
    this.#pace = pace;
    if (waitMs > 0) {
      this.#cancelPump = this.#world.after(waitMs, () => this.#pump());
      return;
    }
    if (!this.#connection.send({ type: MessageType.Text, text: line.text }, true)) return;
    this.#setOutbox(outgoing.markSent(this.outbox.value, line.id));
    this.#cancelPump = this.#world.after(bounds.echoTimeoutMs, () => {
      this.#setOutbox(outgoing.markUnsure(this.outbox.value));
      this.#pump();
    });
  }

  #echoed(text: string): void {
    const outbox = outgoing.markEchoed(this.outbox.value, text);
    if (outbox === this.outbox.value) return;
    this.#setOutbox(outbox);
    this.#pump();
  }

  /** Gives the refused text back. `false` where nothing of this tab can be meant. */
  #refused(reason: string): boolean {
    const { outbox, refused } = outgoing.markRefused(this.outbox.value, reason);
    if (refused === undefined) return false;
    this.#pace = holdPace(this.#world.now(), reason);
    batch(() => {
      this.#setOutbox(outbox);
      if (this.draft.value.trim() !== "") return;
      this.edit(refused.id);
      this.remark.value = words.composer.refused(sentence(reason));
    });
    this.#pump();
    return true;
  }

  #setOutbox(outbox: outgoing.Outbox): void {
    this.outbox.value = outbox;
    this.#store.write("outbox", outbox.length === 0 ? "" : outgoing.packOutbox(outbox));
  }
}

function nothing(): void {}
