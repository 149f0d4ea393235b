/**
 * Plume's wire protocol, version 1: JSON text frames `{"type":n,"user":{"name":s},"text":s}`, keys in
 * this order. Shared by the server, the page, the benchmarks and the tests; imports nothing.
 */

/** Every message type by name. The numbers are Plume's and never change. */
export const MessageType = {
  /** C→S, `text` is `name\nemail`: asks for a login code by mail. */
  Hello: 0,
  /** Both ways: a chat line. The server fills in `user`. */
  Text: 1,
  /** C→S, `text` is the login code or a session token. */
  Auth: 2,
  /** S→C: accepted. `user` is who you are, `text` a session token. */
  AuthAck: 3,
  /** S→C: the code or token was not accepted. `text` says why, for people. */
  AuthRst: 4,
  /** S→C: the name or address is not allowed. `user` repeats the name, `text` says why, for people. */
  MayNotEnter: 5,
} as const;

/** What a client may send. `user` is ignored when present. */
export type ClientMessage =
  | { type: typeof MessageType.Hello; text: string }
  | { type: typeof MessageType.Text; text: string }
  | { type: typeof MessageType.Auth; text: string };

/** Who a message is from or about. */
export interface UserOnWire {
  name: string;
}

/** What the server may send. */
export type ServerMessage =
  | { type: typeof MessageType.Text; user: UserOnWire; text: string }
  | { type: typeof MessageType.AuthAck; user: UserOnWire; text: string }
  | { type: typeof MessageType.AuthRst; user: UserOnWire; text: string }
  | { type: typeof MessageType.MayNotEnter; user: UserOnWire; text: string };

/** The bot's name. Nobody can log in with it or with a name that looks like it. */
export const BOT_NAME = "plumebot";

/** Encodes a message as one text frame, keys in Plume's order. */
export function encodeMessage(message: ClientMessage | ServerMessage): string {
  const name = "user" in message ? message.user.name : "";
  return `{"type":${message.type},"user":{"name":${JSON.stringify(name)}},"text":${JSON.stringify(message.text)}}`;
}
