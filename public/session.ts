import type { ClientMessage, ServerMessage } from "../src/protocol/message.ts";
import type { Problem } from "./fields.ts";

/** Where this person is. `step` takes it further. */
export type Session = Join | Code | Chat;

export interface Join {
  readonly kind: "join";
  readonly name: string;
  readonly email: string;
  /** Hello is to be sent as soon as there is a connection. */
  readonly asking: boolean;
  readonly problem: Problem | undefined;
  /** A sentence above the form. */
  readonly notice: string | undefined;
}

export interface Code {
  readonly kind: "code";
  readonly name: string;
  readonly email: string;
  readonly stage: CodeStage;
  /** Another code can be asked for from then on, ms since the Unix epoch. */
  readonly resendAt: number;
  /** Why the code was not taken. */
  readonly problem: string | undefined;
  /** What the server has to say about the mail. */
  readonly notice: string | undefined;
}

export type CodeStage =
  /** A code is on its way, or there. It belongs to this connection and fits no other. */
  | { readonly kind: "typing" }
  /** Another Hello is to be sent as soon as there is a connection. */
  | { readonly kind: "asking" }
  /** The code is with the server. */
  | { readonly kind: "checking" }
  /** The code is no good any more; only another one helps. */
  | { readonly kind: "void" };

export interface Chat {
  readonly kind: "chat";
  readonly name: string;
  /** Logs in without a code. Empty: the server gave none, so a lost connection ends the session. */
  readonly token: string;
  /** The server knows who this is; lines may be sent. */
  readonly entered: boolean;
}

/** What happens to a session. `at` is in ms since the Unix epoch. */
export type SessionEvent =
  | { kind: "ask"; name: string; email: string }
  | { kind: "ask-again" }
  | { kind: "submit"; code: string }
  | { kind: "back" }
  | { kind: "log-out" }
  /** Another tab logged out. */
  | { kind: "logged-out" }
  | { kind: "opened"; at: number }
  | Lost
  | { kind: "received"; message: ServerMessage; at: number };

export interface Lost {
  readonly kind: "lost";
  readonly code: number;
  readonly reason: string;
  readonly at: number;
}

/** What is to be done about it. */
export type Effect =
  /** Answers with `opened`, at once where there is a connection. */
  | { kind: "connect" }
  | { kind: "disconnect" }
  | { kind: "send"; message: ClientMessage }
  | { kind: "keep-token"; token: string; name: string }
  | { kind: "forget-token" }
  /** Nothing of this person stays in the browser. */
  | { kind: "clear" }
  /** Lines may be sent from now on. */
  | { kind: "entered"; name: string; at: number }
  /** No more lines may be sent; those on the wire may be lost. */
  | { kind: "cut-off"; at: number }
  | { kind: "heard"; name: string; text: string; at: number };

export function joining(name: string, email: string, notice?: string, problem?: Problem): Join {
  return { kind: "join", name, email, asking: false, problem, notice };
}

/** A code that was asked for on a connection that is gone, with the sentence that says so. */
export function voidCode(name: string, email: string, problem: string): Code {
  return { kind: "code", name, email, stage: { kind: "void" }, resendAt: 0, problem, notice: undefined };
}
