import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import type { Answer, Client, Entry } from "../chat/client.ts";
import type { Room } from "../chat/room.ts";
import { parseRoomName } from "../chat/room-name.ts";
import type { Rooms } from "../chat/rooms.ts";
import type { User } from "../chat/user.ts";
import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import { type RefusalCode, Type } from "../protocol/v2.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import type { Invitations } from "./invitations.ts";
import type { Request } from "./requests.ts";
import type { Responder } from "./responder.ts";

/** What a member asks of rooms. */
export type RoomRequest = Exclude<Request, { type: typeof Type.Hello | typeof Type.Auth }>;

/** What the memberships of all connections share. */
export interface RoomDependencies {
  rooms: Rooms;
  invites: Invitations;
  logger: Logger;
  /** Bounds how many memberships there are. */
  memberships: ByteBudget;
  counters: Counters;
}

/** What a connection is to its memberships. */
interface Closable {
  close(): void;
}

interface Membership {
  client: Client;
  life: Promise<void>;
}

/** The rooms that one connection is in, and what it does there. Each membership is a Client with a life of its own. */
export class Memberships {
  readonly user: User;
  readonly #desk: RoomDependencies;
  readonly #voice: Responder;
  readonly #connection: Closable;
  /** An array of just its length, for most have one. */
  #memberships: readonly Membership[] = [];

  /** @param connection is closed when a room ends that the user is in, or the user can't follow it any more. */
  constructor(desk: RoomDependencies, user: User, voice: Responder, connection: Closable) {
    this.#desk = desk;
    this.user = user;
    this.#voice = voice;
    this.#connection = connection;
  }

  /** Does what is asked, and answers it. */
  async handle(request: RoomRequest): Promise<void> {
    if (request.type === Type.Join) return this.#join(request);
    const client = this.#client(request.room);
    if (!client) return this.#refuse(request, "not-member", "you are not in this room; join it first");
    switch (request.type) {
      case Type.Text:
        return this.#answer(request, client, await client.say(request.text, request.nonce));
      case Type.Edit:
        return this.#answer(request, client, await client.edit(request.of, request.text, request.nonce));
      case Type.Delete:
        return this.#answer(request, client, await client.remove(request.of, request.nonce));
      case Type.Older:
        return this.#voice.history(request.room, () => client.room.older(request.before));
      case Type.Typing:
        return client.typing();
      case Type.Invite: {
        const { text, expiresAtMs } = this.#desk.invites.make(client.room);
        return this.#voice.invitation(request.room, text, expiresAtMs);
      }
      case Type.Leave:
        this.#memberships = this.#memberships.filter((membership) => membership.client !== client);
        await client.leave("left");
        return this.#voice.left(request.room);
    }
  }

  /** Comes into a room that is there and open to this user. Undefined when it is closing. */
  async enter(room: Room, since?: Parameters<Room["enter"]>[1]): Promise<Client | undefined> {
    const entry = await room.enter(this.user, since);
    if (entry === "closed") return undefined;
    await this.#voice.joined(entry);
    this.#live(entry);
    return entry.client;
  }

  /** Leaves every room. `lost`: the user may be back in a moment. */
  async leave(how: "left" | "lost"): Promise<void> {
    await Promise.all(this.#memberships.map(({ client }) => client.leave(how)));
  }

  /** Settles when every client has got everything its room says, which is when the rooms are closed. */
  async ended(): Promise<void> {
    await Promise.all(this.#memberships.map(({ life }) => life));
  }

  #live({ client }: Entry): void {
    const { logger, memberships } = this.#desk;
    memberships.add(1, 0);
    const ended = () => {
      memberships.add(-1, 0);
      if (this.#client(client.room.name) === client) this.#connection.close();
    };
    const life = spawn("client", logger, () => client.run(this.#voice.outlet(client)), ended);
    this.#memberships = [...this.#memberships, { client, life }];
  }

  #client(room: string): Client | undefined {
    return this.#memberships.find(({ client }) => client.room.name === room)?.client;
  }

  async #join(request: Extract<RoomRequest, { type: typeof Type.Join }>): Promise<void> {
    const { rooms, invites, memberships } = this.#desk;
    const parsed = parseRoomName(request.room);
    if (parsed.kind === "refused") return this.#refuse(request, "room", parsed.problem);
    const { name } = parsed;
    if (this.#client(name)) return this.#refuse(request, "room", "you are in this room already");
    if (this.#memberships.length >= limits.roomsPerConnection) {
      return this.#refuse(
        request,
        "room",
        `you are in ${limits.roomsPerConnection} rooms, which is the limit; leave one first`,
      );
    }
    if (!memberships.allows(memberships.costOf(this.#memberships.length, 0), 1, 0)) {
      return this.#refuse(
        request,
        "room",
        "all people together are in as many rooms as the server has memory for; leave one, or try again later",
      );
    }
    const isNew = rooms.get(name) === undefined;
    const room = rooms.open(name, { private: request.private ?? false });
    if (room === "closed") return this.#refuse(request, "busy", closing);
    if (room === "full")
      return this.#refuse(
        request,
        "room",
        `there are ${limits.roomsMax} rooms, which is the limit; try an existing one`,
      );
    if (isNew && room.isPrivate) room.guests.add(this.user);
    if (!invites.mayEnter(room, this.user, request.invite)) {
      return this.#refuse(request, "invite", "this room is private; ask somebody in it for an invitation");
    }
    const client = await this.enter(room, request.since);
    if (!client) return this.#refuse(request, "busy", closing);
  }

  #answer(
    request: Extract<RoomRequest, { nonce: unknown }>,
    client: Client,
    answer: Answer,
  ): Promise<void> | void {
    switch (answer.kind) {
      case "done":
        this.#desk.counters.posted.add(postedAs[request.type]);
        return request.nonce === undefined
          ? undefined
          : this.#voice.ack(client.room.name, request.nonce, answer.seq);
      case "not yours":
        return this.#refuse(
          request,
          "not-yours",
          "only its author can change a line, while the room still has it",
        );
      case "not saved":
        return this.#refuse(request, "busy", "the server cannot save messages now", limits.saveRetryMs);
      case "closed":
        return this.#refuse(request, "busy", closing);
    }
  }

  #refuse(request: RoomRequest, code: RefusalCode, why: string, retryAfterMs?: number): Promise<void> {
    const problem = retryAfterMs === undefined ? why : `${why}, ${tryAgainIn(retryAfterMs)}`;
    return this.#voice.refuse({ code, problem, retryAfterMs, request });
  }
}

const postedAs = { [Type.Text]: "text", [Type.Edit]: "edited", [Type.Delete]: "deleted" } as const;

const closing = "the room is closing; join again";
