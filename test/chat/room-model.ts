import type { Post } from "../../src/chat/message.ts";
import type { Leaving, PostAnswer } from "../../src/chat/room-commands.ts";
import { limits } from "../../src/limits.ts";

/** One entry of the model's log. `written` is what it said at first, `text` what it says now. */
interface Line {
  who: string;
  kind: Post["kind"] | "entered" | "left";
  of: number;
  written: string;
  text: string;
  deleted: boolean;
}

/** What a room is meant to do, in the simplest way: it forgets nothing, and knows what it should have forgotten. */
export class RoomModel {
  readonly log: Line[] = [];
  /** How many clients each has, in the order of their coming. */
  readonly people = new Map<string, number>();
  /** When those who are lost are gone, in the order of their getting lost. */
  readonly #lost = new Map<string, number>();
  readonly typing = new Map<string, number>();
  readonly #nonces = new Map<string, number>();
  readonly #history: number;
  #nowMs = 0;

  constructor(history: number) {
    this.#history = history;
  }

  get last(): number {
    return this.log.length;
  }

  get first(): number {
    return Math.max(1, this.last - this.#history + 1);
  }

  enter(who: string): void {
    const clients = this.people.get(who);
    if (clients === undefined) this.#note(who, "entered");
    this.people.set(who, (clients ?? 0) + 1);
    this.#lost.delete(who);
  }

  leave(who: string, how: Leaving): void {
    const clients = (this.people.get(who) ?? 0) - 1;
    this.people.set(who, clients);
    if (clients > 0) return;
    if (how === "left") this.#gone(who);
    else this.#lost.set(who, this.#nowMs + limits.graceMs);
  }

  post(who: string, post: Post, nonce: string): PostAnswer {
    const known = this.#nonces.get(`${who} ${nonce}`);
    if (known !== undefined) return { kind: "done", seq: known };
    if (post.kind !== "text" && !this.#isTheirs(who, post.of)) return { kind: "not yours" };
    if (post.kind === "deleted") this.#scrub(post.of);
    const seq = this.#note(who, post.kind, post);
    this.#nonces.set(`${who} ${nonce}`, seq);
    this.typing.delete(who);
    return { kind: "done", seq };
  }

  type(who: string): void {
    this.typing.set(who, this.#nowMs + limits.typingMs);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (const [who, until] of this.#lost) if (until <= this.#nowMs) this.#gone(who);
    for (const [who, until] of this.typing) if (until <= this.#nowMs) this.typing.delete(who);
  }

  #gone(who: string): void {
    this.people.delete(who);
    this.#lost.delete(who);
    this.typing.delete(who);
    this.#note(who, "left");
  }

  #note(who: string, kind: Line["kind"], content: { of?: number; text?: string } = {}): number {
    const { of = 0, text = "" } = content;
    return this.log.push({ who, kind, of, written: text, text, deleted: false });
  }

  #isTheirs(who: string, of: number): boolean {
    const line = this.log[of - 1];
    return of >= this.first && line?.kind === "text" && !line.deleted && line.who === who;
  }

  #scrub(of: number): void {
    for (const [index, line] of this.log.entries()) {
      if (index + 1 !== of && !(line.kind === "edited" && line.of === of)) continue;
      line.text = "";
      line.deleted = line.kind === "text";
    }
  }
}
