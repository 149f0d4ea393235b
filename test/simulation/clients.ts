import type { LoginMail } from "../../src/login/mailer.ts";
import { encodeMessage, MessageType } from "../../src/protocol/v1.ts";
import { type ClientMessageV2, encodeFrame, type ServerMessageV2, Type } from "../../src/protocol/v2.ts";
import type { Frame, Version } from "../../src/transport/socket.ts";
import { RoomRecord } from "../support/room-record.ts";
import type { Counts } from "./counts.ts";
import type { Link } from "./link.ts";
import type { Machine } from "./machine.ts";
import type { MailService } from "./mail-service.ts";
import type { Holder, Observer } from "./observer.ts";
import { BrokenPromise, writeLine } from "./room-log.ts";
import type { VirtualTime } from "./time.ts";

/** What clients act on. */
export interface Environment {
  readonly time: VirtualTime;
  readonly machine: Machine;
  readonly observer: Observer;
  readonly mailService: MailService;
  readonly counts: Counts;
  /** Logins by mail that are over: the code and what it was asked for with. */
  readonly usedCodes: { code: string; attempt: string }[];
  /** A session of somebody's, as the server signs them. */
  token(name: string, email: string): string;
}

/** The way a client's connections take. */
export interface NetworkPath {
  readonly address: string;
  readonly latencyMs: number;
  readonly windowBytes: number;
}

/** Close codes that the server may use for a client that does nothing wrong; 4003 is for one over its pace. */
const fairCodes = [1006, 1012, 1013, 4001, 4003, 4008, 4009];

/** A client that comes and goes, with one connection at a time. */
export abstract class SimulatedClient {
  readonly holder: Holder;
  protected readonly world: Environment;
  protected link: Link | undefined;
  readonly #version: Version;
  readonly #network: NetworkPath;

  constructor(world: Environment, holder: Holder, version: Version, network: NetworkPath) {
    this.world = world;
    this.holder = holder;
    this.#version = version;
    this.#network = network;
  }

  /** Whether there is a connection, as far as it knows. */
  get isConnected(): boolean {
    return this.link !== undefined;
  }

  connect(): void {
    if (this.link !== undefined) return;
    const { address, latencyMs, windowBytes } = this.#network;
    const conditions = {
      peer: { address, key: address, device: "a program" },
      version: this.#version,
      latencyMs,
      windowBytes,
    };
    const link = this.world.machine.connect(conditions, this.holder, {
      heard: (frame) => this.link === link && this.heard(frame),
      closed: (code) => this.link === link && this.#closed(code),
    });
    this.link = link;
    if (link) this.greet();
  }

  vanish(how: "reset" | "silent", arrives: number): void {
    if (this.link === undefined) return;
    this.world.counts.count(`vanished, ${how}`);
    this.link.vanish(how, arrives);
    this.link = undefined;
    this.lost();
  }

  stall(): void {
    if (this.link === undefined) return;
    this.world.counts.count("stalled");
    this.link.stall();
  }

  goOn(): void {
    this.link?.goOn();
  }

  protected send(frame: string | Buffer): void {
    this.link?.say(frame);
  }

  /** The connection is there. */
  protected abstract greet(): void;
  protected abstract heard(frame: Frame): void;
  /** The connection is gone. */
  protected abstract lost(): void;

  #closed(code: number): void {
    this.link = undefined;
    if (!fairCodes.includes(code) && !this.holder.isImpostor)
      throw new BrokenPromise("P2", `${this.holder.name} is closed with ${code}`);
    this.world.counts.count(`closed with ${code}`);
    this.lost();
  }
}

/** What a client has of a room it wants to be in. */
interface JoinedRoom {
  readonly record: RoomRecord;
  readonly isPrivate: boolean;
  invite: string | undefined;
  place: "out" | "asked" | "in";
}

type Post = Extract<ClientMessageV2, { nonce: string }>;

/** One tab of a person, in version 2: it resumes where it was, and says again what was not acked. */
export class ClientV2 extends SimulatedClient {
  readonly tab: string;
  readonly rooms = new Map<string, JoinedRoom>();
  /** Invitations it was given to pass on, by room. */
  readonly invitations = new Map<string, string>();
  readonly #posts = new Map<string, Post>();
  #isIn = false;
  #said = 0;
  /** How it logs in: with a session, or with a code that it waits for or has typed. */
  #login: { kind: "session" } | { kind: "code"; attempt: string; code: string } = { kind: "session" };
  #byMail = false;
  /** The code of the last mail that came since it was asked for. */
  #mailedCode = "";

  constructor(world: Environment, name: string, tab: string, network: NetworkPath) {
    const email = `${name}@example.org`;
    super(world, { name, email, isImpostor: false }, 2, network);
    this.tab = `${name}.${tab}`;
    world.mailService.subscribe(email, (mail) => this.#mailed(mail));
  }

  get isIn(): boolean {
    return this.#isIn;
  }

  /** Comes, with a code by mail where wanted. */
  come(by: "session" | "mail"): void {
    this.#byMail = by === "mail";
    this.connect();
  }

  /** Wants to be in a room, from now on. */
  join(room: string, isPrivate: boolean, invite?: string): void {
    const joined = this.rooms.get(room) ?? {
      record: new RoomRecord(this.tab),
      isPrivate,
      invite,
      place: "out",
    };
    joined.invite = invite ?? joined.invite;
    this.rooms.set(room, joined);
    if (this.#isIn && joined.place === "out") this.#join(room, joined);
  }

  leave(room: string): void {
    const joined = this.rooms.get(room);
    if (joined?.place !== "in") return;
    this.rooms.delete(room);
    for (const nonce of joined.record.outbox) this.#posts.delete(nonce);
    this.ask({ type: Type.Leave, room });
  }

  say(room: string): void {
    const text = this.#nextText();
    this.#post({ type: Type.Text, room, text, nonce: text });
  }

  /** Edits or deletes one of the person's own lines. */
  change(room: string, how: "edit" | "delete", pick: number): void {
    const epoch = this.rooms.get(room)?.record.since?.epoch ?? "";
    const own = this.world.observer.logs.get(epoch)?.linesOf((name) => name === this.holder.name) ?? [];
    const of = own[own.length - 1 - (pick % Math.max(1, own.length))];
    if (of === undefined) return;
    const nonce = this.#nextText();
    this.#post(
      how === "edit"
        ? { type: Type.Edit, room, of, text: nonce, nonce }
        : { type: Type.Delete, room, of, nonce },
    );
  }

  ask(message: ClientMessageV2): void {
    this.send(encodeFrame(message));
  }

  /** Ask for something in a room it is in. */
  askIn(room: string, message: (room: string) => ClientMessageV2): void {
    if (this.rooms.get(room)?.place === "in") this.ask(message(room));
  }

  protected greet(): void {
    const { name, email } = this.holder;
    this.#mailedCode = "";
    this.#login = { kind: "session" };
    if (this.#byMail) this.ask({ type: Type.Hello, text: `${name}\n${email}` });
    else this.#auth();
  }

  protected lost(): void {
    this.#isIn = false;
    for (const joined of this.rooms.values()) joined.place = "out";
  }

  protected heard(frame: Frame): void {
    for (const message of this.world.observer.read(frame)) this.#hear(message);
  }

  #nextText(): string {
    this.#said += 1;
    return writeLine(this.tab, this.#said);
  }

  #post(post: Post): void {
    const joined = this.rooms.get(post.room);
    if (joined?.record.since === undefined) return;
    this.#posts.set(post.nonce, post);
    joined.record.outbox.push(post.nonce);
    if (joined.place === "in") this.ask(post);
  }

  #auth(): void {
    const { name, email } = this.holder;
    this.#login = { kind: "session" };
    this.ask({ type: Type.Auth, text: this.world.token(name, email), tab: this.tab });
  }

  #mailed({ code }: LoginMail): void {
    this.#mailedCode = code;
    this.#typeCode();
  }

  /** As soon as there is a code, and something to type it for. */
  #typeCode(): void {
    if (this.#isIn || this.#mailedCode === "" || this.#login.kind === "session" || this.#login.code !== "")
      return;
    this.#login = { ...this.#login, code: this.#mailedCode };
    this.ask({ type: Type.Auth, text: this.#mailedCode, attempt: this.#login.attempt, tab: this.tab });
  }

  #join(room: string, joined: JoinedRoom): void {
    const { record, isPrivate, invite } = joined;
    joined.place = "asked";
    this.ask({
      type: Type.Join,
      room,
      ...(record.since ? { since: record.since } : {}),
      ...(isPrivate ? { private: true } : {}),
      ...(invite === undefined ? {} : { invite }),
    });
  }

  #hear(message: ServerMessageV2): void {
    switch (message.type) {
      case Type.HelloAck:
        this.#login = { kind: "code", attempt: message.attempt, code: "" };
        this.#typeCode();
        break;
      case Type.AuthAck:
        this.#letIn();
        break;
      case Type.AuthRst:
        if (this.#isIn) return; // two credentials were on their way
        if (this.#login.kind === "session")
          throw new BrokenPromise("P5", `a session is refused: ${message.text}`);
        this.#auth();
        return;
      case Type.MayNotEnter:
        throw new BrokenPromise("P8", `${this.holder.name} does not get their own name: ${message.text}`);
      case Type.Refused:
        this.#refused(message);
        break;
      case Type.Invite:
        this.invitations.set(message.room, message.text);
        return;
      default:
        if ("room" in message) this.#hearIn(message.room, message);
    }
  }

  #letIn(): void {
    if (this.#login.kind === "code") this.world.usedCodes.push(this.#login);
    this.world.counts.count(`let in by ${this.#login.kind}`);
    this.#isIn = true;
    for (const [room, joined] of this.rooms) this.#join(room, joined);
  }

  /** Drops what comes from a room that was left meanwhile. */
  #hearIn(room: string, message: ServerMessageV2): void {
    const joined = this.rooms.get(room);
    if (joined === undefined || !(joined.place === "in" || message.type === Type.Joined)) return;
    if (message.type === Type.Gap) this.world.counts.count("gaps told");
    joined.record.take(message);
    if (message.type === Type.Ack) this.#posts.delete(message.nonce);
    if (message.type !== Type.Joined) return;
    joined.place = "in";
    for (const nonce of joined.record.outbox) this.#again(nonce);
  }

  #again(nonce: string): void {
    const post = this.#posts.get(nonce);
    if (post && this.rooms.get(post.room)?.place === "in") this.ask(post);
  }

  #refused(refused: Extract<ServerMessageV2, { type: typeof Type.Refused }>): void {
    const { code, room, nonce, retryAfterMs = 1_000 } = refused;
    this.world.counts.count(`refused: ${code}`);
    const joined = this.rooms.get(room ?? "");
    switch (code) {
      case "mail":
        if (this.#login.kind === "code" && this.#login.code !== "") return;
        this.#auth();
        return;
      case "invite":
        for (const lost of joined?.record.outbox ?? []) this.#posts.delete(lost);
        return void this.rooms.delete(room ?? "");
      case "not-yours": {
        const outbox = joined?.record.outbox ?? [];
        if (outbox.includes(nonce ?? "")) outbox.splice(outbox.indexOf(nonce ?? ""), 1);
        return void this.#posts.delete(nonce ?? "");
      }
      case "too-fast":
      case "busy": {
        const { link } = this;
        if (joined && nonce === undefined) joined.place = "out";
        this.world.time.after(retryAfterMs, "tries again", () => {
          if (this.link !== link) return;
          if (nonce !== undefined) this.#again(nonce);
          else if (joined?.place === "out" && this.rooms.get(room ?? "") === joined)
            this.#join(room ?? "", joined);
        });
        return;
      }
      default:
        throw new BrokenPromise("P2", `${this.tab} is refused: ${JSON.stringify(refused)}`);
    }
  }
}

/** A client of version 1. What it hears the observer compares to the lobby's log. */
export class ClientV1 extends SimulatedClient {
  readonly #tab: string;
  #said = 0;

  constructor(world: Environment, name: string, network: NetworkPath) {
    super(world, { name, email: `${name}@example.org`, isImpostor: false }, 1, network);
    this.#tab = `${name}.v1`;
  }

  /** Over two connections lines may overtake each other: version 1 has nothing that keeps them in order. */
  say(): void {
    this.#said += 1;
    this.send(encodeMessage({ type: MessageType.Text, text: `${this.#tab}, line ${this.#said}` }));
  }

  protected greet(): void {
    const { name, email } = this.holder;
    this.send(encodeMessage({ type: MessageType.Auth, text: this.world.token(name, email) }));
  }

  protected heard(): void {}
  protected lost(): void {}
}
