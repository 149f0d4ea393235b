import { type ClientMessageV2, encodeFrame, Type } from "../../src/protocol/v2.ts";
import type { Environment } from "./clients.ts";
import type { Link } from "./link.ts";
import type { Holder } from "./observer.ts";

export const eveAttacks = [
  "flood on many sockets",
  "come and go on many sockets",
  "log out on many sockets",
  "use ended sessions",
  "end the sessions of others",
] as const;
export type EveAttack = (typeof eveAttacks)[number];

const email = "eve@evil.example";
const eve: Holder = { name: "eve", email, isImpostor: false };
const SOCKETS_MAX = 6;
/** Of Eve's own, that she opens and leaves. */
const ROOMS = 24;
/** Ended sessions that she tries at once. */
const TOKENS_AT_ONCE = 4;

/** Eve has an address, and sessions and sockets of her own, as many as she likes. The observer sees what must not happen. */
export class Eve {
  readonly #world: Environment;
  /** All that she has said has another number. */
  #said = 0;
  #token: string | undefined;

  constructor(world: Environment) {
    this.#world = world;
  }

  attack(attack: EveAttack, pick: number): void {
    switch (attack) {
      case "flood on many sockets":
        for (const link of this.#logIn(pick)) this.#flood(link, 3 + (pick % 16));
        break;
      case "come and go on many sockets":
        for (const link of this.#logIn(pick)) this.#comeAndGo(link, 3 + (pick % 8));
        break;
      case "log out on many sockets":
        this.#logOut(pick);
        break;
      case "use ended sessions":
        this.#useEnded(pick);
        break;
      case "end the sessions of others":
        this.#endOthers(pick);
        break;
    }
  }

  /** Takes a name that has expired, and tries what its owner could. */
  claim(name: string, pick: number): void {
    const { observer } = this.#world;
    const link = this.#connect({ ...eve, name });
    const lines = observer.lobby?.linesOf((user) => user.name === name) ?? [];
    const of = lines[pick % Math.max(1, lines.length)] ?? 1;
    const theirs = [...(observer.lobby?.nonces() ?? [])];
    const nonce = theirs[pick % Math.max(1, theirs.length)] ?? "no nonce";
    const rooms = [...observer.privateRooms];
    this.#say(link, [
      { type: Type.Auth, text: this.#world.token(name, email) },
      ...rooms.map((room) => ({ type: Type.Join, room }) as const),
      { type: Type.Join, room: "lobby" },
      { type: Type.Edit, room: "lobby", of, text: this.#text("edit"), nonce: this.#text("edit") },
      { type: Type.Delete, room: "lobby", of, nonce: this.#text("delete") },
      { type: Type.Text, room: "lobby", text: `${nonce} ${this.#text("again")}`, nonce },
      { type: Type.Older, room: "lobby", before: 1_000 },
      ...rooms.map((room) => ({ type: Type.Older, room, before: 1_000 }) as const),
    ]);
    this.#goLater(link, pick % 2 === 0 ? 2_000 : 60_000);
  }

  #logOut(pick: number): void {
    const links = this.#logIn(pick);
    const last = links.at(-1);
    for (const link of links) this.#flood(link, 3);
    const [own = ""] = this.#world.observer.sessions.liveOf(email);
    this.#say(last, [
      { type: Type.EndSession, session: own },
      { type: Type.LogOut, everywhere: pick % 2 === 0 },
    ]);
    for (const link of links) this.#comeAndGo(link, 3);
  }

  #useEnded(pick: number): void {
    const tokens = this.#world.observer.sessions.endedTokens();
    for (let n = 0; n < Math.min(TOKENS_AT_ONCE, tokens.length); n += 1) {
      const link = this.#connect({ ...eve, isImpostor: true });
      this.#say(link, [{ type: Type.Auth, text: tokens[(pick + n) % tokens.length] ?? "" }]);
      this.#goLater(link, 2_000);
    }
  }

  #endOthers(pick: number): void {
    const [link] = this.#logIn(0);
    const others = this.#world.observer.sessions.othersThan(email);
    const ids = others.slice(pick % Math.max(1, others.length)).slice(0, TOKENS_AT_ONCE);
    this.#say(
      link,
      [...ids, ...ids.map((id) => id.toLowerCase()), ""].map((session) => ({
        type: Type.EndSession,
        session,
      })),
    );
  }

  /** Of the session that most of her sockets have: a new one where it has ended. */
  #shared(): string {
    const token = this.#token;
    if (token === undefined || this.#world.observer.sessions.isOver(token))
      this.#token = this.#world.token(eve.name, email);
    return this.#token ?? "";
  }

  /** On many sockets: some with one session, some with new ones. */
  #logIn(pick: number): Link[] {
    const links: Link[] = [];
    for (let n = 0; n < 1 + (pick % SOCKETS_MAX); n += 1) {
      const link = this.#connect(eve);
      const token = n % 3 > 0 ? this.#shared() : this.#world.token(eve.name, email);
      this.#say(link, [
        { type: Type.Auth, text: token },
        { type: Type.Join, room: "lobby" },
      ]);
      this.#goLater(link, 3_000);
      if (link !== undefined) links.push(link);
    }
    return links;
  }

  #flood(link: Link, lines: number): void {
    for (let line = 0; line < lines; line += 1) {
      const text = this.#text("flood");
      this.#say(link, [{ type: Type.Text, room: "lobby", text, nonce: text }]);
    }
  }

  #comeAndGo(link: Link, times: number): void {
    for (let n = 0; n < times; n += 1) {
      this.#said += 1;
      const room = this.#said % 4 === 0 ? "lobby" : `eve ${this.#said % ROOMS}`;
      this.#say(link, [
        { type: Type.Leave, room },
        { type: Type.Join, room, private: this.#said % 3 === 0 },
      ]);
      if (room !== "lobby") this.#say(link, [{ type: Type.Leave, room }]);
    }
  }

  #text(what: string): string {
    this.#said += 1;
    return `eve ${what} ${this.#said}`;
  }

  #say(link: Link | undefined, messages: readonly ClientMessageV2[]): void {
    for (const message of messages) link?.say(encodeFrame(message));
  }

  #goLater(link: Link | undefined, ms: number): void {
    this.#world.time.after(ms, "Eve goes", () => link?.vanish("reset", 0));
  }

  #connect(holder: Holder): Link | undefined {
    const address = "203.0.113.67";
    const peer = { address, key: address, device: "a program", origin: "" };
    const conditions = { peer, version: 2, latencyMs: 3, windowBytes: 65_536 } as const;
    return this.#world.machine.connect(conditions, holder, { heard: () => {}, closed: () => {} });
  }
}
