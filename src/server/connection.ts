import { Deadline } from "../actor/deadline.ts";
import { Latch } from "../actor/latch.ts";
import { Channel } from "../channel/channel.ts";
import { Select } from "../channel/select.ts";
import { LOBBY } from "../chat/rooms.ts";
import type { Identity } from "../chat/user.ts";
import { limits } from "../limits.ts";
import { Login } from "../login/login.ts";
import type { MailOutcome } from "../login/postman.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { Type } from "../protocol/v2.ts";
import type { Socket } from "../transport/socket.ts";
import type { ConnectionDependencies } from "./dependencies.ts";
import { Memberships } from "./memberships.ts";
import { type Request, Requests } from "./requests.ts";
import type { Responder } from "./responder.ts";
import { ResponderV1 } from "./responder-v1.ts";
import { ResponderV2 } from "./responder-v2.ts";

/** How a stretch of a connection's life ended. */
type Arrival = { kind: "in"; identity: Identity } | { kind: "out"; goodbye: Goodbye };

/**
 * The actor of one socket. Its life is Plume's client lifecycle: hello, code, auth, chat.
 * It owns the login, the pace and the memberships, and is the socket's only writer.
 */
export class Connection {
  readonly #house: ConnectionDependencies;
  readonly #socket: Socket;
  /** In the log, so that what belongs together can be found. */
  readonly #id: number;
  /** What the socket sent and nobody has handled; closed by the transport when the socket is gone, and by `stop`. */
  readonly #inbox: Channel<string>;
  readonly #login: Login;
  readonly #ear: Requests;
  readonly #voice: Responder;
  /** Opens when everything the socket sent has been handled. */
  readonly #heardAll = new Latch();
  /** What to say when the inbox is closed while the socket is there. */
  #goodbye: Goodbye = goodbyes.failed;
  /** Forgets which tab this is. */
  #leaveTab = noTab;

  constructor(id: number, socket: Socket, inbox: Channel<string>, house: ConnectionDependencies) {
    this.#id = id;
    this.#house = house;
    this.#socket = socket;
    this.#inbox = inbox;
    this.#login = new Login(house.loginDesk, socket.peer.key, socket.version === 2);
    this.#ear = new Requests(socket.version, house.pace, house.clock, house.received);
    this.#voice = new (socket.version === 2 ? ResponderV2 : ResponderV1)(socket, house.tallies);
  }

  /**
   * The connection's life. It ends with the socket closed, whatever ended it. All in one function, for a suspended one
   * costs 700 bytes, and this one is what an idle client consists of.
   */
  async run(): Promise<void> {
    let goodbye: Goodbye = goodbyes.failed;
    try {
      const arrival = await this.#logIn();
      if (arrival.kind === "out") {
        goodbye = arrival.goodbye;
        return;
      }
      const memberships = this.#entered(arrival.identity);
      try {
        if (this.#socket.version === 1) await this.#enterLobby(memberships);
        const frames = this.#inbox.batches(1); // a Repeater in each connection would cost 1.6 KiB
        for (;;) {
          const hopeless = await this.#chatBy(memberships);
          if (hopeless) {
            goodbye = hopeless;
            return;
          }
          const { value: [frame] = [] } = await frames.next();
          if (frame === undefined) break;
          this.#ear.hear(frame);
        }
        goodbye = this.#goodbye;
        if (goodbye === goodbyes.restarting) await this.#hearRoomsOut(memberships);
      } finally {
        await memberships.leave(this.#socket.version === 1 ? "left" : "lost");
      }
    } finally {
      this.#inbox.discard();
      this.#ear.forget();
      this.#login.end();
      this.#leaveTab();
      this.#heardAll.open();
      this.#end(goodbye);
    }
  }

  /** Handles what the socket has sent, then nothing more. What rooms still say is delivered before the socket closes. */
  async stop(): Promise<void> {
    this.#close(goodbyes.restarting);
    await this.#heardAll.opened();
  }

  #close(goodbye: Goodbye): void {
    this.#goodbye = goodbye;
    this.#inbox.close();
  }

  /** At once, though something may wait for the socket to take it. Does nothing where the socket is gone. */
  #end(goodbye: Goodbye): void {
    this.#inbox.close();
    if (!this.#voice.end(goodbye)) return;
    const { code, reason } = goodbye;
    const { address: peer } = this.#socket.peer;
    this.#house.logger.info({ connection: this.#id, peer, code, reason }, "closed");
  }

  /** Hello, code, auth: until the user is known, the time is up, or the socket is gone. */
  async #logIn(): Promise<Arrival> {
    const mailed = new Channel<MailOutcome>({ capacity: limits.messageBurst });
    const deadline = new Deadline(this.#house.clock, limits.helloTimeoutMs);
    const events = new Select({ frame: this.#inbox, mailed, late: deadline.passed });
    try {
      for (;;) {
        const event = await events.next();
        if (event.kind === "closed") return out(this.#goodbye);
        switch (event.from) {
          case "late":
            return out(goodbyes.loginTimeout);
          case "mailed":
            if (event.value.kind === "failed") await this.#voice.notMailed(event.value.problem);
            break;
          case "frame": {
            this.#ear.hear(event.value);
            const arrival = await this.#logInBy(mailed, deadline);
            if (arrival) return arrival;
          }
        }
      }
    } finally {
      deadline.cancel();
    }
  }

  /** Handles what was heard until somebody is logged in; undefined when nobody is yet. */
  async #logInBy(mailed: Channel<MailOutcome>, deadline: Deadline): Promise<Arrival | undefined> {
    for (let heard = this.#ear.next(); heard; heard = this.#ear.next()) {
      switch (heard.kind) {
        case "hopeless":
          return out(heard.goodbye);
        case "refused":
          await this.#voice.refuse(heard.refusal);
          break;
        case "request": {
          const arrival = await this.#logInRequest(heard.request, mailed, deadline);
          if (arrival) return arrival;
        }
      }
    }
    return undefined;
  }

  async #logInRequest(
    request: Request,
    mailed: Channel<MailOutcome>,
    deadline: Deadline,
  ): Promise<Arrival | undefined> {
    switch (request.type) {
      case Type.Hello: {
        const result = this.#login.hello(request.text, (outcome) => void mailed.trySend(outcome));
        if (result.kind === "mailing") deadline.extend(limits.codeValidMs);
        await this.#voice.hello(result);
        return undefined;
      }
      case Type.Auth: {
        const { text, attempt, tab } = request;
        const result = await this.#login.auth(text, attempt);
        if (result.kind === "notSaved") return out(goodbyes.cannotSave);
        if (result.kind === "accepted" && tab !== undefined) this.#takeTab(result.identity, tab);
        await this.#voice.auth(result); // AuthAck comes first, whatever rooms say
        return result.kind === "accepted" ? { kind: "in", identity: result.identity } : undefined;
      }
      default:
        await this.#voice.refuse({
          code: "login",
          problem: "log in first",
          retryAfterMs: undefined,
          request,
        });
        return undefined;
    }
  }

  #takeTab({ user }: Identity, tab: string): void {
    this.#leaveTab = this.#house.tabs.enter(user.key, tab, () => this.#end(goodbyes.takenOver));
  }

  /** Chat begins: what rooms say goes out by itself, at the socket's pace, while `run` handles what the socket says. */
  #entered({ user, emailHash }: Identity): Memberships {
    const { logger, roomDesk } = this.#house;
    logger.info({ connection: this.#id, who: emailHash.slice(0, 8) }, "entered");
    return new Memberships(roomDesk, user, this.#voice, this.#inbox);
  }

  /** The server stops: whatever the rooms still say goes out before the goodbye. */
  async #hearRoomsOut(memberships: Memberships): Promise<void> {
    this.#heardAll.open();
    await memberships.ended();
    await this.#voice.ready();
  }

  /** In version 1 everybody is in the lobby, from now on, and nobody can go on without it. */
  async #enterLobby(memberships: Memberships): Promise<void> {
    const lobby = this.#house.roomDesk.rooms.open(LOBBY, { private: false });
    const isIn =
      typeof lobby !== "string" &&
      (await memberships.enter(lobby, { since: "now", invited: false })).kind === "entered";
    if (!isIn) this.#close(goodbyes.failed);
  }

  /** Handles what was heard; returns a goodbye where nothing can go on. */
  async #chatBy(memberships: Memberships): Promise<Goodbye | undefined> {
    for (let heard = this.#ear.next(); heard; heard = this.#ear.next()) {
      switch (heard.kind) {
        case "hopeless":
          return heard.goodbye;
        case "refused":
          await this.#voice.refuse(heard.refusal);
          break;
        case "request":
          await this.#chatRequest(heard.request, memberships);
      }
    }
    return undefined;
  }

  async #chatRequest(request: Request, memberships: Memberships): Promise<void> {
    const { name } = memberships.user;
    const problem = `you are logged in as ${name} already`;
    switch (request.type) {
      case Type.Hello:
        return this.#voice.hello({ kind: "mayNotEnter", code: "logged-in", name, problem, field: "name" });
      case Type.Auth:
        return this.#voice.auth({ kind: "rejected", code: "logged-in", problem, again: false });
      default:
        return memberships.handle(request);
    }
  }
}

function noTab(): void {}

function out(goodbye: Goodbye): Arrival {
  return { kind: "out", goodbye };
}
