import { goodbyes, retryAfterClose } from "../src/protocol/close.ts";
import { BOT_NAME, MessageType, type ServerMessage } from "../src/protocol/message.ts";
import { bounds } from "./bounds.ts";
import { fieldOf, needsNewCode, retryAfterMs } from "./refusals.ts";
import {
  type Chat,
  type Effect,
  joining,
  type Lost,
  type Session,
  type SessionEvent,
  voidCode,
} from "./session.ts";
import { sentence, words } from "./words.ts";

export interface Step {
  session: Session;
  effects: Effect[];
}

/** Pure: takes what happened, and answers with the next state and what to do about it. */
export function step(session: Session, event: SessionEvent): Step {
  switch (event.kind) {
    case "ask": {
      const { name, email } = event;
      return to({ ...joining(name, email), asking: true }, { kind: "connect" });
    }
    case "ask-again":
      if (session.kind !== "code") return to(session);
      return to({ ...session, stage: { kind: "asking" } }, { kind: "connect" });
    case "submit":
      if (session.kind !== "code" || session.stage.kind !== "typing") return to(session);
      return to({ ...session, stage: { kind: "checking" }, problem: undefined }, auth(event.code));
    case "back":
      if (session.kind !== "code") return to(session);
      return to(joining(session.name, session.email), { kind: "disconnect" });
    case "log-out":
      return to(joining("", ""), { kind: "disconnect" }, { kind: "forget-token" }, { kind: "clear" });
    case "logged-out":
      if (session.kind !== "chat") return to(session);
      return to(joining("", "", words.join.loggedOut), { kind: "disconnect" }, { kind: "clear" });
    case "opened":
      return opened(session, event.at);
    case "lost":
      return lost(session, event);
    case "received":
      return received(session, event.message, event.at);
  }
}

/** A connection stands: say what we came for. */
function opened(session: Session, at: number): Step {
  switch (session.kind) {
    case "join":
      return session.asking ? ask(session.name, session.email, at) : to(session);
    case "code":
      return session.stage.kind === "asking" ? ask(session.name, session.email, at) : to(session);
    case "chat":
      if (session.entered) return to(session);
      if (session.token === "") return expelled(session, words.join.sessionLost, at);
      return to(session, auth(session.token));
  }
}

/** Sends Hello. v1 does not answer it when all is well, so the code is waited for at once. */
function ask(name: string, email: string, at: number): Step {
  const resendAt = at + bounds.resendAfterMs;
  return to(
    { kind: "code", name, email, stage: { kind: "typing" }, resendAt, problem: undefined, notice: undefined },
    { kind: "send", message: { type: MessageType.Hello, text: `${name}\n${email}` } },
  );
}

/** The connection is gone. It comes back by itself unless we say `disconnect`. */
function lost(session: Session, event: Lost): Step {
  const final = retryAfterClose(event.code) === "never" ? sentence(event.reason) : undefined;
  switch (session.kind) {
    case "join":
      if (session.asking && final === undefined) return to(session);
      return to({ ...session, asking: false, notice: final ?? session.notice }, { kind: "disconnect" });
    case "code": {
      if (session.stage.kind === "asking" && final === undefined) return to(session);
      const why = event.code === goodbyes.loginTimeout.code ? words.code.tooLong : words.code.lost;
      return to(voidCode(session.name, session.email, final ?? why), { kind: "disconnect" });
    }
    case "chat":
      return to({ ...session, entered: false }, { kind: "cut-off", at: event.at });
  }
}

function received(session: Session, message: ServerMessage, at: number): Step {
  switch (message.type) {
    case MessageType.AuthAck: {
      if (session.kind === "join") return to(session);
      const { name } = message.user;
      return to(
        { kind: "chat", name, token: message.text, entered: true },
        { kind: "keep-token", token: message.text, name },
        { kind: "entered", name, at },
      );
    }
    case MessageType.AuthRst:
      return turnedDown(session, sentence(message.text), at);
    case MessageType.MayNotEnter: {
      const text = message.text === "" ? words.join.mayNotEnter : sentence(message.text);
      if (session.kind === "chat") return expelled(session, text, at);
      const problem = { field: fieldOf(text), text };
      return to(joining(session.name, session.email, undefined, problem), { kind: "disconnect" });
    }
    case MessageType.Text:
      return heard(session, message.user.name, message.text, at);
  }
}

/** The code or the token is not accepted. */
function turnedDown(session: Session, why: string, at: number): Step {
  switch (session.kind) {
    case "join":
      return to(session);
    case "code":
      return to({ ...session, stage: { kind: needsNewCode(why) ? "void" : "typing" }, problem: why });
    case "chat":
      return expelled(session, words.join.sessionEnded(why), at);
  }
}

/** In the room, a line; before it, what the house has to say about the mail. */
function heard(session: Session, name: string, text: string, at: number): Step {
  switch (session.kind) {
    case "join":
      return to(session);
    case "code":
      if (name !== BOT_NAME) return to(session);
      return to({ ...session, notice: sentence(text), resendAt: at + (retryAfterMs(text) ?? 0) });
    case "chat":
      return to(session, { kind: "heard", name, text, at });
  }
}

/** The session is over and a new code is needed. What was typed stays in the tab. */
function expelled(session: Chat, notice: string, at: number): Step {
  return to(
    joining(session.name, "", notice),
    { kind: "disconnect" },
    { kind: "forget-token" },
    { kind: "cut-off", at },
  );
}

function auth(text: string): Effect {
  return { kind: "send", message: { type: MessageType.Auth, text } };
}

function to(session: Session, ...effects: Effect[]): Step {
  return { session, effects };
}
