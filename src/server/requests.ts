import { LOBBY } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { PersonId } from "../people/user.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { MessageType, type ParsedMessage, parseClientMessage } from "../protocol/v1.ts";
import { type ClientMessageV2, parseClientFrame, type RefusalCode, Type } from "../protocol/v2.ts";
import { isVisible } from "../protocol/visible.ts";
import type { Clock } from "../system/clock.ts";
import { isLoopback } from "../system/network.ts";
import { TokenBucket, tryAgainIn } from "../system/token-bucket.ts";
import type { Peer } from "../transport/peer.ts";
import type { Version } from "../transport/socket.ts";
import { Account, type Accounts, type Pace, type Shortage } from "./accounts.ts";

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

/** What the requests of all connections share. */
export interface RequestsDependencies {
  /** Of the connection. */
  pace: Pace;
  /** What the person and the network address have used of theirs. */
  accounts: Accounts;
  clock: Clock;
  counters: Counters;
  /** Counts what was received and is not handled. */
  received: ByteBudget;
}

/**
 * The requests in the frames of one connection. Parses a frame, and judges each message: what is wrong or comes too fast is refused, whatever
 * its type. A message is charged to the connection, to the network address and, once somebody is logged in, to the person; an
 * answer to those two. A frame counts as received and not handled until every request in it is done.
 */
export class Requests {
  readonly #version: Version;
  /** Undefined for this machine's own, a proxy or a load test, which has no account. */
  readonly #peerKey: string | undefined;
  readonly #pace: Pace;
  readonly #accounts: Accounts;
  readonly #counters: Counters;
  readonly #connection: Account;
  /** Whoever is logged in. */
  #person: PersonId | undefined;
  /** Bounds refusals, for each costs an answer. Over it: flooding. */
  readonly #refusals: TokenBucket;
  readonly #received: ByteBudget;
  /** The messages of the frame that is being handled, without those that are done. */
  #verdicts: Verdict[] = [];
  /** Bytes of that frame … */
  #frameBytes = 0;
  /** … and of each message in it, as they are charged. */
  #messageBytes = 0;

  constructor(version: Version, peer: Peer, dependencies: RequestsDependencies) {
    const { pace, accounts, clock, counters, received } = dependencies;
    const { perSecond, burst } = accounts.rates.messages;
    this.#version = version;
    this.#peerKey = isLoopback(peer.address) ? undefined : peer.key;
    this.#pace = pace;
    this.#accounts = accounts;
    this.#counters = counters;
    this.#received = received;
    this.#connection = new Account(accounts.rates, clock);
    this.#refusals = new TokenBucket({ perSecond, burst: burst * limits.floodBursts }, clock);
  }

  /** What is to be done next in the frame that was read last; undefined when all of it is done, what was given last too. */
  next(): Verdict | undefined {
    const verdict = this.#verdicts.shift();
    if (verdict === undefined) this.drop();
    if (verdict?.kind !== "request" || !isAnsweredMuch(verdict.request)) return verdict;
    const refused = this.#answersTooFast(verdict);
    return refused === undefined ? verdict : this.#refuse(refused);
  }

  /** From now on what this connection asks for is charged to somebody's account too, with the rest of the frame. */
  loggedIn(person: PersonId): void {
    this.#person = person;
    if (this.#pace.kind === "unlimited" || this.#verdicts.length === 0) return;
    const account = this.#accounts.ofPerson(person);
    this.#verdicts = this.#verdicts.map((verdict) => {
      if (verdict.kind !== "request") return verdict;
      const refused = this.#over("person", account.shortage(this.#messageBytes), verdict);
      if (refused !== undefined) return this.#refuse(refused);
      account.receive(this.#messageBytes);
      return verdict;
    });
  }

  /** Charges an answer of so many bytes, before it is sent; with fewer than none, gives back what was charged in vain. */
  answer(bytes: number): void {
    if (this.#pace.kind === "unlimited") return;
    this.#personAccount()?.answer(bytes);
    this.#peerAccount()?.answer(bytes);
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
    this.#messageBytes = this.#frameBytes / parsed.messages.length;
    return parsed.messages.map((message) => this.#judge(message));
  }

  /** Charges a message to the pace. A refusal may be one too many. */
  #judge(message: Message): Verdict {
    const judged = this.#tooFast(message) ?? message;
    return judged.kind === "request" ? judged : this.#refuse(judged);
  }

  #refuse(refused: Message): Verdict {
    if (this.#refusals.take(1).kind === "wait") return { kind: "goodbye", goodbye: goodbyes.flooding };
    return refused;
  }

  /** A message that is over one pace counts in none. */
  #tooFast(message: Message): Message | undefined {
    if (this.#pace.kind === "unlimited") return undefined;
    const bytes = this.#messageBytes;
    const connection = this.#connection;
    const person = this.#personAccount();
    const peer = this.#peerAccount();
    const refused =
      this.#over("connection", connection.shortage(bytes), message) ??
      this.#over("person", person?.shortage(bytes), message) ??
      this.#over("peer", peer?.shortage(bytes), message);
    if (refused !== undefined) return refused;
    connection.receive(bytes);
    person?.receive(bytes);
    peer?.receive(bytes);
    return undefined;
  }

  /** Looked at when it is the request's turn, so that those before it in a frame are charged. */
  #answersTooFast(message: Message): Message | undefined {
    if (this.#pace.kind === "unlimited") return undefined;
    const person = this.#personAccount()?.answerShortage();
    return (
      this.#over("person", person, message) ??
      this.#over("peer", this.#peerAccount()?.answerShortage(), message)
    );
  }

  #personAccount(): Account | undefined {
    return this.#person === undefined ? undefined : this.#accounts.ofPerson(this.#person);
  }

  #peerAccount(): Account | undefined {
    return this.#peerKey === undefined ? undefined : this.#accounts.ofPeer(this.#peerKey);
  }

  #over(whose: Whose, shortage: Shortage | undefined, message: Message): Message | undefined {
    if (shortage === undefined) return undefined;
    this.#counters.tooFast.add(whose);
    const { of, perSecond, retryAfterMs } = shortage;
    const figure = of === "messages" ? perSecond : `${perSecond / 1024} KiB`;
    const problem = `${tooMuch[of]}${inAll[whose]} (${figure} a second are allowed)`;
    return tooFast(message, problem, retryAfterMs);
  }
}

/** Whose pace a request is over. */
type Whose = "connection" | "person" | "peer";

const tooMuch: Record<Shortage["of"], string> = {
  messages: "too many messages",
  received: "too much text",
  answered: "too much history was asked for",
};

const inAll: Record<Whose, string> = {
  connection: "",
  person: " on all your connections together",
  peer: " from your network address",
};

/** Requests whose answers are much larger than they are. */
function isAnsweredMuch({ type }: Request): boolean {
  switch (type) {
    case Type.Join:
    case Type.Older:
    case Type.Sessions:
    case Type.EndSession:
      return true;
    case Type.Hello:
    case Type.Auth:
    case Type.Leave:
    case Type.Text:
    case Type.Edit:
    case Type.Delete:
    case Type.Typing:
    case Type.Invite:
    case Type.VoidInvites:
    case Type.LogOut:
    case Type.Ping:
      return false;
  }
}

/** A frame that is being handled is there twice, as it came and parsed. */
const COPIES = 2;

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
  if (!isVisible(text)) return "it is empty: nothing that can be seen is in it";
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
