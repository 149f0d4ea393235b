import type { LoginMail } from "../../src/login/mailer.ts";
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
  /** A token of a session of somebody's, as the server signs them: a new one, or one that is called so. */
  token(name: string, email: string, session?: string): string;
}

/** A person, who takes another name when theirs has become somebody else's. */
export class Account implements Holder {
  readonly email: string;
  readonly isImpostor = false;
  readonly #firstName: string;
  #names = 1;

  constructor(name: string) {
    this.#firstName = name;
    this.email = `${name}@example.org`;
  }

  get name(): string {
    return this.#names === 1 ? this.#firstName : `${this.#firstName} ${this.#names}`;
  }

  rename(): void {
    this.#names += 1;
  }
}

/** The way a client's connections take. */
export interface NetworkPath {
  readonly address: string;
  readonly latencyMs: number;
  readonly windowBytes: number;
}

/**
 * Close codes that the server may use for a client that does nothing wrong; 4003 is for one over its pace, 4010 for one that is
 * logged out, which the observer knows.
 */
const fairCodes = [1006, 1012, 1013, 4001, 4003, 4008, 4009, 4010];

/** A client that comes and goes, with one connection at a time. */
export abstract class SimulatedClient {
  readonly holder: Account;
  protected readonly world: Environment;
  protected link: Link | undefined;
  readonly #version: Version;
  readonly #network: NetworkPath;
  /** What it comes with; undefined where that is to be a new session. */
  #token: string | undefined;
  #shown = "";
  /** A new session is refused, for tokens of that time are void: only a code helps. */
  protected needsCode = false;

  constructor(world: Environment, holder: Account, version: Version, network: NetworkPath) {
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
      peer: { address, key: address, device: "a program", origin: "" },
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

  /** What it logs in with: the token it was given last, or a new session's. */
  protected credential(): string {
    const { name, email } = this.holder;
    this.#shown = this.#token ?? this.world.token(name, email);
    return this.#shown;
  }

  protected keep(token: string): void {
    this.#token = token;
    this.needsCode = false;
  }

  /** The token that it showed is refused. */
  protected refused(code: "session-ended" | "session-expired"): void {
    if (!this.world.observer.sessions.mayRefuse(this.#shown, code))
      throw new BrokenPromise("P5", `a session of ${this.holder.name} is refused: ${code}`);
    this.world.counts.count(`refused: ${code}`);
    if (this.#token === undefined) this.needsCode = true;
    this.#token = undefined;
  }

  /** The name that it came with is said to be somebody else's. */
  protected nameIsTaken(name: string): void {
    const { holder, world } = this;
    const { people } = world.observer;
    if (people.isOwned(name) && !people.isOthers(name, holder.email))
      throw new BrokenPromise("P8", `${name} does not get their own name`);
    this.#token = undefined;
    if (name === holder.name) holder.rename(); // unless another tab of theirs has
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
    if (!fairCodes.includes(code))
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
  /** Who came in last, by id. */
  as: string | undefined;
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
  #id: string | undefined;
  #said = 0;
  /** How it logs in: with a session, or with a code that it waits for or has typed. */
  #login: { kind: "session" } | { kind: "code"; attempt: string; code: string } = { kind: "session" };
  #byMail = false;
  /** The code of the last mail that came since it was asked for. */
  #mailedCode = "";

  constructor(world: Environment, holder: Account, tab: string, network: NetworkPath) {
    super(world, holder, 2, network);
    this.tab = `${holder.name}.${tab}`;
    world.mailService.subscribe(holder.email, (mail) => this.#mailed(mail));
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
      as: undefined,
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
    const own = this.world.observer.logs.get(epoch)?.linesOf(({ id }) => id === this.#id) ?? [];
    const of = own[own.length - 1 - (pick % Math.max(1, own.length))];
    if (of === undefined) return;
    const nonce = this.#nextText();
    this.#post(
      how === "edit"
        ? { type: Type.Edit, room, of, text: nonce, nonce }
        : { type: Type.Delete, room, of, nonce },
    );
  }

  /** Ends this session, all of the person's, or one of another device. */
  logOut(which: "here" | "everywhere" | "elsewhere", pick: number): void {
    if (!this.#isIn) return;
    this.world.counts.count(`logs out ${which}`);
    if (which === "elsewhere") {
      const live = this.world.observer.sessions.liveOf(this.holder.email);
      this.ask({ type: Type.EndSession, session: live[pick % live.length] ?? "" });
      this.ask({ type: Type.Sessions });
    } else this.ask({ type: Type.LogOut, everywhere: which === "everywhere" });
  }

  ask(message: ClientMessageV2): void {
    this.send(encodeFrame(message));
  }

  /** Ask for something in a room it is in. */
  askIn(room: string, message: (room: string) => ClientMessageV2): void {
    if (this.rooms.get(room)?.place === "in") this.ask(message(room));
  }

  protected greet(): void {
    this.#mailedCode = "";
    this.#login = { kind: "session" };
    if (this.#byMail || this.needsCode) this.#hello();
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

  #hello(): void {
    const { name, email } = this.holder;
    this.ask({ type: Type.Hello, text: `${name}\n${email}` });
  }

  #auth(): void {
    this.#login = { kind: "session" };
    this.ask({ type: Type.Auth, text: this.credential(), tab: this.tab });
  }

  /** As whatever it can, when a credential was refused. */
  #authAgain(): void {
    if (this.needsCode) this.#hello();
    else this.#auth();
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
        this.#letIn(message);
        break;
      case Type.AuthRst:
        if (this.#isIn) return; // two credentials were on their way
        if (message.code === "session-ended" || message.code === "session-expired")
          this.refused(message.code);
        else if (this.#login.kind === "session")
          throw new BrokenPromise("P5", `a session is refused: ${message.text}`);
        this.#authAgain();
        return;
      case Type.MayNotEnter:
        if (message.code !== "name-taken") throw new BrokenPromise("P8", message.text);
        this.nameIsTaken(message.user.name);
        this.#authAgain();
        return;
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

  #letIn({ user: { id }, text: token }: Extract<ServerMessageV2, { type: typeof Type.AuthAck }>): void {
    if (this.#login.kind === "code") this.world.usedCodes.push(this.#login);
    this.world.counts.count(`let in by ${this.#login.kind}`);
    this.keep(token);
    this.#id = id;
    this.#isIn = true;
    for (const [room, joined] of this.rooms) this.#join(room, joined);
  }

  /**
   * The room is the same and the server has forgotten who this was: what they had said there somebody else does not say again,
   * for it may be there already.
   */
  #forgetPosts({ outbox }: RoomRecord): void {
    this.world.counts.count("comes back as somebody else");
    for (const nonce of outbox.splice(0)) this.#posts.delete(nonce);
  }

  /** Drops what comes from a room that was left meanwhile. */
  #hearIn(room: string, message: ServerMessageV2): void {
    const joined = this.rooms.get(room);
    if (joined === undefined || !(joined.place === "in" || message.type === Type.Joined)) return;
    if (message.type === Type.Gap) this.world.counts.count("gaps told");
    const isSame = message.type === Type.Joined && message.epoch === joined.record.since?.epoch;
    if (isSame && joined.as !== this.#id) this.#forgetPosts(joined.record);
    joined.record.take(message);
    if (message.type === Type.Ack) this.#posts.delete(message.nonce);
    if (message.type !== Type.Joined) return;
    joined.place = "in";
    joined.as = this.#id;
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
      case "mail-address":
        if (this.#login.kind === "code" && this.#login.code !== "") return;
        if (this.needsCode) this.#later(retryAfterMs, () => this.#isIn || this.#hello());
        else this.#auth();
        return;
      case "room":
        // Somebody else has opened it to everybody, after it was forgotten: the observer sees that it was.
        if (joined?.isPrivate !== true || nonce !== undefined) break;
        this.#giveUp(room ?? "");
        return;
      case "invite":
        this.#giveUp(room ?? "");
        return;
      case "not-yours": {
        const outbox = joined?.record.outbox ?? [];
        if (outbox.includes(nonce ?? "")) outbox.splice(outbox.indexOf(nonce ?? ""), 1);
        return void this.#posts.delete(nonce ?? "");
      }
      case "too-fast":
      case "busy": {
        if (joined && nonce === undefined) joined.place = "out";
        this.#later(retryAfterMs, () => {
          if (nonce !== undefined) this.#again(nonce);
          else if (joined?.place === "out" && this.rooms.get(room ?? "") === joined)
            this.#join(room ?? "", joined);
        });
        return;
      }
    }
    throw new BrokenPromise("P2", `${this.tab} is refused: ${JSON.stringify(refused)}`);
  }

  #giveUp(room: string): void {
    for (const nonce of this.rooms.get(room)?.record.outbox ?? []) this.#posts.delete(nonce);
    this.rooms.delete(room);
  }

  #later(ms: number, again: () => void): void {
    const { link } = this;
    this.world.time.after(ms, "tries again", () => void (this.link === link && again()));
  }
}
