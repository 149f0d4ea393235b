import { batch, computed, type Signal, signal } from "@preact/signals";
import { type LogEntryV2, type ServerMessageV2, Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import type { Connection, World } from "./connection.ts";
import { Draft } from "./draft.ts";
import { isDeleting, type Position } from "./outbox.ts";
import type { Room } from "./room.ts";
import * as reduce from "./room.ts";
import { RoomList } from "./room-list.ts";
import { Sender } from "./sender.ts";
import type { Store } from "./store.ts";
import type { Person, Said } from "./timeline.ts";
import { sentence, translated, words } from "./words.ts";

/** Something was said that this person may want to be told of. */
export interface News {
  readonly room: string;
  readonly line: Said;
}

/** Who is told of what happens in the rooms. */
export interface ConversationListener {
  /** Whether someone is looking at the page. */
  watched(): boolean;
  /** Something was said that nobody saw here. */
  news(news: News): void;
  /** `me` has seen a room up to there. */
  seen(me: Person, room: string, position: Position): void;
}

/** The rooms somebody is in, and what is said there. The only writer of its signals. */
export class Conversation {
  readonly list: RoomList;
  readonly sender: Sender;
  readonly draft: Draft;
  /** A line that somebody wants to see, by its id, until it is shown. */
  readonly sought: Signal<{ room: string; id: string } | undefined> = signal(undefined);

  readonly #world: World;
  readonly #connection: Connection;
  readonly #listener: ConversationListener;
  #me: Person;
  #entered = false;
  #typedAt = Number.NEGATIVE_INFINITY;
  readonly #typingEnds = new Map<string, () => void>();

  constructor(world: World, store: Store, connection: Connection, listener: ConversationListener) {
    this.#world = world;
    this.#connection = connection;
    this.#listener = listener;
    this.#me = { id: store.read("person"), name: store.read("name") };
    this.list = new RoomList(store);
    this.sender = new Sender(world, store, connection, this.list);
    // What waits for a room is shown there, though another tab has left the room, or the room let nobody in.
    this.list.add(this.sender.outbox.value.map(({ room }) => room));
    const shown = computed(() => this.list.room.value.name);
    this.draft = new Draft(store, this.sender, shown);
  }

  /** The server knows who this is: rooms are joined, and what waits goes out. */
  entered(me: Person): void {
    this.#me = me;
    this.#entered = true;
    this.sender.start();
  }

  cutOff(): void {
    this.#entered = false;
    this.#typedAt = Number.NEGATIVE_INFINITY;
    batch(() => {
      this.sender.stop();
      this.list.changeAll(reduce.cutOff);
    });
  }

  /** Shows a room, and comes into it where one is not in it yet. */
  open(name: string, invite = "", isPrivate = false): void {
    batch(() => {
      this.draft.stopEditing();
      const before = this.list.room.value;
      const isShown = before.name === name;
      this.list.open(name, invite, isPrivate);
      if (!isShown) this.#dropUnentered(before);
      this.seen(isShown ? "back" : "come");
    });
    this.sender.pump();
  }

  /** A room that never let this person in is not kept, once they have read why and go on, unless a line waits there. */
  #dropUnentered(room: Room): void {
    const isWaitedFor = this.sender.outbox.value.some((line) => line.room === room.name);
    if (!reduce.canWrite(room) && !room.wasIn && !isWaitedFor) this.list.remove(room.name);
  }

  leave(name: string): void {
    const room = this.list.find(name);
    if (room === undefined || !this.list.canLeave(name)) return;
    this.sender.decide();
    if (this.#entered && reduce.canWrite(room)) this.#connection.send({ type: Type.Leave, room: name });
    batch(() => {
      this.sender.discardRoom(name);
      this.draft.forgetRoom(name);
      this.list.remove(name);
      this.seen("come");
    });
    this.sender.pump();
  }

  /** Asks for the messages before those that are known. */
  askOlder(): void {
    const room = this.list.room.value;
    if (room.older === "asking" || !reduce.canAskOlder(room)) return;
    this.list.change(room.name, (old) => ({ ...old, older: "asking" }));
    this.#connection.send({ type: Type.Older, room: room.name, before: room.oldest });
  }

  /** Somebody looks at the page; `as` in `reduce.seen`. */
  seen(as: Parameters<typeof reduce.seen>[1]): void {
    if (!this.#listener.watched()) return;
    const before = this.list.room.value;
    this.list.change(before.name, (room) => reduce.seen(room, as));
    const { name, readTo } = this.list.room.value;
    if (readTo !== before.readTo) this.#listener.seen(this.#me, name, readTo);
  }

  /** This person has seen a room up to there, in another tab. */
  seenElsewhere(person: string, room: string, position: Position): void {
    if (person !== this.#me.id) return;
    this.list.change(room, (old) => reduce.seenElsewhere(old, position, this.#me));
  }

  /** Whether a line is among what nobody has seen, in any tab. */
  isUnread({ room, line }: News): boolean {
    const known = this.list.find(room);
    return known !== undefined && reduce.isUnread(known, line);
  }

  type(text: string): void {
    this.draft.type(text);
    const { name, stage } = this.list.room.value;
    const now = this.#world.elapsed();
    if (!this.#entered || stage.kind !== "in" || text.trim() === "" || this.draft.editing.value) return;
    if (now - this.#typedAt < bounds.typingEveryMs) return;
    this.#typedAt = now;
    this.#connection.send({ type: Type.Typing, room: name });
  }

  /** Once, however often it is asked for, and not at once: see `Sender.add`. */
  deleteLine(line: Said): void {
    const room = this.list.room.value.name;
    const act = { kind: "delete" as const, epoch: line.epoch, of: line.seq };
    if (isDeleting(this.sender.outbox.value, room, act)) return;
    if (!this.sender.add(room, act, "")) {
      this.draft.remark.value = words.composer.full(bounds.outboxLines);
    }
  }

  /** Changes the own line that was said last, or the one before that is being changed. Whether there is one. */
  editLast(): boolean {
    const room = this.list.room.value;
    let before = this.draft.editing.value?.line.seq ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const line = reduce.ownLineBefore(room, before);
      if (line === undefined) return false;
      const place = { epoch: line.epoch, of: line.seq };
      if (!isDeleting(this.sender.outbox.value, room.name, place)) {
        this.draft.edit(line);
        return true;
      }
      before = line.seq;
    }
  }

  /** Tells the server that this person leaves all rooms for good. */
  goOut(): void {
    this.sender.decide();
    const rooms = this.#entered ? this.list.rooms.value : [];
    for (const { name: room } of rooms) this.#connection.send({ type: Type.Leave, room });
  }

  /** Leaves for good, and forgets everything, for the next person at this browser. */
  clear(): void {
    this.goOut();
    this.#entered = false;
    this.#me = { id: "", name: "" };
    batch(() => {
      this.sender.clear();
      this.draft.clear();
      this.sought.value = undefined;
      this.list.clear();
    });
  }

  /** What the server says in one frame: one draw. */
  received(messages: readonly ServerMessageV2[]): void {
    batch(() => {
      for (const message of messages) this.#take(message);
      this.seen("looking");
    });
    this.sender.pump();
  }

  #take(message: ServerMessageV2): void {
    const now = this.#world.now();
    switch (message.type) {
      case Type.Joined:
        this.#joined(message.room, (room) => reduce.joined(room, message, now), message.last);
        break;
      case Type.Text:
      case Type.Edited:
      case Type.Deleted:
      case Type.Entered:
      case Type.Departed:
        this.#heard(message);
        break;
      case Type.Gap:
        this.list.change(message.room, (room) => reduce.gone(room, message, now));
        this.sender.settled(message.room, message.last);
        break;
      case Type.History:
        this.list.change(message.room, (room) => reduce.recalled(room, message, this.#me));
        break;
      case Type.Presence:
        this.list.change(message.room, (room) => ({ ...room, present: message }));
        break;
      case Type.Typing:
        this.#typing(message.room, message);
        break;
      case Type.Invite:
        this.list.change(message.room, (room) => ({ ...room, invite: message.text }));
        this.list.keep();
        break;
      case Type.VoidInvites:
        this.#connection.send({ type: Type.Invite, room: message.room });
        break;
      case Type.Ack:
        this.sender.acked(message.nonce, message.room, message.seq);
        break;
      case Type.Refused:
        this.#refused(message);
        break;
      case Type.Left:
        this.#left(message.room);
        break;
      default: // What the session hears.
    }
  }

  /** Nobody comes in any more with an invitation that was made until now; a new one follows. */
  voidInvitations(name: string): void {
    this.#connection.send({ type: Type.VoidInvites, room: name });
  }

  #joined(name: string, join: (room: Room) => Room, last: number): void {
    const before = this.list.find(name);
    this.list.change(name, join);
    const room = this.list.find(name);
    if (before === undefined || room === undefined) return;
    const position = { epoch: room.epoch, seq: last };
    this.sender.rejoined(name, position, reduce.knownEpoch(before), words.outgoing.gone);
    // What lets oneself in again, and others.
    if (room.isPrivate) this.#connection.send({ type: Type.Invite, room: name });
    this.list.keep();
  }

  /** Unasked, for whoever leaves has no such room any more: this person was shown out. */
  #left(name: string): void {
    if (this.list.find(name)?.stage.kind === "in") this.#refuse(name, words.rooms.shownOut);
  }

  #refuse(name: string, reason: string): void {
    this.list.change(name, (old) => ({ ...old, stage: { kind: "refused", reason }, older: "idle" }));
    this.list.keep();
    if (this.draft.editing.value?.room === name) this.draft.stopEditing();
  }

  #heard(entry: LogEntryV2): void {
    const before = this.list.find(entry.room);
    if (before === undefined) return;
    this.list.change(entry.room, (room) => reduce.heard(room, entry, this.#me));
    this.sender.settled(entry.room, entry.seq);
    const newest = this.list.find(entry.room)?.timeline.at(-1);
    if (newest === undefined || newest === before.timeline.at(-1)) return;
    if (reduce.isNewIn(before, newest) && !this.#isSeen(entry.room)) {
      this.#listener.news({ room: entry.room, line: newest });
    }
  }

  #typing(name: string, crowd: { count: number; names: string[] }): void {
    const names = crowd.names.filter((other) => other !== this.#me.name);
    const typing = { count: crowd.count - (crowd.names.length - names.length), names };
    this.list.change(name, (room) => ({ ...room, typing }));
    this.#typingEnds.get(name)?.();
    this.#typingEnds.delete(name);
    if (typing.count === 0) return;
    const end = () => this.list.change(name, (room) => ({ ...room, typing: reduce.nobody }));
    this.#typingEnds.set(name, this.#world.after(bounds.typingShownMs, end));
  }

  #refused(message: Extract<ServerMessageV2, { type: typeof Type.Refused }>): void {
    const { code, text, nonce, retryAfterMs } = message;
    const room = this.list.find(message.room ?? "");
    if (nonce !== undefined) this.sender.refused(nonce, code, text, retryAfterMs);
    else if (room?.stage.kind === "joining") {
      const isLater = code === "too-fast" || code === "busy";
      if (isLater) {
        this.sender.hold(retryAfterMs);
        this.list.change(room.name, (old) => ({ ...old, stage: { kind: "out" } }));
      } else this.#refuse(room.name, sentence(translated(code, text)));
    } else if (room !== undefined) this.list.change(room.name, (old) => ({ ...old, older: "idle" }));
    // The room has forgotten us: come in again, which asks for everything since. One that is busy for a while has not.
    const isOut = code === "not-member" || (code === "busy" && retryAfterMs === undefined);
    if (room?.stage.kind === "in" && isOut) {
      this.list.change(room.name, (old) => ({ ...old, stage: { kind: "out" } }));
    }
  }

  #isSeen(name: string): boolean {
    return this.list.room.value.name === name && this.#listener.watched();
  }
}
