import { bot } from "../chat/bot.ts";
import { limits } from "../limits.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { type ClientMessage, MessageType } from "../protocol/message.ts";
import { parseClientMessage } from "../protocol/parse.ts";
import { Bucket } from "../system/bucket.ts";
import type { Clock } from "../system/clock.ts";
import { tryAgainIn } from "../system/durations.ts";

/** How fast one connection may speak: messages in a second, and at once after a quiet time. */
export type Pace = { kind: "unlimited" } | { kind: "limited"; perSecond: number; burst: number };

/** What became of a frame. */
export type Heard =
  | { kind: "message"; message: ClientMessage }
  /** Not done; the client is told why and may go on. */
  | { kind: "refused"; notice: string }
  /** Nothing can go on with this client. */
  | { kind: "hopeless"; goodbye: Goodbye };

/** Understands the frames of one connection, and refuses what comes too fast, whatever its type. */
export class Ear {
  readonly #pace: Pace;
  readonly #messages: Bucket;
  readonly #bytes: Bucket;
  /** Refusals cost an answer each, so they are bounded too. */
  readonly #refusals: Bucket;

  constructor(pace: Pace, clock: Clock) {
    const { perSecond, burst } = pace.kind === "limited" ? pace : defaultPace;
    this.#pace = pace;
    this.#messages = new Bucket({ perSecond, burst }, clock);
    this.#bytes = new Bucket({ perSecond: limits.bytesPerSecond, burst: limits.byteBurst }, clock);
    this.#refusals = new Bucket({ perSecond, burst: burst * limits.floodBursts }, clock);
  }

  hear(frame: string): Heard {
    const parsed = parseClientMessage(frame);
    if (parsed.kind === "malformed") {
      return {
        kind: "hopeless",
        goodbye: { ...goodbyes.malformed, reason: `${goodbyes.malformed.reason}: ${parsed.problem}` },
      };
    }
    const tooFast = this.#tooFast(frame);
    if (parsed.kind === "unknown") return this.#refuse(bot.notDone(tooFast ?? parsed.problem));
    const problem =
      tooFast ?? (parsed.message.type === MessageType.Text ? textProblem(parsed.message.text) : undefined);
    if (problem === undefined) return parsed;
    return this.#refuse(
      parsed.message.type === MessageType.Text ? bot.notSent(problem) : bot.notDone(problem),
    );
  }

  #tooFast(frame: string): string | undefined {
    if (this.#pace.kind === "unlimited") return undefined;
    const messages = this.#messages.take(1);
    if (messages.kind === "wait") {
      return `too many messages (${this.#pace.perSecond} a second are allowed), ${tryAgainIn(messages.retryAfterMs)}`;
    }
    const bytes = this.#bytes.take(Buffer.byteLength(frame));
    if (bytes.kind === "wait") {
      return `too much text (${limits.bytesPerSecond / 1024} KiB a second are allowed), ${tryAgainIn(bytes.retryAfterMs)}`;
    }
    return undefined;
  }

  #refuse(notice: string): Heard {
    if (this.#refusals.take(1).kind === "wait") return { kind: "hopeless", goodbye: goodbyes.flooding };
    return { kind: "refused", notice };
  }
}

/** What is wrong with a chat line, if anything. */
function textProblem(text: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  if (!text.isWellFormed()) return "it is not valid Unicode (half of a character)";
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.textBytesMax) return `it has ${bytes} bytes, ${limits.textBytesMax} are allowed`;
  return undefined;
}

/** Bounds refusals where messages are unlimited. */
const defaultPace = { perSecond: limits.messagesPerSecond, burst: limits.messageBurst };
