import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Deadline } from "../actor/deadline.ts";
import { Channel } from "../channel/channel.ts";
import { Select } from "../channel/select.ts";
import { bot } from "../chat/bot.ts";
import type { Client } from "../chat/client.ts";
import { LOBBY, type Rooms } from "../chat/rooms.ts";
import type { Identity } from "../chat/user.ts";
import { limits } from "../limits.ts";
import { Login, type LoginDesk } from "../login/login.ts";
import type { MailOutcome } from "../login/postman.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import { type ClientMessage, MessageType } from "../protocol/message.ts";
import type { Clock } from "../system/clock.ts";
import type { Peer } from "../transport/peer.ts";
import type { Socket } from "../transport/socket.ts";
import { Ear, type Pace } from "./ear.ts";
import { Voice } from "./voice.ts";

/** What every Connection of a server shares. */
export interface House {
  clock: Clock;
  logger: Logger;
  rooms: Rooms;
  desk: LoginDesk;
  /** How fast one connection may speak. */
  pace: Pace;
}

/** How logging in ended: in the room, or not. */
type Arrival = { kind: "in"; client: Client } | { kind: "out"; goodbye: Goodbye };
/** Logging in goes on. */
type Again = { kind: "again" };

/**
 * The actor of one socket. Its life is Plume's client lifecycle: hello, code, auth, chat.
 * It owns the login, the pace and the membership, and is the socket's only writer.
 */
export class Connection {
  readonly #house: House;
  readonly #peer: Peer;
  /** In the log, so that what belongs together can be found. */
  readonly #id: number;
  /** What the socket sent and nobody has handled; closed by the transport when the socket is gone, and by `stop`. */
  readonly #inbox: Channel<string>;
  readonly #login: Login;
  readonly #ear: Ear;
  readonly #voice: Voice;
  /** Closed when everything the socket sent has been handled. */
  readonly #heardAll = new Channel<never>({ capacity: 0 });
  #stopping = false;

  constructor(id: number, socket: Socket, inbox: Channel<string>, house: House) {
    this.#id = id;
    this.#house = house;
    this.#peer = socket.peer;
    this.#inbox = inbox;
    this.#login = new Login(house.desk, socket.peer.key);
    this.#ear = new Ear(house.pace, house.clock);
    this.#voice = new Voice(socket);
  }

  /** The connection's life. It ends with the socket closed, whatever ended it. */
  async run(): Promise<void> {
    let goodbye: Goodbye = goodbyes.failed;
    try {
      const arrival = await this.#logIn();
      goodbye = arrival.kind === "in" ? await this.#chat(arrival.client) : arrival.goodbye;
    } finally {
      this.#inbox.close();
      this.#login.end();
      this.#heardAll.close();
      this.#end(goodbye);
    }
  }

  /** Handles what the socket has sent, then nothing more. What the room still says is delivered before the socket closes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#inbox.close();
    await this.#heardAll.receive();
  }

  /** Does nothing where the socket is gone. */
  #end(goodbye: Goodbye): void {
    if (!this.#voice.end(goodbye)) return;
    const { code, reason } = goodbye;
    this.#house.logger.info({ connection: this.#id, peer: this.#peer.address, code, reason }, "closed");
  }

  /** Hello, code, auth: until the client is in the room, the time is up, or the socket is gone. */
  async #logIn(): Promise<Arrival> {
    const mailed = new Channel<MailOutcome>({ capacity: limits.messageBurst });
    const deadline = new Deadline(this.#house.clock, limits.helloTimeoutMs);
    const events = new Select({ frame: this.#inbox, mailed, late: deadline.passed });
    try {
      for (;;) {
        const event = await events.next();
        if (event.kind === "closed") return out(goodbyes.restarting);
        switch (event.from) {
          case "late":
            return out(goodbyes.loginTimeout);
          case "mailed":
            if (event.value.kind === "failed") await this.#voice.notice(event.value.problem);
            break;
          case "frame": {
            const step = await this.#logInStep(event.value, mailed, deadline);
            if (step.kind !== "again") return step;
          }
        }
      }
    } finally {
      deadline.cancel();
    }
  }

  async #logInStep(
    frame: string,
    mailed: Channel<MailOutcome>,
    deadline: Deadline,
  ): Promise<Arrival | Again> {
    const heard = this.#ear.hear(frame);
    switch (heard.kind) {
      case "hopeless":
        return out(heard.goodbye);
      case "refused":
        return this.#again(this.#voice.notice(heard.notice));
      case "message":
        switch (heard.message.type) {
          case MessageType.Hello:
            return this.#again(this.#hello(heard.message.text, mailed, deadline));
          case MessageType.Auth:
            return this.#auth(heard.message.text);
          case MessageType.Text:
            return this.#again(this.#voice.notice(bot.notSent("log in first")));
        }
    }
  }

  async #again(answered: Promise<void>): Promise<Again> {
    await answered;
    return { kind: "again" };
  }

  async #hello(text: string, mailed: Channel<MailOutcome>, deadline: Deadline): Promise<void> {
    const result = this.#login.hello(text, (outcome) => void mailed.trySend(outcome));
    switch (result.kind) {
      case "mailing":
        return deadline.extend(limits.codeValidMs);
      case "notMailed":
        return this.#voice.notice(result.problem);
      case "mayNotEnter":
        return this.#voice.rejectName(result.name, result.problem);
    }
  }

  async #auth(text: string): Promise<Arrival | Again> {
    const result = this.#login.auth(text);
    switch (result.kind) {
      case "rejected":
        return this.#again(this.#voice.rejectAuth(result.problem));
      case "mayNotEnter":
        return this.#again(this.#voice.rejectName(result.name, result.problem));
      case "accepted":
        return this.#enter(result.identity, result.token);
    }
  }

  /** AuthAck comes first, whatever the room says meanwhile. */
  async #enter({ user, emailHash }: Identity, token: string): Promise<Arrival> {
    this.#house.logger.info({ connection: this.#id, who: emailHash.slice(0, 8) }, "entered");
    await this.#voice.welcome(user.name, token);
    for (const line of bot.greetings(user.name)) await this.#voice.notice(line);
    const client = await this.#house.rooms.get(LOBBY).enter(user);
    return client === "closed" ? out(goodbyes.failed) : { kind: "in", client };
  }

  /** Chat: what the room says goes out by itself, at the socket's pace, while what the socket says is handled here. */
  async #chat(client: Client): Promise<Goodbye> {
    const life = spawn("client", this.#house.logger, () => client.run(this.#voice));
    void life.then(() => this.#inbox.close());
    try {
      for await (const frame of this.#inbox) {
        const goodbye = await this.#chatStep(frame, client);
        if (goodbye) return goodbye;
      }
      if (!this.#stopping) return goodbyes.failed; // the socket is gone, or the room is
      this.#heardAll.close();
      await life;
      await this.#voice.ready();
      return goodbyes.restarting;
    } finally {
      await client.leave();
    }
  }

  async #chatStep(frame: string, client: Client): Promise<Goodbye | undefined> {
    const heard = this.#ear.hear(frame);
    switch (heard.kind) {
      case "hopeless":
        return heard.goodbye;
      case "refused":
        await this.#voice.notice(heard.notice);
        return undefined;
      case "message":
        await this.#take(heard.message, client);
        return undefined;
    }
  }

  async #take(message: ClientMessage, client: Client): Promise<void> {
    const { name } = client.user;
    switch (message.type) {
      case MessageType.Text:
        await client.say(message.text);
        return;
      case MessageType.Hello:
        return this.#voice.rejectName(name, `you are logged in as ${name} already`);
      case MessageType.Auth:
        return this.#voice.rejectAuth(`you are logged in as ${name} already`);
    }
  }
}

function out(goodbye: Goodbye): Arrival {
  return { kind: "out", goodbye };
}
