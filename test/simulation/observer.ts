import { limits } from "../../src/limits.ts";
import { goodbyes } from "../../src/protocol/close.ts";
import { BOT_NAME, MessageType, parseServerMessage } from "../../src/protocol/v1.ts";
import {
  type ClientMessageV2,
  type LogEntryV2,
  parseClientFrame,
  type ServerMessageV2,
  Type,
} from "../../src/protocol/v2.ts";
import type { Frame } from "../../src/transport/socket.ts";
import { messagesOf } from "../support/room-record.ts";
import type { Counts } from "./counts.ts";
import type { Link, LinkObserver } from "./link.ts";
import { ObservedPeople } from "./observed-people.ts";
import { ObservedSessions } from "./observed-sessions.ts";
import { BrokenPromise, type LogRules, RoomLog } from "./room-log.ts";
import type { VirtualTime } from "./time.ts";

/** What was good when the server looked may have expired when it says so, where the machine is held up. */
const HELD_UP_MS = 60_000;

interface ObserverRules extends LogRules {
  /** How many messages a room keeps. */
  history: number;
  /** Whether the server keeps its state over restarts. */
  isKept: boolean;
}

/** Sees every frame that the server sends, at the moment it sends it, and throws on what must never be sent. */
export class Observer implements LinkObserver {
  readonly logs = new Map<string, RoomLog>();
  readonly transcripts = new Map<Link, ConnectionTranscript>();
  readonly people: ObservedPeople;
  readonly sessions: ObservedSessions;
  /** Rooms that somebody has made private. */
  readonly privateRooms = new Set<string>();
  /** The log of the lobby as it is now. */
  lobby: RoomLog | undefined;
  readonly #time: VirtualTime;
  readonly #rules: ObserverRules;
  readonly #counts: Counts;
  /** Whose ids may come into a private room, by its epoch. */
  readonly #admitted = new Map<string, Set<string>>();
  /** Good invitations. */
  readonly #invitations = new Map<string, { epoch: string; expiresAt: number }>();
  readonly #read = new WeakMap<Frame, readonly ServerMessageV2[]>();

  constructor(time: VirtualTime, rules: ObserverRules, counts: Counts) {
    this.#time = time;
    this.#rules = rules;
    this.#counts = counts;
    this.people = new ObservedPeople(time);
    this.sessions = new ObservedSessions(time);
  }

  /** The server's process has ended. Without a disk what comes next knows nothing of it. */
  processEnds(): void {
    this.sessions.processEnds(this.#rules.isKept);
    if (this.#rules.isKept) return;
    this.people.forget();
    this.privateRooms.clear();
    this.lobby = undefined;
  }

  watch(link: Link, holder: Holder): ConnectionTranscript {
    const transcript = new ConnectionTranscript(link, holder);
    this.transcripts.set(link, transcript);
    return transcript;
  }

  /** Reads a frame of version 2, which is shared by many, once. */
  read(frame: Frame): readonly ServerMessageV2[] {
    const known = this.#read.get(frame);
    if (known) return known;
    const messages = messagesOf(Buffer.from(frame).toString());
    this.#read.set(frame, messages);
    return messages;
  }

  said(link: Link, frame: Frame): void {
    const transcript = this.#transcript(link);
    if (link.version === 1) {
      this.#saidV1(transcript, Buffer.from(frame).toString());
      return;
    }
    for (const message of this.read(frame)) this.#said(transcript, message);
    if (this.sessions.isEnded(transcript.session))
      throw new BrokenPromise("P8", `${transcript.name} was logged out and hears ${frame}`);
  }

  closed(link: Link): void {
    const { name, holder, session } = this.#transcript(link);
    if (name === undefined) return;
    this.people.left(name, holder.email);
    if (link.goodbye?.code === goodbyes.loggedOut.code) this.sessions.loggedOut(session);
  }

  asked(link: Link, frame: string): void {
    const transcript = this.#transcript(link);
    const nowMs = this.#time.servedMs;
    const hasHello = frame.includes(`"type":${Type.Hello}`);
    if (hasHello) transcript.helloMs = this.#time.elapsedMs;
    if (link.version === 1) return;
    const read = parseClientFrame(frame);
    for (const one of read.kind === "frame" ? read.messages : []) {
      if (one.kind !== "message") continue;
      const { message } = one;
      if (transcript.name === undefined) transcript.early.push(message);
      this.#askedOfSessions(transcript, message);
      if (message.type === Type.Join) {
        transcript.asked.set(`join ${message.room}`, nowMs);
        if (message.invite !== undefined) transcript.shown.set(message.room, message.invite);
      }
      if (message.type === Type.Auth && message.tab !== undefined) transcript.tab = message.tab;
      if ("nonce" in message) transcript.asked.set(`nonce ${message.nonce}`, nowMs);
    }
  }

  #transcript(link: Link): ConnectionTranscript {
    const transcript = this.transcripts.get(link);
    if (transcript === undefined) throw new Error("a link that is not watched");
    return transcript;
  }

  #said(transcript: ConnectionTranscript, message: ServerMessageV2): void {
    switch (message.type) {
      case Type.AuthAck:
        this.#letIn(transcript, message.user, message.text);
        break;
      case Type.Joined:
        this.#joined(transcript, message);
        break;
      case Type.Left:
        transcript.membership(message.room, message);
        transcript.memberships.delete(message.room);
        return;
      case Type.Text:
      case Type.Edited:
      case Type.Deleted:
      case Type.Entered:
      case Type.Departed:
        this.people.checkEntry(message);
        transcript.entry(message, this.#time.servedMs);
        transcript.membership(message.room, message).log.toldMs = this.#time.elapsedMs;
        break;
      case Type.Gap:
        transcript.gap(message);
        break;
      case Type.History:
        this.#older(transcript, message);
        break;
      case Type.Ack:
        transcript.answered(`nonce ${message.nonce}`, this.#time.servedMs);
        transcript.membership(message.room, message).log.ack(transcript.id ?? "", message.nonce, message.seq);
        break;
      case Type.Refused:
        if (message.nonce !== undefined) transcript.answered(`nonce ${message.nonce}`, this.#time.servedMs);
        if (message.room !== undefined) transcript.answered(`join ${message.room}`, this.#time.servedMs);
        return;
      case Type.Presence:
        transcript.membership(message.room, message).presence = message.names;
        return;
      case Type.Typing:
        transcript.membership(message.room, message).typing = message.count;
        return;
      case Type.Invite: {
        const { epoch } = transcript.membership(message.room, message).log;
        this.#invitations.set(message.text, { epoch, expiresAt: message.expiresAt });
        return;
      }
      case Type.HelloAck:
      case Type.AuthRst:
      case Type.MayNotEnter:
      case Type.Sessions:
      case Type.Pong:
    }
  }

  #saidV1(transcript: ConnectionTranscript, frame: string): void {
    const parsed = parseServerMessage(frame);
    if (parsed.kind !== "message") throw new BrokenPromise("protocol", `the server said ${frame}`);
    const { message } = parsed;
    const { name } = message.user;
    if (message.type === MessageType.AuthAck) this.#letIn(transcript, { name, id: undefined }, message.text);
    if (message.type !== MessageType.Text || name === BOT_NAME) return;
    if (transcript.name === undefined)
      throw new BrokenPromise("P8", `${transcript.holder.name} is not in and hears ${frame}`);
    transcript.lines.push({ name, text: message.text });
  }

  #letIn(
    transcript: ConnectionTranscript,
    { name, id }: { name: string; id: string | undefined },
    token: string,
  ): void {
    const { email, isImpostor } = transcript.holder;
    if (isImpostor) throw new BrokenPromise("P8", `${email} is let in as ${name}`);
    if (this.people.letIn(name, email, id)) this.#counts.count("names that somebody else has now");
    transcript.session = this.sessions.letIn(email, token);
    transcript.name = name;
    transcript.id = id;
    transcript.lobby = this.lobby;
    for (const message of transcript.early.splice(0)) this.#askedOfSessions(transcript, message);
  }

  #askedOfSessions({ holder, session, link }: ConnectionTranscript, message: ClientMessageV2): void {
    this.sessions.asked({ email: holder.email, here: session, link }, message);
  }

  #lobbyIs(log: RoomLog): void {
    this.lobby = log;
    for (const transcript of this.transcripts.values()) {
      if (transcript.link.isOpen) transcript.lobby ??= log;
    }
  }

  #joined(
    transcript: ConnectionTranscript,
    joined: Extract<ServerMessageV2, { type: typeof Type.Joined }>,
  ): void {
    const { room, epoch, from, first, last } = joined;
    transcript.answered(`join ${room}`, this.#time.servedMs);
    if (last - first + 1 > this.#rules.history)
      throw new BrokenPromise("P4", `${room} keeps ${first} to ${last}`);
    this.#checkKept(room, epoch);
    const log = this.logs.get(epoch) ?? new RoomLog(room, epoch, this.#rules);
    if (joined.private) this.#checkAdmitted(transcript, room, epoch);
    this.logs.set(epoch, log);
    if (room === "lobby") this.#lobbyIs(log);
    const membership = { log, joinedMs: this.#time.servedMs, upTo: from, presence: [], typing: 0 };
    transcript.memberships.set(room, membership);
  }

  /** P5: a room is another than before only where it may have been forgotten, or where nothing is kept. */
  #checkKept(room: string, epoch: string): void {
    if (this.logs.has(epoch) || !this.#rules.isKept) return;
    for (const log of this.logs.values()) {
      const isFresh = room === "lobby" || this.#time.elapsedMs < log.toldMs + limits.roomEmptyMs;
      if (log.room === room && log.last > 0 && isFresh)
        throw new BrokenPromise("P5", `the log of ${room} is lost`);
    }
  }

  /** Into a private room comes who made it, or was invited, or has been in it. */
  #checkAdmitted(transcript: ConnectionTranscript, room: string, epoch: string): void {
    const { name, id = "" } = transcript;
    this.privateRooms.add(room);
    const admitted = this.#admitted.get(epoch);
    if (admitted === undefined) {
      this.#admitted.set(epoch, new Set([id]));
      return;
    }
    if (admitted.has(id)) return;
    const shown = this.#invitations.get(transcript.shown.get(room) ?? "");
    const isGood =
      shown?.epoch === epoch &&
      this.#time.wallsLately().some((wallMs) => wallMs < shown.expiresAt + HELD_UP_MS);
    if (!isGood) throw new BrokenPromise("P8", `${name} is let into ${room} without an invitation`);
    admitted.add(id);
  }

  #older(
    transcript: ConnectionTranscript,
    history: Extract<ServerMessageV2, { type: typeof Type.History }>,
  ): void {
    const { log } = transcript.membership(history.room, history);
    log.toldMs = this.#time.elapsedMs;
    history.entries.forEach((entry, index) => {
      const before = history.entries[index - 1];
      if (before !== undefined && entry.seq !== before.seq + 1)
        throw new BrokenPromise("P1", `${entry.seq} after ${before.seq} in History`);
      this.people.checkEntry(entry);
      log.tell(entry, this.#time.servedMs);
    });
  }
}

/** Whose connection it is. */
export interface Holder {
  readonly name: string;
  readonly email: string;
  /** Has nothing that would let anybody in. */
  readonly isImpostor: boolean;
}

/** A connection's membership in a room, by what the server said on it. */
export interface Membership {
  readonly log: RoomLog;
  readonly joinedMs: number;
  /** The last number that was said, or said to be gone. */
  upTo: number;
  /** The newest Presence. */
  presence: readonly string[];
  /** How many are said to type. */
  typing: number;
}

/** What was asked for and wants an answer: a nonce or a room, and when it arrived, in served ms. */
type Asked = Map<string, number>;

/** What is known of one connection, from what is said on it. */
export class ConnectionTranscript {
  readonly link: Link;
  readonly holder: Holder;
  readonly memberships = new Map<string, Membership>();
  readonly asked: Asked = new Map();
  /** When anything was answered last, in served ms: what was asked is done one by one. */
  answeredMs = 0;
  /** The invitation that was shown last, by room. */
  readonly shown = new Map<string, string>();
  /** Gaps that were told. */
  readonly gaps: { log: RoomLog; last: number }[] = [];
  /** What a client of version 1 was told in the lobby … */
  readonly lines: { name: string; text: string }[] = [];
  /** … and the lobby's log, as soon as anybody has been told of it. */
  lobby: RoomLog | undefined;
  /** Who was let in; undefined before that. */
  name: string | undefined;
  /** Their id; undefined in version 1, which does not say it. */
  id: string | undefined;
  /** Their session's id; "" before that. */
  session = "";
  /** What was asked before anybody was let in. */
  readonly early: ClientMessageV2[] = [];
  /** When the last Hello arrived. */
  helloMs: number | undefined;
  tab: string | undefined;

  constructor(link: Link, holder: Holder) {
    this.link = link;
    this.holder = holder;
  }

  answered(what: string, nowMs: number): void {
    if (this.asked.delete(what)) this.answeredMs = nowMs;
  }

  membership(room: string, message: ServerMessageV2): Membership {
    const membership = this.memberships.get(room);
    if (membership === undefined)
      throw new BrokenPromise(
        "P8",
        `${this.holder.name} is not in a room and hears ${JSON.stringify(message)}`,
      );
    return membership;
  }

  /** An entry of the log is said: the next one. */
  entry(entry: LogEntryV2, nowMs: number): void {
    const membership = this.membership(entry.room, entry);
    if (entry.seq !== membership.upTo + 1) {
      throw new BrokenPromise(
        "P2",
        `${this.holder.name} gets ${entry.room} ${entry.seq} after ${membership.upTo}`,
      );
    }
    membership.upTo = entry.seq;
    membership.log.tell(entry, nowMs);
  }

  gap(gap: Extract<ServerMessageV2, { type: typeof Type.Gap }>): void {
    const membership = this.membership(gap.room, gap);
    if (gap.first !== membership.upTo + 1 || gap.last < gap.first) {
      throw new BrokenPromise(
        "P2",
        `${this.holder.name} is told of ${JSON.stringify(gap)} after ${membership.upTo}`,
      );
    }
    membership.upTo = gap.last;
    this.gaps.push({ log: membership.log, last: gap.last });
  }
}

/** Lines that version 1 shows for an entry: as it was said, or after it was taken back. */
export function linesOfV1(entry: LogEntryV2): string[] {
  switch (entry.type) {
    case Type.Text:
      return [entry.text, "took a line back"];
    case Type.Edited:
      return [`edited: ${entry.text}`, "edited: "];
    case Type.Deleted:
      return ["took a line back"];
    case Type.Entered:
      return ["entered chat"];
    case Type.Departed:
      return ["left chat"];
  }
}
