import { batch, type Signal, signal } from "@preact/signals";
import type { RefusalCode } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import type { Connection, World } from "./connection.ts";
import * as outgoing from "./outbox.ts";
import { packOutbox, unpackOutbox } from "./outbox-store.ts";
import { fullPace, holdPace, takeTurn } from "./pace.ts";
import { joinMessage } from "./room.ts";
import type { RoomList } from "./room-list.ts";
import type { Store } from "./store.ts";
import { sentence, translated } from "./words.ts";

/** Brings what this person does to the server: once, in order, and no faster than the server takes it. */
export class Sender {
  readonly outbox: Signal<outgoing.Outbox>;
  /** What this person said last, and where; it may be delivered by now. */
  readonly newest: Signal<{ room: string; nonce: string } | undefined> = signal(undefined);
  readonly #world: World;
  readonly #store: Store;
  readonly #connection: Connection;
  readonly #rooms: RoomList;
  #running = false;
  #pace = fullPace(0);
  #cancelPump = nothing;

  constructor(world: World, store: Store, connection: Connection, rooms: RoomList) {
    this.#world = world;
    this.#store = store;
    this.#connection = connection;
    this.#rooms = rooms;
    this.outbox = signal(unpackOutbox(store.read("outbox")));
  }

  start(): void {
    this.#running = true;
    this.pump();
  }

  /** Nothing goes out any more; what was on the wire goes out again later. */
  stop(): void {
    this.#running = false;
    this.#cancelPump();
    this.#become(outgoing.unsent(this.outbox.value));
  }

  /** `false` when too much is waiting already. A deletion can be called back for `bounds.undoMs`, by `discard`. */
  add(room: string, act: outgoing.Act, text: string): boolean {
    const line = { nonce: this.#world.newId(), room, act, text, at: this.#world.now() };
    const isUndoable = act.kind === "delete";
    const outbox = outgoing.add(this.outbox.value, line, isUndoable ? "undoable" : "waiting");
    if (outbox === undefined) return false;
    if (isUndoable) this.#world.after(bounds.undoMs, () => this.decide(line.nonce));
    batch(() => {
      if (act.kind === "say") this.newest.value = { room, nonce: line.nonce };
      this.#become(outbox);
      this.pump();
    });
    return true;
  }

  /** Sends once more what was refused, not before its time, or may have been lost; nothing else. */
  again(nonce: string): void {
    const state = this.find(nonce)?.state;
    const isDue = state?.kind === "refused" && state.retryAt <= this.#world.now();
    if (state?.kind !== "unsure" && !isDue) return;
    this.#become(outgoing.again(this.outbox.value, nonce));
    this.pump();
  }

  /** What can be called back goes out: one of it, or all, for this person goes. */
  decide(nonce?: string): void {
    const outbox = outgoing.decided(this.outbox.value, nonce);
    if (outbox === this.outbox.value) return;
    this.#become(outbox);
    this.pump();
  }

  find(nonce: string): outgoing.Outgoing | undefined {
    return this.outbox.value.find((line) => line.nonce === nonce);
  }

  /** `false` where it can't be called back: it is on the wire or in the log, whatever is drawn. */
  discard(nonce: string): boolean {
    const kind = this.find(nonce)?.state.kind;
    if (kind === undefined || kind === "sent" || kind === "acked") return false;
    this.#become(outgoing.remove(this.outbox.value, nonce));
    this.pump();
    return true;
  }

  /** What waits for a room that is left. */
  discardRoom(room: string): void {
    this.#become(this.outbox.value.filter((line) => line.room !== room));
  }

  acked(nonce: string, room: string, seq: number): void {
    const last = this.#rooms.find(room)?.last ?? Number.POSITIVE_INFINITY;
    this.#become(outgoing.acked(this.outbox.value, nonce, seq, last));
  }

  /** The log of a room came as far as number `last`. */
  settled(room: string, last: number): void {
    const outbox = outgoing.settled(this.outbox.value, room, last);
    if (outbox !== this.outbox.value) this.#become(outbox);
  }

  rejoined(room: string, position: outgoing.Position, before: string, gone: string): void {
    this.#become(outgoing.rejoined(this.outbox.value, room, position, before, gone));
  }

  /** Sends what was held back, because the room began anew, to the room as it is now. */
  release(room: string): void {
    this.#become(outgoing.release(this.outbox.value, room));
    this.pump();
  }

  discardHeld(room: string): void {
    this.#become(this.outbox.value.filter((line) => !outgoing.isHeld(line, room)));
  }

  refused(nonce: string, code: RefusalCode, text: string, retryAfterMs: number | undefined): void {
    const retryAt = this.#world.now() + (retryAfterMs ?? 0);
    if (code === "too-fast" || code === "busy") this.hold(retryAfterMs);
    // Out of the room by no fault of this person's: once back, it goes out by itself.
    const isOut = code === "busy" || code === "not-member";
    this.#become(
      isOut
        ? outgoing.again(this.outbox.value, nonce)
        : outgoing.refused(this.outbox.value, nonce, sentence(translated(code, text)), retryAt),
    );
  }

  /** Nothing goes out for a while. */
  hold(ms: number = bounds.refusedPauseMs): void {
    this.#pace = holdPace(this.#pace, this.#world.elapsed() + ms);
  }

  clear(): void {
    this.#running = false;
    this.#cancelPump();
    this.newest.value = undefined;
    this.#become([]);
  }

  /** Sends all whose turn it is, rooms first. */
  pump(): void {
    this.#cancelPump();
    while (this.#running && this.#hasWork()) {
      const { pace, waitMs } = takeTurn(this.#pace, this.#world.elapsed());
      this.#pace = pace;
      if (waitMs > 0) {
        this.#cancelPump = this.#world.after(waitMs, () => this.pump());
        return;
      }
      const room = this.#rooms.takeOut();
      if (room !== undefined) this.#connection.send(joinMessage(room));
      else this.#sendLine();
    }
  }

  #hasWork(): boolean {
    return this.#rooms.hasOut() || this.#nextLine() !== undefined;
  }

  #sendLine(): void {
    const line = this.#nextLine();
    const room = this.#rooms.find(line?.room ?? "");
    if (line === undefined || room === undefined) return;
    this.#connection.send(outgoing.messageOf(line));
    this.#become(outgoing.sent(this.outbox.value, line.nonce, { epoch: room.epoch, seq: room.last }));
  }

  #nextLine(): outgoing.Outgoing | undefined {
    return outgoing.next(this.outbox.value, (name) => this.#rooms.find(name)?.stage.kind === "in");
  }

  #become(outbox: outgoing.Outbox): void {
    this.outbox.value = outbox;
    this.#store.write("outbox", packOutbox(outbox));
  }
}

function nothing(): void {}
