import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Channel, type ChannelOptions } from "../channel/channel.ts";
import type { State } from "../chat/recovery.ts";
import { Rooms } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import { BucketPerKey, perHour } from "../login/bucket-per-key.ts";
import { LoginCodes } from "../login/codes.ts";
import type { ServerKeys } from "../login/keys.ts";
import { LoginQueue } from "../login/login-queue.ts";
import { MailPace } from "../login/mail-pace.ts";
import type { Mailer } from "../login/mailer.ts";
import { Postman } from "../login/postman.ts";
import { SessionTokens } from "../login/session-tokens.ts";
import { type Budgets, createBudgets } from "../memory/budgets.ts";
import { MEMBERSHIP_BYTES, type MemoryCeiling, memoryCeiling } from "../memory/ceiling.ts";
import { Counters } from "../metrics/counters.ts";
import type { ServerStats } from "../metrics/table.ts";
import { People } from "../people/people.ts";
import { goodbyes } from "../protocol/close.ts";
import type { Settings } from "../settings/settings.ts";
import { type Clock, nextTurn, sleep } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { Socket, SocketHandler } from "../transport/socket.ts";
import { Accounts } from "./accounts.ts";
import { Connection, type ConnectionDependencies } from "./connection.ts";
import { Connections } from "./connections.ts";
import { Invitations } from "./invitations.ts";

/** What a server touches outside itself. A simulation passes its own. */
export interface Effects extends ServerKeys {
  clock: Clock;
  random: Random;
  logger: Logger;
  mailer: Mailer;
  /** What an earlier server has saved, and where this one saves. */
  state: State;
  /** Where people open the page. */
  publicUrl: () => string;
}

/** How many rooms one network address opens. */
const roomsPerDay = {
  perSecond: limits.roomsOpenedPerPeerPerDay / (24 * 3600),
  burst: limits.roomsOpenedPerPeerPerDay,
};

/** How often one network address is told that a name is not its asker's. */
const nameAnswersPerHour = perHour(limits.nameAnswersPerPeerPerHour, limits.nameAnswersPerPeerAtOnce);

/** The composition root: makes and owns the rooms, the names, the login, the postman and every connection. */
export class Server implements SocketHandler {
  readonly budgets: Budgets;
  readonly counters = new Counters();
  readonly #effects: Effects;
  readonly #ceiling: MemoryCeiling;
  readonly #rooms: Rooms;
  readonly #people: People;
  readonly #postman: Postman;
  /** Settles when the postman's life has ended. */
  readonly #mailing: Promise<void>;
  readonly #inboxOptions: ChannelOptions<string>;
  readonly #dependencies: ConnectionDependencies;
  readonly #connections: Connections;
  /** The newest connection's. */
  #id = 0;
  #stopping = false;

  constructor(settings: Settings, effects: Effects) {
    const { clock, random, logger, mailer, secret, addressKey, state, publicUrl } = effects;
    const { counters } = this;
    this.#effects = effects;
    this.#connections = new Connections(settings, clock, logger);
    this.#ceiling = memoryCeiling(settings);
    this.budgets = createBudgets(this.#ceiling, () =>
      logger.warn("a socket was cut off: too much was unsent on all of them, and on this one most"),
    );
    const { received, history, memberships } = this.budgets;
    this.#rooms = new Rooms({
      historyBudget: history,
      history: settings.historyMessages,
      connectionsMax: settings.connectionsMax,
      clock,
      random,
      logger,
      state,
    });
    this.#people = new People(effects, state.kind === "saved" ? state.people : undefined);
    this.#postman = new Postman({ mailer, clock, random, logger, counters });
    this.#mailing = spawn("postman", logger, () => this.#postman.run());
    this.#inboxOptions = {
      capacity: limits.inboxFrames,
      bytes: { max: limits.inboxBytes, of: Buffer.byteLength, budget: received },
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    };
    this.#dependencies = {
      clock,
      logger,
      counters,
      received,
      pace: settings.messagePace,
      entered: (connection) => this.#connections.entered(connection),
      accounts: new Accounts(settings.messagePace, settings.connectionsMax, clock),
      login: {
        people: this.#people,
        codes: new LoginCodes({ secret, clock, random }),
        tokens: new SessionTokens({ secret, addressKey, clock }),
        queue: new LoginQueue(limits.loginsPerTurn, clock),
        mailPace: new MailPace(settings, clock, logger),
        nameAnswers: new BucketPerKey(nameAnswersPerHour, clock),
        postman: this.#postman,
        sentBy: settings.mail.kind === "smtp" ? "mail" : "terminal",
        counters,
        publicUrl,
      },
      chat: {
        rooms: this.#rooms,
        openings: new BucketPerKey(roomsPerDay, clock),
        invites: new Invitations(secret, { clock, random }),
        memberships,
        counters,
        logger,
      },
    };
  }

  get connections(): number {
    return this.#connections.size;
  }

  healthy(): boolean {
    return !this.#stopping;
  }

  /** What the metrics tell. */
  stats(): ServerStats {
    const { received, send, history, memberships } = this.budgets;
    const budgets = { received, unsent: send.bytes, history: history.bytes, memberships };
    return {
      counters: this.counters,
      connections: this.#connections.perVersion,
      people: this.#people.present,
      rooms: this.#rooms.size,
      memberships: memberships.used / MEMBERSHIP_BYTES,
      mailsWaiting: this.#postman.waiting,
      budgets: Object.entries(budgets).map(([name, { used, max }]) => ({
        name,
        usedBytes: used,
        maxBytes: max,
      })),
      ceilingBytes: this.#ceiling.bytes,
    };
  }

  /** Gives a socket that has opened a Connection, or tells it why not. */
  open(socket: Socket): Channel<string> {
    const inbox = new Channel<string>(this.#inboxOptions);
    this.counters.opened.add(socket.version);
    const refusal = this.#stopping ? goodbyes.restarting : this.#connections.refusal(socket);
    if (refusal === undefined) this.#start(socket, inbox);
    else {
      inbox.close();
      socket.end(refusal);
    }
    return inbox;
  }

  /**
   * Stops: takes nothing new, says and delivers all that was accepted, tells every peer, sends the mails that wait, saves
   * the state. True when all of that was done within `limits.stopTimeoutMs`.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    const late = sleep(this.#effects.clock, limits.stopTimeoutMs).then(() => false);
    return Promise.race([this.#drain().then(() => true), late]);
  }

  /** Memory runs out: cuts off an eighth of the connections, those that hold most. */
  relieve(): void {
    this.#connections.relieve();
  }

  async #drain(): Promise<void> {
    const { clock, state } = this.#effects;
    const connections = [...this.#connections];
    const handled = Promise.all(connections.map(([connection]) => connection.stop()));
    await Promise.race([handled, sleep(clock, limits.stopHearingMs)]);
    await this.#rooms.close();
    await Promise.all(connections.map(([, { life }]) => life));
    this.#postman.close();
    await this.#mailing;
    await this.#people.close();
    this.#dependencies.accounts.close();
    if (state.kind === "saved") await state.store.close();
  }

  #start(socket: Socket, inbox: Channel<string>): void {
    this.#id += 1;
    const connection = new Connection(this.#id, socket, inbox, this.#dependencies);
    const ended = () => this.#connections.remove(connection);
    const life = spawn("connection", this.#effects.logger, () => connection.run(), ended);
    this.#connections.add(connection, { life, socket, inbox });
  }
}
