import type { Logger } from "pino";
import { Deadline } from "../actor/deadline.ts";
import { Latch } from "../actor/latch.ts";
import { Channel } from "../channel/channel.ts";
import { Select } from "../channel/select.ts";
import { LOBBY } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import { Login, type LoginDependencies, type LoginRules } from "../login/login.ts";
import type { MailNews } from "../login/postman.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { People, Visit } from "../people/people.ts";
import type { DetachReason, PersonConnection } from "../people/person.ts";
import { type Goodbye, goodbyes, isGoodbye } from "../protocol/close.ts";
import { Type } from "../protocol/v2.ts";
import type { SaveOutcome } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import type { Socket, Version } from "../transport/socket.ts";
import type { Accounts, Pace } from "./accounts.ts";
import { Memberships, type RoomDependencies } from "./memberships.ts";
import { type Request, Requests } from "./requests.ts";
import type { Responder } from "./responder.ts";
import { ResponderV1 } from "./responder-v1.ts";
import { ResponderV2 } from "./responder-v2.ts";

/** What all connections of a server share. */
export interface ConnectionDependencies {
  clock: Clock;
  logger: Logger;
  login: LoginDependencies;
  chat: RoomDependencies;
  /** Called when a connection is logged in. */
  entered: (connection: Connection) => void;
  /** How fast one connection may speak. */
  pace: Pace;
  accounts: Accounts;
  /** Counts what was received and is not handled. */
  received: ByteBudget;
  counters: Counters;
}

/**
 * The actor of one socket, and the socket's only writer. Its life is Plume's lifecycle of a client: hello, code, auth, chat,
 * goodbye. It owns the login, the pace and the memberships.
 */
export class Connection {
  /** Finds in the log what belongs together. */
  readonly #id: number;
  readonly #socket: Socket;
  /** What the socket sent and is not handled. Closed by the transport when the socket is gone. */
  readonly #inbox: Channel<string>;
  readonly #dependencies: ConnectionDependencies;
  readonly #login: Login;
  readonly #responder: Responder;
  readonly #requests: Requests;
  #state: State = openToAnybody;
  /** The session has ended, so that nobody waits for them to be back. */
  #isLoggedOut = false;

  constructor(id: number, socket: Socket, inbox: Channel<string>, dependencies: ConnectionDependencies) {
    const { version, peer } = socket;
    const { login, counters } = dependencies;
    this.#id = id;
    this.#socket = socket;
    this.#inbox = inbox;
    this.#dependencies = dependencies;
    this.#login = new Login(login, peer, loginRules[version]);
    this.#responder = new (version === 2 ? ResponderV2 : ResponderV1)(socket, counters);
    this.#requests = new Requests(version, peer, dependencies);
  }

  /**
   * The connection's life. It ends with the socket closed, whatever ended it. While somebody chats and is quiet, this
   * function is suspended and no other, for each costs a connection 500 to 700 bytes, and over batches that are taken by
   * hand, for a Repeater costs 1.6 KiB.
   */
  async run(): Promise<void> {
    const isV1 = this.#socket.version === 1;
    let goodbye: Goodbye = goodbyes.failed;
    try {
      const memberships = await this.#authenticate();
      if (isGoodbye(memberships)) {
        goodbye = memberships;
        return;
      }
      try {
        if (isV1) await this.#enterLobby(memberships);
        const frames = this.#inbox.batches(1);
        for (;;) {
          const next = this.#requests.next();
          if (next === undefined) {
            const { value: [frame] = [] } = await frames.next();
            this.#requests.read(frame ?? this.#whyClosed());
          } else if (next.kind === "goodbye") {
            goodbye = next.goodbye;
            break;
          } else if (next.kind === "refused") await this.#responder.refuse(next.refusal);
          else await this.#handleChat(next.request, memberships);
        }
        if (goodbye === goodbyes.restarting) await this.#drainRooms(memberships);
      } finally {
        await memberships.leave(isV1 || this.#isLoggedOut ? "left" : "lost");
      }
    } finally {
      this.#finish(goodbye);
    }
  }

  /**
   * The server stops: handles what the socket has sent, then nothing more; what rooms still say is delivered before the
   * goodbye. Settles when everything that was sent is handled.
   */
  async stop(): Promise<void> {
    if (this.#state.kind === "open") {
      this.#state = { ...this.#state, kind: "stopping", handledAll: new Latch() };
    }
    this.#inbox.close();
    if (this.#state.kind === "stopping") await this.#state.handledAll.opened();
  }

  /** The server is full: ends in favour of a newcomer. */
  makeRoom(): void {
    this.#end(goodbyes.serverFull);
  }

  /** Hello, code, auth: until somebody has proved who they are, the time is up, or the socket is gone. */
  async #authenticate(): Promise<Memberships | Goodbye> {
    const mailed = new Channel<MailNews>({ capacity: limits.messageBurst });
    const deadline = new Deadline(this.#dependencies.clock, limits.helloTimeoutMs);
    const events = new Select({ frame: this.#inbox, mailed, late: deadline.passed });
    try {
      for (;;) {
        const next = this.#requests.next();
        if (next === undefined) {
          const event = await events.next();
          if (event.kind === "closed") return this.#whyClosed();
          if (event.from === "late") return goodbyes.loginTimeout;
          if (event.from === "frame") this.#requests.read(event.value);
          else await this.#tell(event.value);
        } else if (next.kind === "goodbye") return next.goodbye;
        else if (next.kind === "refused") await this.#responder.refuse(next.refusal);
        else {
          const done = await this.#handleLogin(next.request, mailed, deadline);
          if (done !== undefined) return done;
        }
      }
    } finally {
      deadline.cancel();
    }
  }

  /** What becomes of a mail with a code. */
  async #tell(news: MailNews): Promise<void> {
    switch (news.kind) {
      case "sent":
        return;
      case "late":
        return this.#responder.mailLate(news.problem);
      case "failed":
        return this.#responder.notMailed(news.problem, news.permanent);
    }
  }

  /** Undefined while nobody is logged in yet. */
  async #handleLogin(
    request: Request,
    mailed: Channel<MailNews>,
    deadline: Deadline,
  ): Promise<Memberships | Goodbye | undefined> {
    switch (request.type) {
      case Type.Hello: {
        const { text, path = "/" } = request;
        const result = this.#login.hello({ text, path }, (news) => void mailed.trySend(news));
        if (result.kind === "mailing") deadline.extend(limits.codeValidMs);
        await this.#responder.hello(result);
        return undefined;
      }
      case Type.Auth: {
        const result = await this.#login.auth(request.text, request.attempt);
        if (result.kind === "notSaved") return goodbyes.cannotSave;
        if (result.kind !== "accepted") {
          await this.#responder.auth(result);
          return undefined;
        }
        const memberships = this.#startChat(result.visit, request.tab);
        await this.#responder.auth(result); // AuthAck comes first, whatever rooms say
        return memberships;
      }
      case Type.Ping:
        await this.#responder.pong();
        return undefined;
      default:
        await this.#responder.refuse({
          code: "login",
          problem: "log in first",
          retryAfterMs: undefined,
          request,
        });
        return undefined;
    }
  }

  /** From here on, what is asked for is charged to the person, who can end this connection on another one of theirs. */
  #startChat(visit: Visit, tab: string | undefined): Memberships {
    const { logger, chat, entered } = this.#dependencies;
    entered(this);
    const { person, session } = visit;
    const memberships = new Memberships(chat, {
      visit,
      peer: this.#socket.peer,
      responder: this.#responder,
      charge: this.#requests,
      connection: this.#inbox,
    });
    this.#requests.loggedIn(person.id);
    logger.info({ connection: this.#id, who: person.id }, "entered");
    if (this.#state.kind !== "ended") {
      const connection: PersonConnection = {
        session,
        tab,
        memberships,
        end: (why) => {
          this.#isLoggedOut = why === "logged out";
          this.#end(detached[why]);
        },
      };
      person.attach(connection);
      this.#state = { ...this.#state, detach: () => person.detach(connection) };
    }
    return memberships;
  }

  /** In version 1 everybody is in the lobby. Nobody can go on without it. */
  async #enterLobby(memberships: Memberships): Promise<void> {
    const lobby = this.#dependencies.chat.rooms.open(LOBBY, { isPrivate: false, openedBy: undefined });
    const isIn =
      typeof lobby !== "string" &&
      (await memberships.enter(lobby, { since: "now", pass: { kind: "none" } })).kind === "entered";
    if (!isIn) this.#inbox.close();
  }

  async #handleChat(request: Request, memberships: Memberships): Promise<void> {
    const { visit } = memberships;
    const { name } = visit.user;
    const problem = `you are logged in as ${name} already`;
    switch (request.type) {
      case Type.Hello:
        return this.#responder.hello({
          kind: "mayNotEnter",
          code: "logged-in",
          name,
          problem,
          field: "name",
        });
      case Type.Auth:
        return this.#responder.auth({ kind: "rejected", code: "logged-in", problem, again: false });
      case Type.Sessions:
      case Type.EndSession:
      case Type.LogOut:
        return this.#handleSessions(request, visit);
      case Type.Ping:
        return this.#responder.pong();
      default:
        return memberships.handle(request);
    }
  }

  /** A session that ends closes its connections, which is the answer where this is one of them. */
  async #handleSessions(request: SessionRequest, visit: Visit): Promise<void> {
    const { people } = this.#dependencies.login;
    const { person, session } = visit;
    const outcome = await endAsked(request, people, visit);
    if (outcome === "failed") {
      const problem = `the server cannot save that now, ${tryAgainIn(limits.saveRetryMs)}`;
      return this.#responder.refuse({ code: "busy", problem, retryAfterMs: limits.saveRetryMs, request });
    }
    this.#requests.answer(SESSION_BYTES * person.sessions.length);
    return this.#responder.sessions(person, session);
  }

  /** The server stops and everything the socket sent is handled: delivers whatever the rooms still say. */
  async #drainRooms(memberships: Memberships): Promise<void> {
    if (this.#state.kind === "stopping") this.#state.handledAll.open();
    await memberships.ended();
    await this.#responder.ready();
  }

  /** What to say when the inbox is closed while the socket is open: the server stops, or a room that is needed ended. */
  #whyClosed(): Goodbye {
    return this.#state.kind === "stopping" ? goodbyes.restarting : goodbyes.failed;
  }

  #finish(goodbye: Goodbye): void {
    const state = this.#state;
    this.#state = { kind: "ended" };
    this.#inbox.discard();
    this.#requests.drop();
    this.#login.end();
    if (state.kind !== "ended") state.detach();
    if (state.kind === "stopping") state.handledAll.open();
    this.#end(goodbye);
  }

  /** Closes the socket at once, whatever waits for it to drain. Does nothing where it is gone. */
  #end(goodbye: Goodbye): void {
    this.#inbox.close();
    if (!this.#responder.end(goodbye)) return;
    const { code, reason } = goodbye;
    const { address: peer } = this.#socket.peer;
    this.#dependencies.logger.info({ connection: this.#id, peer, code, reason }, "closed");
  }
}

/** Version 1 is Plume's, whose codes end with their connection, and whose Hello is told that a name is somebody else's. */
const loginRules: Record<Version, LoginRules> = {
  1: { codeOutlives: false, tellsOthers: true },
  2: { codeOutlives: true, tellsOthers: false },
};

/** One of Sessions' sessions at most: a device has 60 characters of up to 3 bytes, the rest is digits and words. */
const SESSION_BYTES = 384;

/** `detach` takes the connection from whoever is logged in on it. */
type State =
  /** Takes whatever the socket sends. */
  | { kind: "open"; detach: () => void }
  /** The server stops: takes nothing new. `handledAll` opens when what had come is handled. */
  | { kind: "stopping"; detach: () => void; handledAll: Latch }
  | { kind: "ended" };

const openToAnybody: State = { kind: "open", detach() {} };

const detached: Record<DetachReason, Goodbye> = {
  "logged out": goodbyes.loggedOut,
  "taken over": goodbyes.takenOver,
  "too many": goodbyes.tooManyConnections,
};

type SessionRequest = Extract<
  Request,
  { type: typeof Type.Sessions | typeof Type.EndSession | typeof Type.LogOut }
>;

async function endAsked(request: SessionRequest, people: People, visit: Visit): Promise<SaveOutcome> {
  switch (request.type) {
    case Type.Sessions:
      return "saved";
    case Type.EndSession:
      return people.endSession(visit.person, request.session);
    case Type.LogOut:
      return request.everywhere
        ? people.endSessions(visit.person)
        : people.endSession(visit.person, visit.session);
  }
}
