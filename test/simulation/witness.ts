import { limits } from "../../src/limits.ts";
import { BOT_NAME, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import { readClientFrame, readServerFrame, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import type { Frame } from "../../src/transport/socket.ts";
import { Dossier, type Holder } from "./dossier.ts";
import { Broken, RoomLog, type Rules } from "./ledger.ts";
import type { Link, Observer } from "./link.ts";
import type { VirtualTime } from "./time.ts";

/** What was good when the server looked may have expired when it says so, where the machine is held up. */
const HELD_UP_MS = 60_000;

interface WitnessOptions extends Rules {
  /** How many messages a room keeps. */
  history: number;
  /** Whether the server keeps its state over restarts. */
  isKept: boolean;
}

/** Hears everything that the server says to anybody, at the moment it says it, and throws on what must never be said. */
export class Witness implements Observer {
  readonly logs = new Map<string, RoomLog>();
  readonly dossiers = new Map<Link, Dossier>();
  /** Whose address has which name. Forgotten with a server that forgets. */
  readonly owners = new Map<string, string>();
  /** Rooms that somebody has made private. */
  readonly privateRooms = new Set<string>();
  /** The log of the lobby as it is now. */
  lobby: RoomLog | undefined;
  readonly #time: VirtualTime;
  readonly #options: WitnessOptions;
  /** Who may come into a private room, by its epoch. */
  readonly #admitted = new Map<string, Set<string>>();
  /** Good invitations. */
  readonly #invitations = new Map<string, { epoch: string; expiresAt: number }>();
  readonly #read = new WeakMap<Frame, readonly ServerMessageV2[]>();

  constructor(time: VirtualTime, options: WitnessOptions) {
    this.#time = time;
    this.#options = options;
  }

  /** The server's process has ended: what comes next knows nothing of it. */
  forget(): void {
    this.owners.clear();
    this.privateRooms.clear();
    this.lobby = undefined;
  }

  watch(link: Link, holder: Holder): Dossier {
    const dossier = new Dossier(link, holder);
    this.dossiers.set(link, dossier);
    return dossier;
  }

  /** Reads a frame of version 2, which is shared by many, once. */
  read(frame: Frame): readonly ServerMessageV2[] {
    const known = this.#read.get(frame);
    if (known) return known;
    const text = Buffer.from(frame).toString();
    const read = readServerFrame(text);
    if (read.kind === "malformed") throw new Broken("protocol", `the server said ${text}`);
    const messages = read.messages.map((message) => {
      if (message.kind !== "message") throw new Broken("protocol", `${message.problem} in ${text}`);
      return message.message;
    });
    this.#read.set(frame, messages);
    return messages;
  }

  said(link: Link, frame: Frame): void {
    const dossier = this.#dossier(link);
    if (link.version === 1) {
      this.#saidV1(dossier, Buffer.from(frame).toString());
      return;
    }
    for (const message of this.read(frame)) this.#said(dossier, message);
  }

  asked(link: Link, frame: string): void {
    const dossier = this.#dossier(link);
    const nowMs = this.#time.servedMs;
    const hasHello = frame.includes(`"type":${Type.Hello}`);
    if (hasHello) dossier.helloMs = this.#time.elapsedMs;
    if (link.version === 1) return;
    const read = readClientFrame(frame);
    for (const one of read.kind === "frame" ? read.messages : []) {
      if (one.kind !== "message") continue;
      const { message } = one;
      if (message.type === Type.Join) {
        dossier.asked.set(`join ${message.room}`, nowMs);
        if (message.invite !== undefined) dossier.shown.set(message.room, message.invite);
      }
      if (message.type === Type.Auth && message.tab !== undefined) dossier.tab = message.tab;
      if ("nonce" in message) dossier.asked.set(`nonce ${message.nonce}`, nowMs);
    }
  }

  #dossier(link: Link): Dossier {
    const dossier = this.dossiers.get(link);
    if (dossier === undefined) throw new Error("a link that nobody watches");
    return dossier;
  }

  #said(dossier: Dossier, message: ServerMessageV2): void {
    switch (message.type) {
      case Type.AuthAck:
        this.#letIn(dossier, message.user.name);
        break;
      case Type.Joined:
        this.#joined(dossier, message);
        break;
      case Type.Left:
        dossier.seat(message.room, message);
        dossier.seats.delete(message.room);
        return;
      case Type.Text:
      case Type.Edited:
      case Type.Deleted:
      case Type.Entered:
      case Type.Departed:
        dossier.entry(message, this.#time.servedMs);
        break;
      case Type.Gap:
        dossier.gap(message);
        break;
      case Type.History:
        this.#older(dossier, message);
        break;
      case Type.Ack:
        dossier.answered(`nonce ${message.nonce}`, this.#time.servedMs);
        dossier.seat(message.room, message).log.ack(dossier.name ?? "", message.nonce, message.seq);
        break;
      case Type.Refused:
        if (message.nonce !== undefined) dossier.answered(`nonce ${message.nonce}`, this.#time.servedMs);
        if (message.room !== undefined) dossier.answered(`join ${message.room}`, this.#time.servedMs);
        return;
      case Type.Presence:
        dossier.seat(message.room, message).presence = message.names;
        return;
      case Type.Typing:
        dossier.seat(message.room, message).typing = message.count;
        return;
      case Type.Invite: {
        const { epoch } = dossier.seat(message.room, message).log;
        this.#invitations.set(message.text, { epoch, expiresAt: message.expiresAt });
        return;
      }
      case Type.HelloAck:
      case Type.AuthRst:
      case Type.MayNotEnter:
    }
  }

  #saidV1(dossier: Dossier, frame: string): void {
    const parsed = parseServerMessage(frame);
    if (parsed.kind !== "message") throw new Broken("protocol", `the server said ${frame}`);
    const { message } = parsed;
    const { name } = message.user;
    if (message.type === MessageType.AuthAck) this.#letIn(dossier, name);
    if (message.type !== MessageType.Text || name === BOT_NAME) return;
    if (dossier.name === undefined)
      throw new Broken("P8", `${dossier.holder.name} is not in and hears ${frame}`);
    dossier.lines.push({ name, text: message.text });
  }

  #letIn(dossier: Dossier, name: string): void {
    const { email, isImpostor } = dossier.holder;
    const owner = this.owners.get(name) ?? email;
    if (isImpostor || owner !== email) throw new Broken("P8", `${email} is let in as ${name}`);
    this.owners.set(name, email);
    dossier.name = name;
    dossier.lobby = this.lobby;
  }

  #lobbyIs(log: RoomLog): void {
    this.lobby = log;
    for (const dossier of this.dossiers.values()) {
      if (dossier.link.isOpen) dossier.lobby ??= log;
    }
  }

  #joined(dossier: Dossier, joined: Extract<ServerMessageV2, { type: typeof Type.Joined }>): void {
    const { room, epoch, from, first, last } = joined;
    dossier.answered(`join ${room}`, this.#time.servedMs);
    if (last - first + 1 > this.#options.history) throw new Broken("P4", `${room} keeps ${first} to ${last}`);
    this.#checkKept(room, epoch);
    const log = this.logs.get(epoch) ?? new RoomLog(room, epoch, this.#options);
    if (joined.private) this.#checkAdmitted(dossier, room, epoch);
    this.logs.set(epoch, log);
    if (room === "lobby") this.#lobbyIs(log);
    const seat = { log, joinedMs: this.#time.servedMs, upTo: from, presence: [], typing: 0 };
    dossier.seats.set(room, seat);
  }

  /** P5: a room is another than before only where it may have been forgotten, or where nothing is kept. */
  #checkKept(room: string, epoch: string): void {
    if (this.logs.has(epoch) || !this.#options.isKept) return;
    for (const log of this.logs.values()) {
      const isFresh = room === "lobby" || this.#time.servedMs < log.toldMs + limits.roomEmptyMs;
      if (log.room === room && log.last > 0 && isFresh) throw new Broken("P5", `the log of ${room} is lost`);
    }
  }

  /** Into a private room comes who made it, or was invited, or has been in it. */
  #checkAdmitted(dossier: Dossier, room: string, epoch: string): void {
    const name = dossier.name ?? "";
    this.privateRooms.add(room);
    const admitted = this.#admitted.get(epoch);
    if (admitted === undefined) {
      this.#admitted.set(epoch, new Set([name]));
      return;
    }
    if (admitted.has(name)) return;
    const shown = this.#invitations.get(dossier.shown.get(room) ?? "");
    const isGood = shown?.epoch === epoch && this.#time.wallMs < shown.expiresAt + HELD_UP_MS;
    if (!isGood) throw new Broken("P8", `${name} is let into ${room} without an invitation`);
    admitted.add(name);
  }

  #older(dossier: Dossier, history: Extract<ServerMessageV2, { type: typeof Type.History }>): void {
    const { log } = dossier.seat(history.room, history);
    history.entries.forEach((entry, index) => {
      const before = history.entries[index - 1];
      if (before !== undefined && entry.seq !== before.seq + 1)
        throw new Broken("P1", `${entry.seq} after ${before.seq} in History`);
      log.tell(entry, this.#time.servedMs);
    });
  }
}
