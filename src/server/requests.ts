import { LOBBY } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { MessageType, parseClientMessage } from "../protocol/v1.ts";
import { type ClientMessageV2, type RefusalCode, readClientFrame, Type } from "../protocol/v2.ts";
import type { Clock } from "../system/clock.ts";
import { TokenBucket, tryAgainIn } from "../system/token-bucket.ts";
import type { Version } from "../transport/socket.ts";

/** How fast one connection may speak: messages in a second, and at once after a quiet time. */
export type Pace = { kind: "unlimited" } | { kind: "limited"; perSecond: number; burst: number };

/** What a client asks for, in either version. In version 1 every line is said in the lobby, and has no nonce. */
export type Request =
  | ClientMessageV2
  | { type: typeof Type.Text; room: string; text: string; nonce: undefined };

/** Why a request was not done. `problem` is a sentence part for people. */
export interface Refusal {
  code: RefusalCode;
  problem: string;
  /** When to try again, where waiting helps. */
  retryAfterMs: number | undefined;
  /** What it was that was refused; undefined where it was not understood. */
  request: Request | undefined;
}

/** What became of a message. */
export type Heard =
  | { kind: "request"; request: Request }
  /** Not done; the client is told why and may go on. */
  | { kind: "refused"; refusal: Refusal }
  /** Nothing can go on with this client. */
  | { kind: "hopeless"; goodbye: Goodbye };

/**
 * Understands the frames of one connection, and refuses what comes too fast, whatever its type. A frame counts as received and
 * not handled until all that is in it was taken.
 */
export class Requests {
  readonly #version: Version;
  readonly #pace: Pace;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  /** Refusals cost an answer each, so they are bounded too. */
  readonly #refusals: TokenBucket;
  readonly #received: ByteBudget;
  #heard: Heard[] = [];
  /** Bytes of the frame that it was. */
  #frameBytes = 0;

  /** @param received counts what is received and not handled. */
  constructor(version: Version, pace: Pace, clock: Clock, received: ByteBudget) {
    const { perSecond, burst } = pace.kind === "limited" ? pace : defaultPace;
    this.#version = version;
    this.#pace = pace;
    this.#received = received;
    this.#messages = new TokenBucket({ perSecond, burst }, clock);
    this.#bytes = new TokenBucket({ perSecond: limits.bytesPerSecond, burst: limits.byteBurst }, clock);
    this.#refusals = new TokenBucket({ perSecond, burst: burst * limits.floodBursts }, clock);
  }

  /** Takes in a frame; the one before it is done. */
  hear(frame: string): void {
    this.forget();
    this.#frameBytes = Buffer.byteLength(frame);
    this.#received.add(0, COPIES * this.#frameBytes);
    this.#heard = this.#understand(frame);
  }

  /** What is next in it; undefined when all of it is done. */
  next(): Heard | undefined {
    const next = this.#heard.shift();
    if (next === undefined) this.forget();
    return next;
  }

  /** What is left of it is not of interest any more. */
  forget(): void {
    this.#received.add(0, -COPIES * this.#frameBytes);
    this.#frameBytes = 0;
    this.#heard = [];
  }

  /** What is in a frame, in order. */
  #understand(frame: string): Heard[] {
    const understood = this.#version === 1 ? understandV1(frame) : understandV2(frame);
    if (understood.kind === "malformed") {
      const reason = `${goodbyes.malformed.reason}: ${understood.problem}`;
      return [{ kind: "hopeless", goodbye: { ...goodbyes.malformed, reason } }];
    }
    const bytes = this.#frameBytes / understood.messages.length;
    return understood.messages.map((message) => this.#judge(message, bytes));
  }

  #judge(message: Understood, bytes: number): Heard {
    const problem = this.#tooFast(bytes) ?? problemOf(message);
    if (problem) {
      const request = message.kind === "request" ? message.request : undefined;
      return this.#refuse({ retryAfterMs: undefined, ...problem, request });
    }
    return message.kind === "request"
      ? message
      : this.#refuse({ ...message, retryAfterMs: undefined, request: undefined });
  }

  #tooFast(bytes: number): Problem | undefined {
    if (this.#pace.kind === "unlimited") return undefined;
    const messages = this.#messages.take(1);
    if (messages.kind === "wait") {
      return tooFast(
        `too many messages (${this.#pace.perSecond} a second are allowed)`,
        messages.retryAfterMs,
      );
    }
    const taken = this.#bytes.take(bytes);
    if (taken.kind === "wait") {
      return tooFast(
        `too much text (${limits.bytesPerSecond / 1024} KiB a second are allowed)`,
        taken.retryAfterMs,
      );
    }
    return undefined;
  }

  #refuse(refusal: Refusal): Heard {
    if (this.#refusals.take(1).kind === "wait") return { kind: "hopeless", goodbye: goodbyes.flooding };
    return { kind: "refused", refusal };
  }
}

/** A frame that is being handled is there twice, as it came and as what was understood. */
const COPIES = 2;

/** Bounds refusals where messages are unlimited. */
const defaultPace = { perSecond: limits.messagesPerSecond, burst: limits.messageBurst };

type Problem = Pick<Refusal, "code" | "problem"> & Partial<Pick<Refusal, "retryAfterMs">>;
type Understood =
  | { kind: "request"; request: Request }
  | { kind: "problem"; code: RefusalCode; problem: string };
type Understanding = { kind: "understood"; messages: Understood[] } | { kind: "malformed"; problem: string };

function understandV1(frame: string): Understanding {
  const parsed = parseClientMessage(frame);
  switch (parsed.kind) {
    case "malformed":
      return parsed;
    case "unknown":
      return {
        kind: "understood",
        messages: [{ kind: "problem", code: "unknown", problem: parsed.problem }],
      };
    case "message": {
      const { message } = parsed;
      const request: Request =
        message.type === MessageType.Text ? { ...message, room: LOBBY, nonce: undefined } : message;
      return { kind: "understood", messages: [{ kind: "request", request }] };
    }
  }
}

function understandV2(frame: string): Understanding {
  const read = readClientFrame(frame);
  if (read.kind === "malformed") return read;
  const messages = read.messages.map((message): Understood => {
    if (message.kind === "message") return { kind: "request", request: message.message };
    return {
      kind: "problem",
      code: message.kind === "wrong" ? "malformed" : "unknown",
      problem: message.problem,
    };
  });
  return { kind: "understood", messages };
}

function problemOf(message: Understood): Problem | undefined {
  if (message.kind === "problem") return { code: message.code, problem: message.problem };
  const { request } = message;
  if (request.type !== Type.Text && request.type !== Type.Edit) return undefined;
  const problem = textProblem(request.text);
  return problem === undefined ? undefined : { code: "text", problem };
}

/** What is wrong with a chat line, if anything. */
function textProblem(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  if (!text.isWellFormed()) return "it is not valid Unicode (half of a character)";
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.textBytesMax) return `it has ${bytes} bytes, ${limits.textBytesMax} are allowed`;
  return undefined;
}

function tooFast(problem: string, retryAfterMs: number): Problem {
  return { code: "too-fast", problem: `${problem}, ${tryAgainIn(retryAfterMs)}`, retryAfterMs };
}
