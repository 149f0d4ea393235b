import { goodbyes, retryAfterClose } from "../src/protocol/close.ts";
import { type EntryCode, type RejectionCode, Type } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import {
  type Chat,
  type Code,
  codeOf,
  type Effect,
  joining,
  type LoginMessage,
  type Lost,
  type Session,
  type SessionEvent,
} from "./session.ts";
import { sentence, translated, words } from "./words.ts";

export interface Step {
  session: Session;
  effects: Effect[];
}

/** Pure: takes what happened, and answers with the next state and what to do about it. */
export function step(session: Session, event: SessionEvent): Step {
  switch (event.kind) {
    case "ask": {
      // Asked for already: Enter was pressed again before the page was drawn.
      if (session.kind === "code" || (session.kind === "join" && session.asking)) return to(session);
      const { name, email } = event;
      const code = session.kind === "join" ? session.code : undefined;
      return to({ ...joining(name, email, undefined, undefined, code), asking: true }, { kind: "connect" });
    }
    case "ask-again":
      if (session.kind !== "code" || session.stage.kind === "asking") return to(session);
      // The code of one that is void is none that could still be typed.
      return to(
        { ...session, attempt: codeOf(session)?.attempt ?? "", stage: { kind: "asking" } },
        { kind: "connect" },
      );
    case "submit":
      if (session.kind !== "code" || !canType(session)) return to(session);
      return to(
        { ...session, stage: { kind: "checking", code: event.code }, problem: undefined },
        { kind: "connect" },
      );
    case "back":
      if (session.kind !== "code") return to(session);
      return to(joining(session.name, session.email, undefined, undefined, codeOf(session)), {
        kind: "disconnect",
      });
    case "have-code":
      if (session.kind !== "join" || session.code === undefined) return to(session);
      return to(session.code, { kind: "disconnect" });
    case "log-out":
      return session.kind === "chat" ? logOut(session, event.everywhere) : to(session);
    case "logged-out":
      // The server may have said so first, which leaves what was typed. Who comes in again already goes on.
      if (session.kind === "code" || (session.kind === "join" && session.asking)) return to(session);
      return loggedOut(words.join.loggedOut);
    case "opened":
      return opened(session);
    case "lost":
      return lost(session, event);
    case "received":
      return received(session, event.message, event.at);
  }
}

/** The session ends on the server, and here once it has; here at once where the server is not there to ask. */
function logOut(session: Chat, everywhere: boolean): Step {
  const { token, stage } = session;
  if (stage === "leaving") return to(session);
  const ending: Effect[] = token === "" ? [] : [{ kind: "ending", token, everywhere }];
  if (stage === "here") return to({ ...session, stage: "leaving" }, ...ending, { kind: "leave", everywhere });
  return loggedOut(undefined, ...ending, { kind: "end-sessions" });
}

function loggedOut(notice: string | undefined, ...effects: Effect[]): Step {
  return to(joining("", "", notice), ...effects, { kind: "disconnect" }, { kind: "clear" });
}

/** A connection stands: say what we came for. */
function opened(session: Session): Step {
  switch (session.kind) {
    case "join":
      return session.asking ? to(session, hello(session)) : to(session);
    case "code":
      if (session.stage.kind === "asking") return to(session, hello(session));
      if (session.stage.kind !== "checking") return to(session);
      return to(session, { kind: "auth", text: session.stage.code, attempt: session.attempt });
    case "chat":
      if (session.stage !== "away") return to(session);
      if (session.token === "") return expelled(session, words.join.sessionLost);
      return to(session, { kind: "auth", text: session.token });
  }
}

function hello({ name, email }: { name: string; email: string }): Effect {
  return { kind: "hello", text: `${name}\n${email}` };
}

/** The connection is gone. It comes back by itself unless we say `disconnect`. */
function lost(session: Session, event: Lost): Step {
  const final = retryAfterClose(event.code) === "never" ? sentence(event.reason) : undefined;
  switch (session.kind) {
    case "join":
      if (session.asking && final === undefined) return to(session);
      return to({ ...session, asking: false, notice: final ?? session.notice }, { kind: "disconnect" });
    case "code": {
      const { kind } = session.stage;
      if ((kind === "asking" || kind === "checking") && final === undefined) return to(session);
      // The code is good on any connection; there is one again when it is needed.
      const stage = kind === "checking" ? { kind: "typing" as const } : session.stage;
      return to({ ...session, stage, problem: final ?? session.problem }, { kind: "disconnect" });
    }
    case "chat":
      return cutOff(session, event.code);
  }
}

function cutOff(session: Chat, code: number): Step {
  const { token, stage } = session;
  const hasEnded = code === goodbyes.loggedOut.code;
  switch (stage) {
    case "away":
    case "here":
      if (hasEnded) return expelled(session, words.join.endedElsewhere);
      return to({ ...session, stage: "away" }, { kind: "cut-off" });
    case "leaving":
      return loggedOut(undefined, hasEnded ? { kind: "ended", token } : { kind: "end-sessions" });
  }
}

function received(session: Session, message: LoginMessage, at: number): Step {
  switch (message.type) {
    case Type.HelloAck: {
      if (session.kind === "chat") return to(session);
      const { attempt, validMs, taken, sentBy: delivery } = message;
      const { name, email } = session;
      const [validUntil, resendAt] = [at + validMs, at + bounds.resendAfterMs];
      const code = { kind: "code" as const, name, email, attempt, validUntil, taken, delivery, resendAt };
      // One that was typed meanwhile is with the server already.
      const stage = session.kind === "code" && session.stage.kind === "checking" ? session.stage : typing;
      return to({ ...code, stage, problem: undefined, notice: undefined });
    }
    case Type.MailLate:
      return session.kind === "code" ? to({ ...session, delivery: "late" }) : to(session);
    case Type.AuthAck: {
      if (session.kind === "join") return to(session);
      const { user: me, text: token } = message;
      const { email } = session;
      return to(
        { kind: "chat", me, email, token, stage: "here" },
        { kind: "entered", me, email, token, isBack: session.kind === "chat" },
      );
    }
    case Type.AuthRst:
      if (session.kind === "chat" && message.code === "session-ended") {
        return expelled(session, words.join.endedElsewhere);
      }
      return turnedDown(
        session,
        message.code,
        sentence(translated(message.code, message.text)),
        message.again,
      );
    case Type.MayNotEnter: {
      const text = sentence(translated(message.code, message.text || words.join.mayNotEnter));
      if (session.kind === "chat") return expelled(session, text);
      const problem = {
        field: message.field,
        text: isTaken(message.code) ? words.join.taken(session.name) : text,
      };
      const isUsed = session.kind === "code" && session.stage.kind === "checking";
      const code = isUsed ? undefined : codeOf(session);
      return to(joining(session.name, session.email, undefined, problem, code), { kind: "disconnect" });
    }
    case Type.Refused:
      return refused(
        session,
        sentence(translated(message.code, message.text)),
        at + (message.retryAfterMs ?? 0),
      );
  }
}

function isTaken(code: EntryCode): boolean {
  return code === "name-taken";
}

/** Whether a code can be typed: also while another one is asked for, for the one that is there stays good. */
export function canType({ stage, attempt }: Code): boolean {
  return stage.kind === "typing" || (stage.kind === "asking" && attempt !== "");
}

/** The code or the token is not accepted. */
function turnedDown(session: Session, code: RejectionCode, why: string, again: boolean): Step {
  switch (session.kind) {
    case "join":
      return to(session);
    case "code":
      return to({ ...session, stage: again ? typing : { kind: "void" }, problem: why });
    case "chat":
      return expelled(
        session,
        code === "session-invalid" ? words.join.forgotten : words.join.sessionEnded(why),
      );
  }
}

/** What was asked for is not done: mostly, no code was mailed. */
function refused(session: Session, why: string, retryAt: number): Step {
  switch (session.kind) {
    case "join":
      return to({ ...session, asking: false, notice: why }, { kind: "disconnect" });
    case "code":
      return to(refusedCode(session, why, retryAt));
    case "chat":
      // Whatever it was about: the session is ended by a connection that does nothing else.
      return session.stage === "leaving" ? loggedOut(undefined, { kind: "end-sessions" }) : to(session);
  }
}

function refusedCode(session: Code, why: string, retryAt: number): Code {
  const resendAt = Math.max(session.resendAt, retryAt);
  switch (session.stage.kind) {
    case "checking":
      return { ...session, stage: typing, problem: why };
    case "asking":
      // An older code may still be good.
      return { ...session, stage: session.attempt === "" ? { kind: "void" } : typing, notice: why, resendAt };
    case "typing":
    case "void":
      return { ...session, notice: why, resendAt };
  }
}

/** The session is over and a new code is needed. What was typed stays in the tab. */
function expelled(session: Chat, notice: string): Step {
  return to(
    joining(session.me.name, session.email, notice),
    { kind: "disconnect" },
    { kind: "forget-token", token: session.token },
    { kind: "cut-off" },
  );
}

const typing = { kind: "typing" } as const;

function to(session: Session, ...effects: Effect[]): Step {
  return { session, effects };
}
