import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { bounds } from "./bounds.ts";
import { newRoom, type Room } from "./room.ts";
import { packRead, packRooms, packSeen, unpackRooms } from "./rooms-store.ts";
import type { Store } from "./store.ts";

/** The rooms somebody is in, and which of them is shown. The only writer of its signals. */
export class RoomList {
  readonly rooms: Signal<readonly Room[]>;
  /** The room that is shown. */
  readonly room: ReadonlySignal<Room>;
  /** Messages nobody has looked at, in all rooms. */
  readonly unread = computed(() => this.rooms.value.reduce((sum, { unread }) => sum + unread, 0));
  readonly #shown: Signal<string>;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.rooms = signal(unpackRooms(store.read("rooms"), store.read("read"), store.read("seen")));
    this.#shown = signal(store.read("room"));
    this.room = computed(() => this.find(this.#shown.value) ?? this.rooms.value[0] ?? newRoom(bounds.lobby));
    effect(() => store.write("read", packRead(this.rooms.value)));
    effect(() => store.write("seen", packSeen(this.rooms.value, store.read("seen"))));
  }

  find(name: string): Room | undefined {
    return this.rooms.value.find((room) => room.name === name);
  }

  change(name: string, change: (room: Room) => Room): void {
    const rooms = this.rooms.value;
    const index = rooms.findIndex((room) => room.name === name);
    const room = rooms[index];
    if (room === undefined) return;
    const next = change(room);
    if (next !== room) this.rooms.value = rooms.with(index, next);
  }

  changeAll(change: (room: Room) => Room): void {
    this.rooms.value = this.rooms.value.map(change);
  }

  /** Shows a room, which is to be joined where it is new, or was refused before. */
  open(name: string, invite: string, isPrivate: boolean): void {
    if (this.find(name) === undefined) {
      this.rooms.value = [...this.rooms.value, newRoom(name, invite, isPrivate)];
    }
    this.change(name, (room) => ({
      ...room,
      // There are invitations to nothing else.
      isPrivate: room.isPrivate || (invite !== "" && room.stage.kind !== "in"),
      stage: room.stage.kind === "refused" ? { kind: "out" } : room.stage,
      invite: invite || room.invite,
    }));
    this.#show(name);
    this.keep();
  }

  /** Adds rooms that are to be joined, where they are not there, behind the others; as many as one can be in. */
  add(names: readonly string[]): void {
    const added = [...new Set(names)].filter((name) => this.find(name) === undefined);
    if (added.length === 0) return;
    const rooms = [...this.rooms.value, ...added.map((name) => newRoom(name))];
    this.rooms.value = rooms.slice(0, Math.max(this.rooms.value.length, bounds.roomsMax));
  }

  /** Whether leaving a room leads anywhere: whoever leaves their last room is in the lobby. */
  canLeave(name: string): boolean {
    return this.rooms.value.length > 1 || name !== bounds.lobby;
  }

  /** Whoever leaves their last room is in the lobby. */
  remove(name: string): void {
    const others = this.rooms.value.filter((room) => room.name !== name);
    this.rooms.value = others.length === 0 ? [newRoom(bounds.lobby)] : others;
    if (this.#shown.value === name) this.#show(this.room.value.name);
    this.keep();
  }

  hasOut(): boolean {
    return this.#out() !== undefined;
  }

  /** The room whose turn it is to be joined, which counts as joining from now on. */
  takeOut(): Room | undefined {
    const room = this.#out();
    if (room !== undefined) this.change(room.name, (old) => ({ ...old, stage: { kind: "joining" } }));
    return room;
  }

  keep(): void {
    this.#store.write("rooms", packRooms(this.rooms.value));
  }

  clear(): void {
    this.rooms.value = unpackRooms("", "", "");
    this.#show("");
    this.#store.write("rooms", "");
    this.#store.write("seen", "");
  }

  #show(name: string): void {
    this.#shown.value = name;
    this.#store.write("room", name);
  }

  /** The one that is shown goes first. */
  #out(): Room | undefined {
    const rooms = this.rooms.value.filter(({ stage }) => stage.kind === "out");
    return rooms.find(({ name }) => name === this.room.value.name) ?? rooms[0];
  }
}
