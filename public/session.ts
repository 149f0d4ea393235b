import type { ServerMessageV2, Type } from "../src/protocol/v2.ts";
import type { Problem } from "./fields.ts";
import type { Person } from "./timeline.ts";

/** Where this person is. `step` takes it further. */
export type Session = Join | Code | Chat;

export interface Join {
  readonly kind: "join";
  readonly name: string;
  readonly email: string;
  /** A code is asked for, as soon as there is a connection. */
  readonly asking: boolean;
  readonly problem: Problem | undefined;
  /** A sentence above the form. */
  readonly notice: string | undefined;
  /** One that was asked for before, which can still be typed: where another one is refused, it is the way in. */
  readonly code: Code | undefined;
}

export interface Code {
  readonly kind: "code";
  readonly name: string;
  readonly email: string;
  /** What the code belongs to, on this connection and on others. */
  readonly attempt: string;
  /** How long the code is good, ms since the Unix epoch. */
  readonly validUntil: number;
  /** The name is somebody's; only their address can log in with it. */
  readonly taken: boolean;
  readonly delivery: Delivery;
  readonly stage: CodeStage;
  /** Another code can be asked for from then on, ms since the Unix epoch. */
  readonly resendAt: number;
  /** Why the code was not taken. */
  readonly problem: string | undefined;
  /** What the server has to say about the mail. */
  readonly notice: string | undefined;
}

/** How the code comes. "late": by a mail that the server has not been able to send yet. "terminal": in that of the server. */
export type Delivery = "mail" | "late" | "terminal";

export type CodeStage =
  /** A code is on its way, or there. */
  | { readonly kind: "typing" }
  /** Another code is asked for, as soon as there is a connection. */
  | { readonly kind: "asking" }
  /** The code is with the server, or goes there as soon as there is a connection. */
  | { readonly kind: "checking"; readonly code: string }
  /** The code is no good any more; only another one helps. */
  | { readonly kind: "void" };

export interface Chat {
  readonly kind: "chat";
  readonly me: Person;
  /** Where the last code went; for the form, should another one be needed. */
  readonly email: string;
  /** Logs in without a code. Empty: the server gave none, so a lost connection ends the session. */
  readonly token: string;
  readonly stage: ChatStage;
}

export type ChatStage =
  /** There is no connection, or the server has not said yet that it knows who this is. */
  | "away"
  /** The server knows who this is; rooms may be joined. */
  | "here"
  /** The server was asked to end the session, and has not done so yet. */
  | "leaving";

/** What happens to a session. `at` is in ms since the Unix epoch. */
export type SessionEvent =
  | { kind: "ask"; name: string; email: string }
  | { kind: "ask-again" }
  | { kind: "submit"; code: string }
  | { kind: "back" }
  /** The code that was asked for before is to be typed. */
  | { kind: "have-code" }
  /** `everywhere`: on all devices. */
  | { kind: "log-out"; everywhere: boolean }
  /** Another tab logged out. */
  | { kind: "logged-out" }
  | { kind: "opened"; at: number }
  | Lost
  | { kind: "received"; message: LoginMessage; at: number };

export interface Lost {
  readonly kind: "lost";
  readonly code: number;
  readonly reason: string;
  readonly at: number;
}

/** What the server says about who somebody is. */
export type LoginMessage = Extract<
  ServerMessageV2,
  | { type: typeof Type.HelloAck }
  | { type: typeof Type.MailLate }
  | { type: typeof Type.AuthAck }
  | { type: typeof Type.AuthRst }
  | { type: typeof Type.MayNotEnter }
  | { type: typeof Type.Refused }
>;

/** What is to be done about it. */
export type Effect =
  /** Answers with `opened`, at once where there is a connection. */
  | { kind: "connect" }
  | { kind: "disconnect" }
  /** Asks for a code. */
  | { kind: "hello"; text: string }
  /** Logs in with a code or a token. */
  | { kind: "auth"; text: string; attempt?: string }
  /** The token is good for nothing any more. One that another tab has got since stays. */
  | { kind: "forget-token"; token: string }
  /** Nothing of this person stays in the browser. */
  | { kind: "clear" }
  /** The session is to end on the server, by `leave` or `end-sessions`, and sooner or later does. */
  | { kind: "ending"; token: string; everywhere: boolean }
  /** Leaves all rooms, and asks the server to end the session. */
  | { kind: "leave"; everywhere: boolean }
  /** The server has ended the session. */
  | { kind: "ended"; token: string }
  /** Ends what is to be ended, by a connection of its own. */
  | { kind: "end-sessions" }
  /**
   * Rooms may be joined from now on. `isBack`: by a token, so that this is who was here before, though the id be another: a
   * server that keeps no state gives new ones when it starts.
   */
  | { kind: "entered"; me: Person; email: string; token: string; isBack: boolean }
  /** Nothing goes out any more. */
  | { kind: "cut-off" };

export function joining(name: string, email: string, notice?: string, problem?: Problem, code?: Code): Join {
  return { kind: "join", name, email, asking: false, problem, notice, code };
}

/** The code that can still be typed, if there is one. */
export function codeOf(session: Join | Code): Code | undefined {
  if (session.kind === "join") return session.code;
  return session.attempt === "" || session.stage.kind === "void"
    ? undefined
    : { ...session, stage: { kind: "typing" } };
}

/** A code that is no good any more, with the sentence that says so. */
export function voidCode(name: string, email: string, problem: string): Code {
  return {
    kind: "code",
    name,
    email,
    attempt: "",
    validUntil: 0,
    taken: false,
    delivery: "mail",
    stage: { kind: "void" },
    resendAt: 0,
    problem,
    notice: undefined,
  };
}
