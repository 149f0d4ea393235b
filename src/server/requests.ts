import { LOBBY } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { MessageType, type ParsedMessage, parseClientMessage } from "../protocol/v1.ts";
import { type ClientMessageV2, parseClientFrame, type RefusalCode, Type } from "../protocol/v2.ts";
import type { Clock } from "../system/clock.ts";
import { TokenBucket, tryAgainIn } from "../system/token-bucket.ts";
import type { Version } from "../transport/socket.ts";

/** How fast one connection may speak: messages in a second, and at once after a quiet time. */
export type Pace = { kind: "unlimited" } | { kind: "limited"; perSecond: number; burst: number };

/** What a peer asks for, in either version. In version 1 every line is said in the lobby, and has no nonce. */
export type Request =
  | ClientMessageV2
  | { type: typeof Type.Text; room: string; text: string; nonce: undefined };

/** Why a request is not done. `problem` is a sentence part for people. */
export interface Refusal {
  code: RefusalCode;
  problem: string;
  /** When to try again, where waiting helps. */
  retryAfterMs: number | undefined;
  /** The request that was refused; undefined where the message was not understood. */
  request: Request | undefined;
}

/** One message of a frame: to be done, or refused. */
type Message = { kind: "request"; request: Request } | { kind: "refused"; refusal: Refusal };

/** What to do for one message of a frame. A goodbye ends the connection. */
export type Verdict = Message | { kind: "goodbye"; goodbye: Goodbye };

export interface RequestsOptions {
  version: Version;
  pace: Pace;
  clock: Clock;
  /** Counts what was received and is not handled. */
  received: ByteBudget;
}

/**
 * The requests in the frames of one connection. Parses a frame, and judges each message: what is wrong or comes too fast is refused, whatever
 * its type. A frame counts as received and not handled until every request in it is done.
 */
export class Requests {
  readonly #version: Version;
  readonly #pace: Pace;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  /** Bounds refusals, for each costs an answer. Over it: flooding. */
  readonly #refusals: TokenBucket;
  readonly #received: ByteBudget;
  /** The messages of the frame that is being handled, without those that are done. */
  #verdicts: Verdict[] = [];
  /** Bytes of that frame. */
  #frameBytes = 0;

  constructor({ version, pace, clock, received }: RequestsOptions) {
    const { perSecond, burst } = pace.kind === "limited" ? pace : defaultPace;
    this.#version = version;
    this.#pace = pace;
    this.#received = received;
    this.#messages = new TokenBucket({ perSecond, burst }, clock);
    this.#bytes = new TokenBucket({ perSecond: limits.bytesPerSecond, burst: limits.byteBurst }, clock);
    this.#refusals = new TokenBucket({ perSecond, burst: burst * limits.floodBursts }, clock);
  }

  /** What is to be done next in the frame that was read last; undefined when all of it is done, what was given last too. */
  next(): Verdict | undefined {
    const verdict = this.#verdicts.shift();
    if (verdict === undefined) this.drop();
    return verdict;
  }

  /** Takes in a frame when the one before it is done; or a goodbye, where no more frames come. */
  read(frame: string | Goodbye): void {
    this.#verdicts =
      typeof frame === "string" ? this.#judgeAll(frame) : [{ kind: "goodbye", goodbye: frame }];
  }

  /** Drops the rest of the frame that is being handled. */
  drop(): void {
    this.#received.add(0, -COPIES * this.#frameBytes);
    this.#frameBytes = 0;
    this.#verdicts = [];
  }

  #judgeAll(frame: string): Verdict[] {
    this.#frameBytes = Buffer.byteLength(frame);
    this.#received.add(0, COPIES * this.#frameBytes);
    const parsed = this.#version === 1 ? parseV1(frame) : parseV2(frame);
    if (parsed.kind === "malformed") {
      const reason = `${goodbyes.malformed.reason}: ${parsed.problem}`;
      return [{ kind: "goodbye", goodbye: { ...goodbyes.malformed, reason } }];
    }
    const bytes = this.#frameBytes / parsed.messages.length;
    return parsed.messages.map((message) => this.#judge(message, bytes));
  }

  /** Charges a message of so many bytes to the pace. A refusal may be one too many. */
  #judge(message: Message, bytes: number): Verdict {
    const judged = this.#tooFast(message, bytes) ?? message;
    if (judged.kind === "request") return judged;
    if (this.#refusals.take(1).kind === "wait") return { kind: "goodbye", goodbye: goodbyes.flooding };
    return judged;
  }

  #tooFast(message: Message, bytes: number): Message | undefined {
    if (this.#pace.kind === "unlimited") return undefined;
    const messages = this.#messages.take(1);
    if (messages.kind === "wait") {
      const problem = `too many messages (${this.#pace.perSecond} a second are allowed)`;
      return tooFast(message, problem, messages.retryAfterMs);
    }
    const taken = this.#bytes.take(bytes);
    if (taken.kind === "wait") {
      const problem = `too much text (${limits.bytesPerSecond / 1024} KiB a second are allowed)`;
      return tooFast(message, problem, taken.retryAfterMs);
    }
    return undefined;
  }
}

/** A frame that is being handled is there twice, as it came and parsed. */
const COPIES = 2;

/** Bounds refusals where messages are unlimited. */
const defaultPace = { perSecond: limits.messagesPerSecond, burst: limits.messageBurst };

type Messages = { kind: "messages"; messages: Message[] } | { kind: "malformed"; problem: string };

function parseV1(frame: string): Messages {
  const parsed = parseClientMessage(frame);
  switch (parsed.kind) {
    case "malformed":
      return parsed;
    case "unknown":
      return { kind: "messages", messages: [refused("unknown", parsed.problem)] };
    case "message": {
      const { message } = parsed;
      const isLine = message.type === MessageType.Text;
      return {
        kind: "messages",
        messages: [checked(isLine ? { ...message, room: LOBBY, nonce: undefined } : message)],
      };
    }
  }
}

function parseV2(frame: string): Messages {
  const parsed = parseClientFrame(frame);
  if (parsed.kind === "malformed") return parsed;
  return { kind: "messages", messages: parsed.messages.map(messageV2) };
}

function messageV2(parsed: ParsedMessage<ClientMessageV2>): Message {
  switch (parsed.kind) {
    case "message":
      return checked(parsed.message);
    case "unknown":
      return refused("unknown", parsed.problem);
    case "malformed":
      return refused("malformed", parsed.problem);
  }
}

/** The request, unless its text is none for a chat line. */
function checked(request: Request): Message {
  if (request.type !== Type.Text && request.type !== Type.Edit) return { kind: "request", request };
  const problem = textProblem(request.text);
  return problem === undefined ? { kind: "request", request } : refused("text", problem, request);
}

/** What is wrong with a chat line, if anything. */
function textProblem(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  if (!text.isWellFormed()) return "it is not valid Unicode (half of a character)";
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.textBytesMax) return `it has ${bytes} bytes, ${limits.textBytesMax} are allowed`;
  return undefined;
}

function tooFast(message: Message, why: string, retryAfterMs: number): Message {
  const request = message.kind === "request" ? message.request : message.refusal.request;
  return refused("too-fast", `${why}, ${tryAgainIn(retryAfterMs)}`, request, retryAfterMs);
}

function refused(code: RefusalCode, problem: string, request?: Request, retryAfterMs?: number): Message {
  return { kind: "refused", refusal: { code, problem, retryAfterMs, request } };
}
