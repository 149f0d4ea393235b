import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Channel, type ChannelOptions } from "../channel/channel.ts";
import { Names } from "../chat/names.ts";
import type { State } from "../chat/recovery.ts";
import { Rooms } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import { LoginCodes } from "../login/codes.ts";
import { LoginQueue } from "../login/login-queue.ts";
import { MailPace } from "../login/mail-pace.ts";
import type { Mailer } from "../login/mailer.ts";
import { Postman } from "../login/postman.ts";
import { Sessions } from "../login/sessions.ts";
import { type Budgets, createBudgets } from "../memory/budgets.ts";
import { MEMBERSHIP_BYTES, type MemoryCeiling, memoryCeiling } from "../memory/ceiling.ts";
import { Counters } from "../metrics/counters.ts";
import type { Stats } from "../metrics/table.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import type { Settings } from "../settings/settings.ts";
import { type Clock, nextTurn, sleep } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { Door, Socket } from "../transport/socket.ts";
import { Connection } from "./connection.ts";
import type { ConnectionDependencies } from "./dependencies.ts";
import { Invitations } from "./invitations.ts";
import { Tabs } from "./tabs.ts";

/** Everything a server touches; the simulation passes its own. */
export interface Effects {
  clock: Clock;
  random: Random;
  logger: Logger;
  mailer: Mailer;
  /** Signs sessions; at least 32 bytes. */
  secret: Uint8Array;
  /** What there is from before, and where it is kept. */
  state: State;
  /** Where people open the page. */
  publicUrl: () => string;
}

/** The composition root: owns the rooms, the names, the login, the postman and every connection. */
export class Server implements Door {
  readonly budgets: Budgets;
  readonly tallies = new Counters();
  readonly #ceiling: MemoryCeiling;
  /** Open sockets by version of the protocol. */
  readonly #open = { 1: 0, 2: 0 };
  readonly #settings: Settings;
  readonly #house: ConnectionDependencies;
  readonly #postman: Postman;
  readonly #clock: Clock;
  readonly #state: State;
  readonly #logger: Logger;
  /** Connections that live, and the ends of their lives. */
  readonly #connections = new Map<Connection, { life: Promise<void>; socket: Socket }>();
  /** How many of them each network address has. */
  readonly #perPeer = new Map<string, number>();
  readonly #mailing: Promise<unknown>;
  /** What all inboxes share. */
  readonly #inboxOptions: ChannelOptions<string>;
  /** Connections there have ever been. */
  #opened = 0;
  #stopping = false;

  constructor(settings: Settings, { clock, random, logger, mailer, secret, state, publicUrl }: Effects) {
    this.#settings = settings;
    this.#clock = clock;
    this.#state = state;
    this.#logger = logger;
    this.#ceiling = memoryCeiling(settings);
    this.budgets = createBudgets(this.#ceiling, () =>
      logger.warn("a socket was cut off: too much was unsent on all of them, and on this one most"),
    );
    const { tallies } = this;
    const { received, history, memberships } = this.budgets;
    this.#inboxOptions = {
      capacity: limits.inboxFrames,
      bytes: { max: limits.inboxBytes, of: Buffer.byteLength, pool: received },
      turn: { every: limits.messagesPerTurn, next: () => nextTurn(clock) },
    };
    this.#postman = new Postman({ mailer, clock, random, logger, tallies: this.tallies });
    this.#mailing = spawn("postman", logger, () => this.#postman.run());
    this.#house = {
      clock,
      logger,
      pace: settings.messagePace,
      received,
      tallies,
      tabs: new Tabs(),
      roomDesk: {
        logger,
        counters: tallies,
        memberships,
        rooms: new Rooms({
          historyBudget: history,
          history: settings.historyMessages,
          connectionsMax: settings.clientsMax,
          clock,
          random,
          logger,
          state,
        }),
        invites: new Invitations(secret, clock),
      },
      loginDesk: {
        turnstile: new LoginQueue(limits.loginsPerTurn, clock),
        names: new Names(clock, state),
        codes: new LoginCodes({ secret, clock, random }),
        sessions: new Sessions({ secret, clock }),
        pace: new MailPace(settings, clock),
        postman: this.#postman,
        tallies,
        publicUrl,
      },
    };
  }

  get clients(): number {
    return this.#connections.size;
  }

  healthy(): boolean {
    return !this.#stopping;
  }

  /** What the metrics tell. */
  look(): Stats {
    const { received, send, history, memberships } = this.budgets;
    const { loginDesk, roomDesk } = this.#house;
    const budgets = { received, unsent: send.bytes, history: history.bytes, memberships };
    return {
      tallies: this.tallies,
      connections: this.#open,
      people: loginDesk.names.present,
      rooms: roomDesk.rooms.size,
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

  /** A socket has opened: it gets a Connection, or is told why not. */
  open(socket: Socket): Channel<string> {
    const inbox = new Channel<string>(this.#inboxOptions);
    this.tallies.opened.add(socket.version);
    const refusal = this.#refusal(socket);
    if (refusal) {
      inbox.close();
      socket.end(refusal);
    } else {
      this.#start(new Connection(++this.#opened, socket, inbox, this.#house), socket);
    }
    return inbox;
  }

  /**
   * Stops: nothing new is taken, all that was accepted is said and delivered, every client is told, mails that are
   * queued go out, the state is saved. True when all that was done before `limits.stopTimeoutMs` were over.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    const inTime = sleep(this.#clock, limits.stopTimeoutMs).then(() => false);
    return Promise.race([this.#drain().then(() => true), inTime]);
  }

  /** Cuts off an eighth of the connections, the youngest: memory runs out, and a goodbye would keep what they hold. */
  relieve(): void {
    const youngest = [...this.#connections.values()].slice(-Math.ceil(this.clients / 8));
    this.#logger.warn({ clients: youngest.length }, "the youngest connections were cut off: memory ran out");
    for (const { socket } of youngest) socket.cut();
  }

  async #drain(): Promise<void> {
    const connections = [...this.#connections];
    const heard = Promise.all(connections.map(([connection]) => connection.stop()));
    await Promise.race([heard, sleep(this.#clock, limits.stopHearingMs)]);
    await this.#house.roomDesk.rooms.close();
    await Promise.all(connections.map(([, { life }]) => life));
    this.#postman.close();
    await this.#mailing;
    if (this.#state.kind === "saved") await this.#state.store.close();
  }

  #refusal({ peer }: Socket): Goodbye | undefined {
    if (this.#stopping) return goodbyes.restarting;
    if (this.clients >= this.#settings.clientsMax) return goodbyes.serverFull;
    if ((this.#perPeer.get(peer.key) ?? 0) >= this.#settings.clientsPerPeerMax) return goodbyes.addressFull;
    return undefined;
  }

  #start(connection: Connection, socket: Socket): void {
    const { version, peer } = socket;
    const peerKey = peer.key;
    this.#open[version] += 1;
    this.#perPeer.set(peerKey, (this.#perPeer.get(peerKey) ?? 0) + 1);
    const ended = () => {
      this.#open[version] -= 1;
      this.#ended(connection, peerKey);
    };
    const life = spawn("connection", this.#logger, () => connection.run(), ended);
    this.#connections.set(connection, { life, socket });
  }

  #ended(connection: Connection, peerKey: string): void {
    this.#connections.delete(connection);
    const others = (this.#perPeer.get(peerKey) ?? 0) - 1;
    if (others > 0) this.#perPeer.set(peerKey, others);
    else this.#perPeer.delete(peerKey);
  }
}
