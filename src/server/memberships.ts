import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Client } from "../chat/client.ts";
import type { Room } from "../chat/room.ts";
import type { EnterAnswer, EnterCommand, PostAnswer } from "../chat/room-commands.ts";
import { parseRoomName } from "../chat/room-name.ts";
import type { Rooms } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { User } from "../people/user.ts";
import { type RefusalCode, Type } from "../protocol/v2.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import type { Invitations } from "./invitations.ts";
import type { Request } from "./requests.ts";
import type { Responder } from "./responder.ts";

/** What a member asks of rooms. */
export type RoomRequest = Extract<Request, { room: string }>;

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
  readonly client: Client;
  /** Settled as long as it has not begun. */
  life: Promise<void>;
}

/** The rooms that one connection is in, and what it does there. Each membership is a Client with a life of its own. */
export class Memberships {
  readonly user: User;
  readonly #dependencies: RoomDependencies;
  readonly #responder: Responder;
  readonly #connection: Closable;
  /** An array of just its length, for most have one. */
  #memberships: readonly Membership[] = [];

  /** @param connection is closed when a room ends that the user is in, or the user can't follow it any more. */
  constructor(dependencies: RoomDependencies, user: User, responder: Responder, connection: Closable) {
    this.#dependencies = dependencies;
    this.user = user;
    this.#responder = responder;
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
        return this.#responder.history(request.room, () => client.room.older(request.before));
      case Type.Typing:
        return client.typing();
      case Type.Invite: {
        const { text, expiresAtMs } = this.#dependencies.invites.make(client.room);
        return this.#responder.invitation(request.room, text, expiresAtMs);
      }
      case Type.Leave:
        this.#memberships = this.#memberships.filter((membership) => membership.client !== client);
        await client.leave("left");
        return this.#responder.left(request.room);
    }
  }

  /** Comes into a room: from then on this connection is in it, until it leaves, whatever fails in between. */
  async enter(room: Room, how: Pick<EnterCommand, "since" | "invited">): Promise<EnterAnswer> {
    const answer = await room.enter(this.user, how);
    if (answer.kind !== "entered") return answer;
    const membership: Membership = { client: new Client(this.user, room, answer.from), life: notBegun };
    this.#memberships = [...this.#memberships, membership];
    await this.#responder.joined(room, answer);
    membership.life = this.#begin(membership.client);
    return answer;
  }

  /** Leaves every room. `lost`: the user may be back in a moment. */
  async leave(how: "left" | "lost"): Promise<void> {
    await Promise.all(this.#memberships.map(({ client }) => client.leave(how)));
  }

  /** Settles when every client has got everything its room says, which is when the rooms are closed. */
  async ended(): Promise<void> {
    await Promise.all(this.#memberships.map(({ life }) => life));
  }

  /** The client's life: what the room says goes out by itself, at the socket's pace. */
  #begin(client: Client): Promise<void> {
    const { logger, memberships } = this.#dependencies;
    memberships.add(1, 0);
    const ended = () => {
      memberships.add(-1, 0);
      if (this.#client(client.room.name) === client) this.#connection.close();
    };
    return spawn("client", logger, () => client.run(this.#responder.sink(client)), ended);
  }

  #client(room: string): Client | undefined {
    return this.#memberships.find(({ client }) => client.room.name === room)?.client;
  }

  async #join(request: Extract<RoomRequest, { type: typeof Type.Join }>): Promise<void> {
    const { rooms, invites, memberships } = this.#dependencies;
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
    const lookalike = rooms.lookalike(name);
    if (lookalike !== undefined) {
      return this.#refuse(request, "room", `this looks like the room ${lookalike}; join that one`);
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
    const { since, invite } = request;
    const invited = isNew || (invite !== undefined && invites.isGood(room, invite));
    const { kind } = await this.enter(room, { since, invited });
    switch (kind) {
      case "entered":
        return;
      case "not invited":
        return this.#refuse(request, "invite", "this room is private; ask somebody in it for an invitation");
      case "closed":
        return this.#refuse(request, "busy", closing);
    }
  }

  #answer(
    request: Extract<RoomRequest, { nonce: unknown }>,
    client: Client,
    answer: PostAnswer,
  ): Promise<void> | void {
    switch (answer.kind) {
      case "done":
        this.#dependencies.counters.posted.add(postedAs[request.type]);
        return request.nonce === undefined
          ? undefined
          : this.#responder.ack(client.room.name, request.nonce, answer.seq);
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
    return this.#responder.refuse({ code, problem, retryAfterMs, request });
  }
}

const postedAs = { [Type.Text]: "text", [Type.Edit]: "edited", [Type.Delete]: "deleted" } as const;

const closing = "the room is closing; join again";
const notBegun = Promise.resolve();
