import { batch, type Signal, signal } from "@preact/signals";
import { isPagePath, type ServerMessageV2, Type } from "../src/protocol/v2.ts";
import { readAddress, roomAddress } from "./address.ts";
import { bounds } from "./bounds.ts";
import { Connection, type Link, type World } from "./connection.ts";
import { Conversation, type News } from "./conversation.ts";
import { forgetStrangers, isSameOwner, markTab, ownerOfBrowser } from "./owner.ts";
import { keepSession, restoreAttempt, restoreSession } from "./restore.ts";
import { type Effect, joining, type LoginMessage, type Session, type SessionEvent } from "./session.ts";
import { SessionEnder } from "./session-ender.ts";
import { SessionList } from "./session-list.ts";
import { step } from "./step.ts";
import type { Store } from "./store.ts";
import { Tabs } from "./tabs.ts";
import type { Person } from "./timeline.ts";

/** What the page has to be told about the browser around it. */
export interface Surroundings {
  /** The name of this tab. */
  tab: string;
  /** Whether someone is looking at the page. */
  watched(): boolean;
  /** Something was said that nobody saw, in any tab of this browser; one of them is told. */
  told(news: News): void;
}

/** The page without its looks: runs the session's effects, and is what the views talk to. */
export class Page {
  readonly session: Signal<Session>;
  readonly link: Signal<Link> = signal({ kind: "off" });
  readonly conversation: Conversation;
  readonly connection: Connection;
  readonly sessions: SessionList;
  readonly ender: SessionEnder;

  /** ms since the Unix epoch. */
  readonly now: () => number;

  readonly #world: World;
  readonly #store: Store;
  readonly #tab: string;

  constructor(world: World, store: Store, { tab, watched, told }: Surroundings) {
    this.now = () => world.now();
    this.#world = world;
    this.#store = store;
    this.#tab = tab;
    this.connection = new Connection(world, {
      changed: (link) => {
        this.link.value = link;
      },
      opened: () => {
        this.ender.hurry();
        this.happened({ kind: "opened", at: world.now() });
      },
      received: (messages) => batch(() => this.#received(messages)),
      lost: (code, reason) => this.happened({ kind: "lost", code, reason, at: world.now() }),
    });
    forgetStrangers(store);
    const tabs = new Tabs(world, store, (person, room, position) =>
      this.conversation.seenElsewhere(person, room, position),
    );
    this.conversation = new Conversation(world, store, this.connection, {
      watched,
      news: (news) => {
        const { epoch, seq } = news.line;
        const isUnseen = () => this.conversation.isUnread(news);
        tabs.tellOnce({ room: news.room, epoch, seq, isUnseen, tell: () => told(news) });
      },
      seen: (me, room, position) => tabs.seen(me.id, room, position),
    });
    this.sessions = new SessionList(this.connection);
    this.ender = new SessionEnder(world, store);
    this.session = signal(restoreSession(store, world.now()));
    if (this.ender.isNeeded()) this.#finishLoggingOut();
    this.arrived();
    if (this.session.value.kind === "chat") this.connection.connect();
  }

  /** Someone looks: asks whether the connection stands, or does not wait for the next try. */
  hurry(): void {
    this.connection.hurry();
    this.ender.hurry();
  }

  /** The same where the machine woke or the network is back, which others may share: within `bounds.wakeSpreadMs`. */
  hurrySpread(): void {
    this.#world.after(this.#world.random() * bounds.wakeSpreadMs, () => this.hurry());
  }

  /** Whether somebody is not logged in here, and nothing is with the server that may change that. */
  isAtLogin(): boolean {
    const session = this.session.value;
    switch (session.kind) {
      case "join":
        return !session.asking;
      case "code":
        return session.stage.kind === "typing";
      case "chat":
        return false;
    }
  }

  /** Takes one step of the session, and does what follows from it. */
  happened(event: SessionEvent): void {
    const before = this.session.value;
    const { session, effects } = step(before, event);
    if (session !== before) this.#become(session);
    for (const effect of effects) this.#run(effect);
  }

  /** The page's address says where to go: when the page is loaded, and whenever it changes. */
  arrived(): void {
    const address = readAddress(this.#world.address());
    switch (address.kind) {
      case "room":
        // Before the login it is not known whose rooms these are; the address is looked at again then.
        if (this.session.value.kind !== "chat") break;
        this.conversation.open(address.room, address.invite);
        // An invitation is not left lying about.
        if (address.invite !== "") this.#world.setAddress(roomAddress(address.room));
        break;
      case "code":
        this.#world.setAddress("");
        this.#gotCode(address.code);
        break;
      case "no-room":
        if (this.session.value.kind !== "chat") break;
        this.#world.setAddress(roomAddress(this.conversation.list.room.value.name));
        this.conversation.draft.remark.value = address.problem;
        break;
      case "none":
    }
  }

  /** Goes out of a room for good, and to another. */
  leaveRoom(name: string): void {
    this.conversation.leave(name);
    this.#world.setAddress(roomAddress(this.conversation.list.room.value.name));
  }

  /** Goes into a room; a new one can be made for the invited only. */
  openRoom(name: string, isPrivate: boolean): void {
    this.conversation.open(name, "", isPrivate);
    this.#world.setAddress(roomAddress(name));
  }

  /** Shows a line in its room, if this person is still in it. */
  openLine({ room, line }: News): void {
    if (this.session.value.kind !== "chat" || this.conversation.list.find(room) === undefined) return;
    this.openRoom(room, false);
    this.conversation.sought.value = { room, id: line.id };
  }

  /** Keeps what is being typed into the join form. */
  typed(name: string, email: string): void {
    this.#store.write("form", JSON.stringify({ name, email }));
  }

  #received(messages: readonly ServerMessageV2[]): void {
    const said: ServerMessageV2[] = [];
    for (const message of messages) {
      if (message.type === Type.Sessions) this.sessions.received(message);
      else if (isLogin(message)) this.#heard(message);
      else said.push(message);
    }
    // Before anybody has entered there is nothing to hear, and after a goodbye neither.
    if (said.length > 0 && this.session.value.kind === "chat") this.conversation.received(said);
  }

  #heard(message: LoginMessage): void {
    if (message.type === Type.Refused) this.sessions.refused(message);
    this.happened({ kind: "received", message, at: this.now() });
  }

  /** The page was loaded anew before the server had ended a session. Who has come in since, with a token, stays. */
  #finishLoggingOut(): void {
    this.ender.start();
    if (this.session.value.kind === "chat" || this.#store.read("name") === "") return;
    this.#run({ kind: "clear" });
    this.#become(joining("", ""));
  }

  /** The code from a link in a mail. */
  #gotCode(code: string): void {
    if (this.session.value.kind === "join") {
      const attempt = restoreAttempt(this.#store, this.now());
      if (attempt !== undefined) this.#become(attempt);
    }
    this.happened({ kind: "submit", code });
  }

  #entered({ me, email, token, isBack }: Extract<Effect, { kind: "entered" }>): void {
    this.ender.told();
    if (!isBack && !isSameOwner(ownerOfBrowser(this.#store), { id: me.id, email })) this.conversation.clear();
    this.#keepLogin(me, email, token);
    this.conversation.entered(me);
    this.arrived();
  }

  #keepLogin({ id, name }: Person, email: string, token: string): void {
    this.#store.write("token", token);
    this.#store.write("person", id);
    this.#store.write("email", email);
    this.#store.write("name", name); // last, for other tabs go by it
    markTab(this.#store);
  }

  #become(session: Session): void {
    this.session.value = session;
    keepSession(this.#store, session);
  }

  #run(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        this.connection.connect();
        break;
      case "disconnect":
        this.connection.disconnect();
        break;
      case "hello": {
        const path = this.#world.path();
        const { text } = effect;
        this.connection.send({ type: Type.Hello, text, ...(path !== "/" && isPagePath(path) && { path }) });
        break;
      }
      case "auth": {
        const { text, attempt } = effect;
        const message = { type: Type.Auth, text, tab: this.#tab, ...(attempt !== undefined && { attempt }) };
        this.connection.send(message);
        break;
      }
      case "forget-token":
        if (this.#store.read("token") === effect.token) this.#store.write("token", "");
        break;
      case "clear":
        this.#keepLogin({ id: "", name: "" }, "", "");
        this.conversation.clear();
        this.sessions.clear();
        this.#world.setAddress("");
        break;
      case "entered":
        this.#entered(effect);
        break;
      case "cut-off":
        this.conversation.cutOff();
        this.sessions.clear();
        break;
      case "ending":
        this.ender.keep(effect.token, effect.everywhere);
        this.#store.write("token", "");
        break;
      case "leave":
        this.conversation.goOut();
        this.connection.send({ type: Type.LogOut, everywhere: effect.everywhere });
        break;
      case "ended":
        this.ender.ended(effect.token);
        break;
      case "end-sessions":
        this.ender.start();
        break;
    }
  }
}

/** Whether a message is about who somebody is; a refusal that names a room or a nonce is not. */
function isLogin(message: ServerMessageV2): message is LoginMessage {
  switch (message.type) {
    case Type.HelloAck:
    case Type.MailLate:
    case Type.AuthAck:
    case Type.AuthRst:
    case Type.MayNotEnter:
      return true;
    case Type.Refused:
      return message.room === undefined && message.nonce === undefined;
    default:
      return false;
  }
}
