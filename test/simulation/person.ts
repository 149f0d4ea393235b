import type { LoginMail } from "../../src/login/mailer.ts";
import { type ClientMessageV2, type ServerMessageV2, Type, writeFrame } from "../../src/protocol/v2.ts";
import type { Frame } from "../../src/transport/socket.ts";
import { RoomRecord } from "../support/room-record.ts";
import { Guest, type Network, type Surroundings } from "./guest.ts";
import { Broken, writeLine } from "./ledger.ts";

/** What somebody has of a room they want to be in. */
interface Stay {
  readonly book: RoomRecord;
  readonly isPrivate: boolean;
  invite: string | undefined;
  place: "out" | "asked" | "in";
}

type Post = Extract<ClientMessageV2, { nonce: string }>;

/** One tab of a person, in version 2: it resumes where it was, and says again what was not acked. */
export class Person extends Guest {
  readonly tab: string;
  readonly stays = new Map<string, Stay>();
  /** Invitations it was given to pass on, by room. */
  readonly invitations = new Map<string, string>();
  readonly #posts = new Map<string, Post>();
  #isIn = false;
  #said = 0;
  /** How it logs in: with a session, or with a code that it waits for or has typed. */
  #login: { kind: "session" } | { kind: "code"; attempt: string; code: string } = { kind: "session" };
  #byMail = false;
  /** The code of the last mail that came since it was asked for. */
  #letter = "";

  constructor(world: Surroundings, name: string, tab: string, network: Network) {
    const email = `${name}@example.org`;
    super(world, { name, email, isImpostor: false }, 2, network);
    this.tab = `${name}.${tab}`;
    world.postOffice.rent(email, (mail) => this.#mailed(mail));
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
    const stay = this.stays.get(room) ?? { book: new RoomRecord(this.tab), isPrivate, invite, place: "out" };
    stay.invite = invite ?? stay.invite;
    this.stays.set(room, stay);
    if (this.#isIn && stay.place === "out") this.#join(room, stay);
  }

  leave(room: string): void {
    const stay = this.stays.get(room);
    if (stay?.place !== "in") return;
    this.stays.delete(room);
    for (const nonce of stay.book.outbox) this.#posts.delete(nonce);
    this.ask({ type: Type.Leave, room });
  }

  say(room: string): void {
    const text = this.#nextText();
    this.#post({ type: Type.Text, room, text, nonce: text });
  }

  /** Changes one of the person's own lines, or takes it back. */
  change(room: string, how: "edit" | "delete", pick: number): void {
    const epoch = this.stays.get(room)?.book.since?.epoch ?? "";
    const own = this.world.witness.logs.get(epoch)?.linesOf((name) => name === this.holder.name) ?? [];
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
    this.send(writeFrame(message));
  }

  /** Ask for something in a room it is in. */
  askIn(room: string, message: (room: string) => ClientMessageV2): void {
    if (this.stays.get(room)?.place === "in") this.ask(message(room));
  }

  protected greet(): void {
    const { name, email } = this.holder;
    this.#letter = "";
    this.#login = { kind: "session" };
    if (this.#byMail) this.ask({ type: Type.Hello, text: `${name}\n${email}` });
    else this.#auth();
  }

  protected lost(): void {
    this.#isIn = false;
    for (const stay of this.stays.values()) stay.place = "out";
  }

  protected heard(frame: Frame): void {
    for (const message of this.world.witness.read(frame)) this.#hear(message);
  }

  #nextText(): string {
    this.#said += 1;
    return writeLine(this.tab, this.#said);
  }

  #post(post: Post): void {
    const stay = this.stays.get(post.room);
    if (stay?.book.since === undefined) return;
    this.#posts.set(post.nonce, post);
    stay.book.outbox.push(post.nonce);
    if (stay.place === "in") this.ask(post);
  }

  #auth(): void {
    const { name, email } = this.holder;
    this.#login = { kind: "session" };
    this.ask({ type: Type.Auth, text: this.world.token(name, email), tab: this.tab });
  }

  #mailed({ code }: LoginMail): void {
    this.#letter = code;
    this.#typeCode();
  }

  /** As soon as there is a code, and something to type it for. */
  #typeCode(): void {
    if (this.#isIn || this.#letter === "" || this.#login.kind === "session" || this.#login.code !== "")
      return;
    this.#login = { ...this.#login, code: this.#letter };
    this.ask({ type: Type.Auth, text: this.#letter, attempt: this.#login.attempt, tab: this.tab });
  }

  #join(room: string, stay: Stay): void {
    const { book, isPrivate, invite } = stay;
    stay.place = "asked";
    this.ask({
      type: Type.Join,
      room,
      ...(book.since ? { since: book.since } : {}),
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
        if (this.#login.kind === "session") throw new Broken("P5", `a session is refused: ${message.text}`);
        this.#auth();
        return;
      case Type.MayNotEnter:
        throw new Broken("P8", `${this.holder.name} does not get their own name: ${message.text}`);
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
    this.world.tally.count(`let in by ${this.#login.kind}`);
    this.#isIn = true;
    for (const [room, stay] of this.stays) this.#join(room, stay);
  }

  /** What a room says that was left meanwhile is of no interest. */
  #hearIn(room: string, message: ServerMessageV2): void {
    const stay = this.stays.get(room);
    if (stay === undefined || !(stay.place === "in" || message.type === Type.Joined)) return;
    if (message.type === Type.Gap) this.world.tally.count("gaps told");
    stay.book.take(message);
    if (message.type === Type.Ack) this.#posts.delete(message.nonce);
    if (message.type !== Type.Joined) return;
    stay.place = "in";
    for (const nonce of stay.book.outbox) this.#again(nonce);
  }

  #again(nonce: string): void {
    const post = this.#posts.get(nonce);
    if (post && this.stays.get(post.room)?.place === "in") this.ask(post);
  }

  #refused(refused: Extract<ServerMessageV2, { type: typeof Type.Refused }>): void {
    const { code, room, nonce, retryAfterMs = 1_000 } = refused;
    this.world.tally.count(`refused: ${code}`);
    const stay = this.stays.get(room ?? "");
    switch (code) {
      case "mail":
        if (this.#login.kind === "code" && this.#login.code !== "") return;
        this.#auth();
        return;
      case "invite":
        for (const lost of stay?.book.outbox ?? []) this.#posts.delete(lost);
        return void this.stays.delete(room ?? "");
      case "not-yours": {
        const outbox = stay?.book.outbox ?? [];
        if (outbox.includes(nonce ?? "")) outbox.splice(outbox.indexOf(nonce ?? ""), 1);
        return void this.#posts.delete(nonce ?? "");
      }
      case "too-fast":
      case "busy": {
        const { link } = this;
        if (stay && nonce === undefined) stay.place = "out";
        this.world.time.after(retryAfterMs, "tries again", () => {
          if (this.link !== link) return;
          if (nonce !== undefined) this.#again(nonce);
          else if (stay?.place === "out" && this.stays.get(room ?? "") === stay) this.#join(room ?? "", stay);
        });
        return;
      }
      default:
        throw new Broken("P2", `${this.tab} is refused: ${JSON.stringify(refused)}`);
    }
  }
}
