import { mintToken } from "../../src/cli/token.ts";
import { limits } from "../../src/limits.ts";
import { type ClientMessageV2, Type, writeFrame } from "../../src/protocol/v2.ts";
import type { Holder } from "./dossier.ts";
import type { Network, Surroundings } from "./guest.ts";
import type { Link } from "./link.ts";
import type { Person } from "./person.ts";
import { nature } from "./time.ts";

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

const network: Network = { address: "203.0.113.66", latencyMs: 3, windowBytes: limits.unsentBytesSoft };
const mallory = { name: "mallory", email: "mallory@evil.example" };
const impostor: Holder = { ...mallory, isImpostor: true };

/** Somebody who means no good, on a new connection for each attack. What must not happen the witness sees. */
export class Mallory {
  readonly #world: Surroundings;
  readonly #secretOfOthers: Uint8Array;
  #attacks = 0;

  /** @param secretOfOthers what some other server signs with. */
  constructor(world: Surroundings, secretOfOthers: Uint8Array) {
    this.#world = world;
    this.#secretOfOthers = secretOfOthers;
  }

  attack(attack: Attack, victim: Person, pick: number): void {
    this.#world.tally.count(`attack: ${attack}`);
    this.#attacks += 1;
    const { name, email } = victim.holder;
    switch (attack) {
      case "guess codes": {
        const asks: ClientMessageV2[] = [{ type: Type.Hello, text: `${name}\n${mallory.email}` }];
        for (let guess = 0; guess < 7; guess += 1)
          asks.push({ type: Type.Auth, text: `${100_000 + pick + guess}` });
        this.#try(impostor, asks);
        break;
      }
      case "type another's code": {
        const code = this.#world.postOffice.mails.at(-1)?.code ?? "ABCDEF";
        const hello = { type: Type.Hello, text: `mallory\n${mallory.email}` } as const;
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
    const good = this.#world.token("mallory", mallory.email);
    const [, mac] = good.split(".");
    const wanted = this.#world.token(name, email).split(".")[0] ?? "";
    const foreign = mintToken({ name, email }, this.#secretOfOthers, this.#world.time.clockOf(nature));
    const at = pick % 60;
    const token = this.#world.token(name, email);
    const flipped = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    const forged = [`${wanted}.${mac}`, foreign.kind === "token" ? foreign.token : ".", flipped];
    this.#try(
      impostor,
      forged.map((text) => ({ type: Type.Auth, text })),
    );
  }

  /** With a good session of Mallory's own, made out to a name that somebody has. */
  #takeName(name: string, wanted: string): void {
    if (!this.#world.witness.owners.has(name)) return;
    this.#try(impostor, [{ type: Type.Auth, text: this.#world.token(wanted, mallory.email) }]);
  }

  /** Two people want the same new name at once: the witness sees that one gets it. */
  #beRivals(): void {
    const name = `new ${this.#attacks}`;
    for (const email of ["one@rivals.example", "two@rivals.example"]) {
      this.#try({ name, email, isImpostor: false }, [
        { type: Type.Auth, text: this.#world.token(name, email) },
      ]);
    }
  }

  /** Goes where Mallory does not belong, and changes what is not Mallory's. */
  #trespass(pick: number): void {
    const { witness } = this.#world;
    const others = witness.lobby?.linesOf((name) => name !== mallory.name) ?? [];
    const of = others[pick % Math.max(1, others.length)] ?? 1;
    const nonce = `mallory ${this.#attacks}`;
    const rooms = ["den", "vault"];
    const stolen = `${witness.lobby?.epoch}.${"A".repeat(43)}`;
    this.#try({ ...mallory, isImpostor: false }, [
      { type: Type.Auth, text: this.#world.token(mallory.name, mallory.email) },
      { type: Type.Join, room: "lobby" },
      { type: Type.Edit, room: "lobby", of, text: `edit ${nonce}`, nonce: `edit ${nonce}` },
      { type: Type.Delete, room: "lobby", of, nonce: `delete ${nonce}` },
      ...rooms.flatMap((room): ClientMessageV2[] => [
        ...(witness.privateRooms.has(room)
          ? ([
              { type: Type.Join, room },
              { type: Type.Join, room, invite: stolen },
            ] as const)
          : []),
        { type: Type.Text, room, text: `${room} ${nonce}`, nonce: `${room} ${nonce}` },
        { type: Type.Older, room, before: 1_000 },
        { type: Type.Invite, room },
        { type: Type.Typing, room },
      ]),
      { type: Type.Leave, room: "lobby" },
    ]);
  }

  #disturb(attack: Exclude<Attack, "trespass">, pick: number): void {
    const link = this.#connect({ ...mallory, isImpostor: false });
    if (attack === "say nothing") return;
    if (attack === "ask for a code and stay") {
      link?.say(writeFrame({ type: Type.Hello, text: `mallory\n${this.#attacks}@evil.example` }));
      return;
    }
    link?.say(writeFrame({ type: Type.Auth, text: this.#world.token(mallory.name, mallory.email) }));
    link?.say(writeFrame({ type: Type.Join, room: "lobby" }));
    const line = (number: number, length: number): string => {
      const text = `flood ${this.#attacks} ${number}`.padEnd(length, ".");
      return writeFrame({
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
    this.#world.time.after(5_000, "mallory goes", () => link?.vanish("reset", 0));
  }

  #try(holder: Holder, messages: readonly ClientMessageV2[]): void {
    const link = this.#connect(holder);
    for (const message of messages) link?.say(writeFrame(message));
    this.#world.time.after(2_000, "mallory goes", () => link?.vanish("reset", 0));
  }

  #connect(holder: Holder): Link | undefined {
    const { address, latencyMs, windowBytes } = network;
    const line = { peer: { address, key: address }, version: 2, latencyMs, windowBytes } as const;
    return this.#world.machine.connect(line, holder, { heard: () => {}, closed: () => {} });
  }
}

/** The same to the eye: Cyrillic а, о, е, с, or capitals, or wide letters. */
function lookAlike(name: string): string {
  const wide = [...name]
    .map((letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0))
    .join("");
  return name.length % 2 === 0 ? name.toUpperCase() : wide;
}
