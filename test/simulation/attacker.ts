import { mintToken } from "../../src/cli/token.ts";
import { limits } from "../../src/limits.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { type ClientMessageV2, encodeFrame, Type } from "../../src/protocol/v2.ts";
import type { ClientV2, Environment, NetworkPath } from "./clients.ts";
import type { Link } from "./link.ts";
import type { Holder } from "./observer.ts";
import { noProcess } from "./time.ts";

export const attacks = [
  "guess codes",
  "type another's code",
  "type a used code",
  "forge a session",
  "take a name",
  "look alike",
  "be rivals",
  "trespass",
  "flood with lines",
  "flood with big lines",
  "flood with rubbish",
  "send a binary frame",
  "send too large a frame",
  "say nothing",
  "ask for a code and stay",
] as const;
export type Attack = (typeof attacks)[number];

const network: NetworkPath = { address: "203.0.113.66", latencyMs: 3, windowBytes: limits.unsentBytesSoft };
const account = { name: "attacker", email: "attacker@evil.example" };
const impostor: Holder = { ...account, isImpostor: true };

/** Attacks the server, on a new connection each time. The observer sees what must not happen. */
export class Attacker {
  readonly #world: Environment;
  readonly #secretOfOthers: Uint8Array;
  #attacks = 0;

  /** @param secretOfOthers what some other server signs with. */
  constructor(world: Environment, secretOfOthers: Uint8Array) {
    this.#world = world;
    this.#secretOfOthers = secretOfOthers;
  }

  attack(attack: Attack, victim: ClientV2, pick: number): void {
    this.#world.counts.count(`attack: ${attack}`);
    this.#attacks += 1;
    const { name, email } = victim.holder;
    switch (attack) {
      case "guess codes": {
        const asks: ClientMessageV2[] = [{ type: Type.Hello, text: `${name}\n${account.email}` }];
        for (let guess = 0; guess < 7; guess += 1)
          asks.push({ type: Type.Auth, text: `${100_000 + pick + guess}` });
        this.#try(impostor, asks);
        break;
      }
      case "type another's code": {
        const { mails } = this.#world.mailService;
        const code = mails.findLast(({ to }) => to !== account.email)?.code ?? "ABCDEF";
        const hello = { type: Type.Hello, text: `attacker\n${account.email}` } as const;
        this.#try(impostor, [hello, { type: Type.Auth, text: code }]);
        break;
      }
      case "type a used code": {
        const used = this.#world.usedCodes.at(-1);
        if (used) this.#try(impostor, [{ type: Type.Auth, text: used.code, attempt: used.attempt }]);
        return;
      }
      case "forge a session":
        this.#forge(name, email, pick);
        break;
      case "take a name":
        this.#takeName(name, name);
        break;
      case "look alike":
        this.#takeName(name, lookAlike(name));
        break;
      case "be rivals":
        this.#beRivals();
        break;
      case "trespass":
        this.#trespass(pick);
        break;
      default:
        this.#disturb(attack, pick);
        break;
    }
  }

  #forge(name: string, email: string, pick: number): void {
    const good = this.#world.token("attacker", account.email);
    const [, mac] = good.split(".");
    const wanted = this.#world.token(name, email).split(".")[0] ?? "";
    const foreign = mintToken({ name, email }, keysFromSecret(this.#secretOfOthers), {
      clock: this.#world.time.clockOf(noProcess),
      random: (bytes) => Buffer.alloc(bytes, email),
    });
    const at = pick % 60;
    const token = this.#world.token(name, email);
    const flipped = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    const forged = [`${wanted}.${mac}`, foreign.kind === "token" ? foreign.token : ".", flipped];
    this.#try(
      impostor,
      forged.map((text) => ({ type: Type.Auth, text })),
    );
  }

  /** With a good session of the attacker's own, made out to a name that somebody has. */
  #takeName(name: string, wanted: string): void {
    if (!this.#world.observer.people.isOwned(name)) return;
    this.#try(impostor, [{ type: Type.Auth, text: this.#world.token(wanted, account.email) }]);
  }

  /** Two people want the same new name at once: the observer sees that one gets it. */
  #beRivals(): void {
    const name = `new ${this.#attacks}`;
    for (const email of ["one@rivals.example", "two@rivals.example"]) {
      this.#try({ name, email, isImpostor: false }, [
        { type: Type.Auth, text: this.#world.token(name, email) },
      ]);
    }
  }

  /** Goes where the attacker does not belong, and changes the lines of others. */
  #trespass(pick: number): void {
    const { observer } = this.#world;
    const others = observer.lobby?.linesOf((user) => user.name !== account.name) ?? [];
    const of = others[pick % Math.max(1, others.length)] ?? 1;
    const nonce = `attacker ${this.#attacks}`;
    const rooms = ["den", "vault"];
    const stolen = `${observer.lobby?.epoch}.${"A".repeat(43)}`;
    this.#try({ ...account, isImpostor: false }, [
      { type: Type.Auth, text: this.#world.token(account.name, account.email) },
      { type: Type.Join, room: "lobby" },
      { type: Type.Edit, room: "lobby", of, text: `edit ${nonce}`, nonce: `edit ${nonce}` },
      { type: Type.Delete, room: "lobby", of, nonce: `delete ${nonce}` },
      ...rooms.flatMap((room): ClientMessageV2[] => [
        ...(observer.privateRooms.has(room)
          ? ([
              { type: Type.Join, room },
              { type: Type.Join, room, invite: stolen },
            ] as const)
          : []),
        { type: Type.Text, room, text: `${room} ${nonce}`, nonce: `${room} ${nonce}` },
        { type: Type.Older, room, before: 1_000 },
        { type: Type.Invite, room },
        { type: Type.Typing, room },
        { type: Type.Ping },
      ]),
      { type: Type.Leave, room: "lobby" },
    ]);
  }

  #disturb(attack: Exclude<Attack, "trespass">, pick: number): void {
    const link = this.#connect({ ...account, isImpostor: false });
    if (attack === "say nothing") return;
    if (attack === "ask for a code and stay") {
      link?.say(encodeFrame({ type: Type.Hello, text: `attacker\n${this.#attacks}@evil.example` }));
      return;
    }
    link?.say(encodeFrame({ type: Type.Auth, text: this.#world.token(account.name, account.email) }));
    link?.say(encodeFrame({ type: Type.Join, room: "lobby" }));
    const line = (number: number, length: number): string => {
      const text = `flood ${this.#attacks} ${number}`.padEnd(length, ".");
      return encodeFrame({
        type: Type.Text,
        room: "lobby",
        text,
        nonce: text.slice(0, limits.nonceCharacters),
      });
    };
    switch (attack) {
      case "flood with lines":
        for (let number = 0; number < 50 + (pick % 400); number += 1) link?.say(line(number, 0));
        break;
      case "flood with big lines":
        for (let number = 0; number < 3 + (pick % 5); number += 1) link?.say(line(number, 60_000));
        break;
      case "flood with rubbish":
        for (let number = 0; number < 150; number += 1) link?.say(`[{"type":${pick % 40}}]`);
        link?.say(`{"type":`);
        break;
      case "send a binary frame":
        link?.say(Buffer.from([1, 2, 3]));
        break;
      case "send too large a frame":
        link?.say("x".repeat(limits.frameBytesMax + 1));
        break;
      default:
    }
    this.#world.time.after(5_000, "attacker goes", () => link?.vanish("reset", 0));
  }

  #try(holder: Holder, messages: readonly ClientMessageV2[]): void {
    const link = this.#connect(holder);
    for (const message of messages) link?.say(encodeFrame(message));
    this.#world.time.after(2_000, "attacker goes", () => link?.vanish("reset", 0));
  }

  #connect(holder: Holder): Link | undefined {
    const { address, latencyMs, windowBytes } = network;
    const conditions = {
      peer: { address, key: address, device: "a program", origin: "" },
      version: 2,
      latencyMs,
      windowBytes,
    } as const;
    return this.#world.machine.connect(conditions, holder, { heard: () => {}, closed: () => {} });
  }
}

/** The same name to the eye: in capitals or in wide letters. */
function lookAlike(name: string): string {
  if (name.length % 2 === 0) return name.toUpperCase();
  return name.replace(/[a-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0));
}
