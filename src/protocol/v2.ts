/**
 * Plume's wire protocol, version 2: its messages, how they are parsed and how they are encoded. A frame is JSON text, one
 * message or an array of them. The numbers 0 to 5 are version 1's. Fields that are not named here are ignored; a message of
 * an unknown type is skipped by a client and refused by the server. Shared by the server, the page, the benchmarks and the
 * tests; imports limits and the schema library.
 */
import * as v from "valibot";
import { limits } from "../limits.ts";
import { MessageType, type ParsedMessage } from "./v1.ts";

/** The WebSocket subprotocol that asks for version 2. */
export const SUBPROTOCOL = "plume.v2";

/** Every message type by name. */
export const Type = {
  ...MessageType,
  HelloAck: 6,
  Join: 7,
  Joined: 8,
  Leave: 9,
  Left: 10,
  Ack: 11,
  Refused: 12,
  Gap: 13,
  Older: 14,
  History: 15,
  Edit: 16,
  Edited: 17,
  Delete: 18,
  Deleted: 19,
  Typing: 20,
  Presence: 21,
  Invite: 22,
  Entered: 23,
  Departed: 24,
  LogOut: 25,
  Sessions: 26,
  EndSession: 27,
  MailLate: 28,
  Ping: 29,
  Pong: 30,
  VoidInvites: 31,
} as const;

/** Why something was refused, for programs. */
export const refusalCodes = [
  "malformed", // not as this protocol has it
  "unknown", // no such type
  "too-fast", // wait `retryAfterMs`
  "text", // empty, too long, or not Unicode
  "login", // log in first, or logged in already
  "mail", // no code could be mailed; wait `retryAfterMs` where it is there
  "mail-address", // the mail server takes no mail for this address: another one helps
  "room", // no such room name, too many rooms, or one that is open to all where a private one was asked for
  "not-member", // join the room first
  "invite", // the room is private, and the invitation is missing, wrong, expired, void or used up; or the room that it was for is gone
  "not-yours", // only the author edits and deletes, while the log has it
  "busy", // the room is closing: join again; or, with `retryAfterMs`, what was said cannot be saved now
] as const;

/** Why a code or a token is not accepted. */
export const rejectionCodes = [
  "wrong-code", // another one can be typed
  "code-expired",
  "code-tries", // too many wrong ones
  "code-wait", // too many wrong ones for this address from this network address; another one can be typed later
  "code-used",
  "code-replaced", // several newer ones were sent to the address, asked for by the same network address
  "code-discarded", // who asked for it has given it up
  "no-code", // none was asked for here
  "session-invalid", // not a token of this server
  "session-expired",
  "session-ended", // it was logged out
  "session-name", // the rules for names no longer allow its name
  "logged-in", // already
] as const;

/** Why a name or an address can't be used. */
export const entryCodes = [
  "malformed", // a Hello is two lines
  "name-empty",
  "name-too-long",
  "name-character", // one that is not allowed
  "name-mark", // an accent without a letter, or too many
  "name-no-letter",
  "name-scripts", // letters of several scripts that look alike
  "name-reserved", // it looks like the bot's
  "name-taken", // it is somebody else's
  "names-full", // no new ones are left
  "email-empty",
  "email-too-long",
  "email-invalid",
  "logged-in", // already
] as const;

const room = v.pipe(v.string(), v.maxLength(limits.roomNameCharacters));
const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const nonce = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nonceCharacters));
const uses = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(limits.guestsPerRoom));
const text = v.string();
/** A directory, in letters that no program on the way or in a mail reads as anything else. */
const path = v.pipe(v.string(), v.maxLength(limits.pagePathCharacters), v.regex(/^\/(?:[\w~-][\w.~-]*\/)*$/));
const user = v.object({ name: v.string() });
/** A person under one of their names. Names change hands, `id` never does. */
const person = v.object({ id: v.string(), name: v.string() });
const at = v.number();
const count = v.number();

export const clientMessage = v.variant("type", [
  /**
   * Ask for a code. `text` is `name\nemail`; `path`, where the page is at its origin, for the link in the mail. Answered by HelloAck,
   * MayNotEnter or Refused.
   */
  v.object({ type: v.literal(Type.Hello), text, path: v.optional(path) }),
  /**
   * `text` is a code or a session token. `attempt` is HelloAck's, where the code is typed on another connection. `tab` names
   * the tab: when it comes back, its old connection is closed at once. Answered by AuthAck, AuthRst or MayNotEnter.
   */
  v.object({ type: v.literal(Type.Auth), text, attempt: v.optional(v.string()), tab: v.optional(nonce) }),
  /**
   * Comes into a room, creating it where it is new; `private` makes a new one for the invited only, and comes into none that is
   * open to all. `since` is the last message that is known: everything after it follows, or a Gap. Answered by Joined, then
   * what follows; or Refused.
   */
  v.object({
    type: v.literal(Type.Join),
    room,
    since: v.optional(v.object({ epoch: v.string(), seq })),
    invite: v.optional(v.string()),
    private: v.optional(v.boolean()),
  }),
  /** Leaves a room for good, not for a moment. Answered by Left. */
  v.object({ type: v.literal(Type.Leave), room }),
  /** A line. Answered by Ack or Refused. */
  v.object({ type: v.literal(Type.Text), room, text, nonce }),
  /** A new text for one's own line `of`. Answered by Ack or Refused. */
  v.object({ type: v.literal(Type.Edit), room, of: seq, text, nonce }),
  /** Takes one's own line `of` back. Answered by Ack or Refused. */
  v.object({ type: v.literal(Type.Delete), room, of: seq, nonce }),
  /** Ask for messages before number `before`. Answered by History. */
  v.object({ type: v.literal(Type.Older), room, before: seq }),
  /** Says that one types, again every few seconds while it lasts. Not answered. */
  v.object({ type: v.literal(Type.Typing), room }),
  /** Ask for an invitation to a room one is in, for `uses` people, or else as many as it takes. Answered by Invite. */
  v.object({ type: v.literal(Type.Invite), room, uses: v.optional(uses) }),
  /** Nobody comes in any more with an invitation that was made until now. Answered by VoidInvites, or Refused. */
  v.object({ type: v.literal(Type.VoidInvites), room }),
  /**
   * Ends this session, or all of one's sessions, for good: their tokens are void. Answered by the close 4010 of every connection of
   * theirs, or Refused.
   */
  v.object({ type: v.literal(Type.LogOut), everywhere: v.boolean() }),
  /** Ask for one's sessions. Answered by Sessions. */
  v.object({ type: v.literal(Type.Sessions) }),
  /** Ends one of one's sessions. Answered by Sessions without it, or Refused; or by the close 4010 where it is this one. */
  v.object({ type: v.literal(Type.EndSession), session: v.string() }),
  /** Asks whether the connection still stands, logged in or not. Answered by Pong, or Refused where it comes too fast. */
  v.object({ type: v.literal(Type.Ping) }),
]);

/** What every entry of a room's log has: numbers 1, 2, 3 … without holes, and when the room took it, in ms since the Unix epoch. */
const entry = { room, seq, at, user: person };

const logEntry = v.variant("type", [
  /** A line. `deleted`: its author has taken it back, and `text` is empty. */
  v.object({ type: v.literal(Type.Text), ...entry, text, deleted: v.optional(v.boolean()) }),
  v.object({ type: v.literal(Type.Edited), ...entry, of: seq, text }),
  v.object({ type: v.literal(Type.Deleted), ...entry, of: seq }),
  /** The user came in with their first tab … */
  v.object({ type: v.literal(Type.Entered), ...entry }),
  /** … and went with their last one. */
  v.object({ type: v.literal(Type.Departed), ...entry }),
]);

export const serverMessage = v.variant("type", [
  ...logEntry.options,
  /**
   * A code is on its way, good for `validMs`. `taken`: the name is somebody's; only their address can log in with it. `sentBy`:
   * a server without a mail server prints the code in the terminal that it was started in.
   */
  v.object({
    type: v.literal(Type.HelloAck),
    attempt: v.string(),
    validMs: v.number(),
    taken: v.boolean(),
    sentBy: v.picklist(["mail", "terminal"]),
  }),
  /** The mail with the code is not sent yet, and is still tried: it may take minutes. */
  v.object({ type: v.literal(Type.MailLate), text }),
  /** `text` is a session token. */
  v.object({ type: v.literal(Type.AuthAck), user: person, text }),
  /** `again`: the same code can be tried again; otherwise ask for a new one. */
  v.object({ type: v.literal(Type.AuthRst), code: v.picklist(rejectionCodes), text, again: v.boolean() }),
  v.object({
    type: v.literal(Type.MayNotEnter),
    code: v.picklist(entryCodes),
    user,
    text,
    field: v.picklist(["name", "email"]),
  }),
  /**
   * You are in. Numbers belong to the `epoch`: another one than you knew means that the log was lost in between.
   * `first` is the oldest number the room still has, `last` the newest, `from` the one before the first that follows now.
   */
  v.object({
    type: v.literal(Type.Joined),
    room,
    epoch: v.string(),
    first: seq,
    last: seq,
    from: seq,
    private: v.boolean(),
  }),
  v.object({ type: v.literal(Type.Left), room }),
  /** What `nonce` asked for is in the log as number `seq`; also when it was asked for again. */
  v.object({ type: v.literal(Type.Ack), room, nonce, seq }),
  v.object({
    type: v.literal(Type.Refused),
    code: v.picklist(refusalCodes),
    text,
    room: v.optional(room),
    nonce: v.optional(nonce),
    retryAfterMs: v.optional(v.number()),
  }),
  /** Messages number `first` to `last` are gone before you could get them. */
  v.object({ type: v.literal(Type.Gap), room, first: seq, last: seq }),
  /** In order; `first` is the oldest number the room still has. */
  v.object({ type: v.literal(Type.History), room, first: seq, entries: v.array(logEntry) }),
  /** Who types, all of them but at most some of their names. */
  v.object({ type: v.literal(Type.Typing), room, count, names: v.array(v.string()) }),
  /** Who is there: how many people, and at most some of their names. */
  v.object({ type: v.literal(Type.Presence), room, count, names: v.array(v.string()) }),
  /** An invitation to pass on, good for `uses` people until `expiresAt` (ms since the Unix epoch). */
  v.object({ type: v.literal(Type.Invite), room, text, expiresAt: v.number(), uses: v.number() }),
  v.object({ type: v.literal(Type.VoidInvites), room }),
  /** One's sessions, the one used last first: on which device, since when, when it last logged in, and how many connections it has. */
  v.object({
    type: v.literal(Type.Sessions),
    sessions: v.array(
      v.object({
        session: v.string(),
        device: v.string(),
        createdAt: at,
        usedAt: at,
        connections: count,
        isThis: v.boolean(),
      }),
    ),
  }),
  v.object({ type: v.literal(Type.Pong) }),
]);

export type ClientMessageV2 = v.InferOutput<typeof clientMessage>;
export type ServerMessageV2 = v.InferOutput<typeof serverMessage>;
export type LogEntryV2 = v.InferOutput<typeof logEntry>;
export type RefusalCode = (typeof refusalCodes)[number];
export type RejectionCode = (typeof rejectionCodes)[number];
export type EntryCode = (typeof entryCodes)[number];

/** Whether a Hello can have it as the path of its page. */
export function isPagePath(text: string): boolean {
  return v.is(path, text);
}

/** What parsing a frame comes to. A `problem` is a sentence part for people. */
export type ParsedFrame<M> =
  | { kind: "frame"; messages: ParsedMessage<M>[] }
  | { kind: "malformed"; problem: string };

/** Parses a frame a client sent. Never throws. */
export function parseClientFrame(frame: string): ParsedFrame<ClientMessageV2> {
  return parseFrame(frame, limits.messagesPerFrame, (message) =>
    v.safeParse(clientMessage, message, quickly),
  );
}

/** Parses a frame the server sent. Never throws. */
export function parseServerFrame(frame: string): ParsedFrame<ServerMessageV2> {
  return parseFrame(frame, Number.POSITIVE_INFINITY, (message) =>
    v.safeParse(serverMessage, message, quickly),
  );
}

/** Encodes one message, or several, as a frame. */
export function encodeFrame(
  messages: ClientMessageV2 | ServerMessageV2 | readonly (ClientMessageV2 | ServerMessageV2)[],
): string {
  return JSON.stringify(messages);
}

const quickly = { abortEarly: true };
const known = new Set<unknown>(Object.values(Type));

function parseFrame<M>(
  frame: string,
  messagesMax: number,
  check: (message: unknown) => v.SafeParseResult<v.GenericSchema<unknown, M>>,
): ParsedFrame<M> {
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return { kind: "malformed", problem: "not JSON" };
  }
  const messages = Array.isArray(json) ? json : [json];
  if (messages.length === 0) return { kind: "malformed", problem: "an empty array" };
  if (messages.length > messagesMax) {
    return {
      kind: "malformed",
      problem: `${messages.length} messages in a frame, ${messagesMax} are allowed`,
    };
  }
  return { kind: "frame", messages: messages.map((message) => parseMessage(message, check)) };
}

function parseMessage<M>(
  message: unknown,
  check: (message: unknown) => v.SafeParseResult<v.GenericSchema<unknown, M>>,
): ParsedMessage<M> {
  const type =
    typeof message === "object" && message !== null && "type" in message ? message.type : undefined;
  if (typeof type === "number" && !known.has(type))
    return { kind: "unknown", problem: `unknown type ${type}` };
  const checked = check(message);
  if (checked.success) return { kind: "message", message: checked.output };
  const [issue] = checked.issues;
  return { kind: "malformed", problem: `${v.getDotPath(issue) ?? "the message"}: ${issue.message}` };
}
