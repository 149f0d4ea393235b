import type { Logger } from "pino";
import { spawn } from "../actor/actor.ts";
import { Client } from "../chat/client.ts";
import type { Room } from "../chat/room.ts";
import type { EnterAnswer, EnterCommand, Pass, PostAnswer } from "../chat/room-commands.ts";
import { parseRoomName } from "../chat/room-name.ts";
import { LOBBY, type Rooms } from "../chat/rooms.ts";
import { limits } from "../limits.ts";
import type { BucketPerKey } from "../login/bucket-per-key.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Visit } from "../people/people.ts";
import { type RefusalCode, Type } from "../protocol/v2.ts";
import { isLoopback } from "../system/network.ts";
import { tryAgainIn } from "../system/token-bucket.ts";
import type { Peer } from "../transport/peer.ts";
import type { Invitations } from "./invitations.ts";
import type { Request } from "./requests.ts";
import type { Responder } from "./responder.ts";

/** What a member asks of rooms. */
export type RoomRequest = Extract<Request, { room: string }>;

/** What the memberships of all connections share. */
export interface RoomDependencies {
  rooms: Rooms;
  /** How many rooms each network address opens. */
  openings: BucketPerKey<string>;
  invites: Invitations;
  logger: Logger;
  /** Bounds how many memberships there are. */
  memberships: ByteBudget;
  counters: Counters;
}

/** The connection that the memberships are of. */
export interface Member {
  /** Of whoever is logged in. */
  readonly visit: Visit;
  readonly peer: Peer;
  readonly responder: Responder;
  /** Charges an answer of so many bytes; with fewer than none, gives back. */
  readonly charge: { answer(bytes: number): void };
  /** Closed when a room ends that the user is in, or the user can't follow it any more. */
  readonly connection: { close(): void };
}

interface Membership {
  readonly client: Client;
  /** Settled as long as it has not begun. */
  life: Promise<void>;
}

/** The rooms that one connection is in, and what it does there. Each membership is a Client with a life of its own. */
export class Memberships {
  readonly visit: Visit;
  readonly #dependencies: RoomDependencies;
  readonly #peer: Peer;
  readonly #responder: Responder;
  readonly #charge: Member["charge"];
  readonly #connection: Member["connection"];
  /** An array of just its length, for most have one. */
  #memberships: readonly Membership[] = [];
  /** The room that is being come into. */
  #joining: string | undefined;

  constructor(dependencies: RoomDependencies, { visit, peer, responder, charge, connection }: Member) {
    this.#dependencies = dependencies;
    this.visit = visit;
    this.#peer = peer;
    this.#responder = responder;
    this.#charge = charge;
    this.#connection = connection;
  }

  /** The names of the rooms that the connection is in, or comes into. */
  *rooms(): Generator<string, void> {
    for (const { client } of this.#memberships) yield client.room.name;
    if (this.#joining !== undefined) yield this.#joining;
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
        this.#charge.answer(client.room.older(request.before).bytes);
        return this.#responder.history(request.room, () => client.room.older(request.before));
      case Type.Typing:
        return client.typing();
      case Type.Invite: {
        const { uses = limits.guestsPerRoom } = request;
        const { text, expiresAtMs } = this.#dependencies.invites.make(client.room, uses);
        return this.#responder.invitation(request.room, { text, expiresAtMs, uses });
      }
      case Type.VoidInvites:
        return this.#voidInvites(request, client.room);
      case Type.Leave:
        this.#memberships = this.#memberships.filter((membership) => membership.client !== client);
        await client.leave("left");
        return this.#responder.left(request.room);
    }
  }

  /** Comes into a room: from then on this connection is in it, until it leaves, whatever fails in between. */
  async enter(room: Room, how: Pick<EnterCommand, "since" | "pass">): Promise<EnterAnswer> {
    const { user } = this.visit;
    const answer = await room.enter(user, how);
    if (answer.kind !== "entered") return answer;
    const membership: Membership = { client: new Client(user, room, answer.from), life: notBegun };
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

  async #join(request: JoinRequest): Promise<void> {
    const parsed = parseRoomName(request.room);
    if (parsed.kind === "refused") return this.#refuse(request, "room", parsed.problem);
    const { name } = parsed;
    const tooMany = this.#whyNoMore(name);
    if (tooMany !== undefined) return this.#refuse(request, "room", tooMany);
    const found = this.#find(name, request);
    if (found.kind === "refused") return this.#refuse(request, found.code, found.problem, found.retryAfterMs);
    this.#joining = name;
    try {
      await this.#enterAsked(found.room, found.pass, request);
    } finally {
      this.#joining = undefined;
    }
  }

  /** Charges all that the room will send before it is asked, so that many Joins at once are not given on credit. */
  async #enterAsked(room: Room, pass: Pass, request: JoinRequest): Promise<void> {
    const { since } = request;
    const bytes = room.bytesSince(since) + SIGNAL_BYTES;
    this.#charge.answer(bytes);
    const { kind } = await this.enter(room, { since, pass });
    if (kind === "entered") return;
    this.#charge.answer(-bytes);
    switch (kind) {
      case "not invited":
        return this.#refuse(request, "invite", whyNotInvited[pass.kind]);
      case "full":
        return this.#refuse(
          request,
          "room",
          `this private room has let in ${limits.guestsPerRoom} people, which is the limit; open another`,
        );
      case "closed":
        return this.#refuse(request, "busy", closing);
    }
  }

  /** Why nobody comes into one more room here, if so. */
  #whyNoMore(name: string): string | undefined {
    const { memberships } = this.#dependencies;
    if (this.#client(name)) return "you are in this room already";
    if (this.#memberships.length >= limits.roomsPerConnection)
      return `you are in ${limits.roomsPerConnection} rooms, which is the limit; leave one first`;
    const { rooms } = this.visit.person;
    if (rooms.size >= limits.roomsPerPerson && !rooms.has(name))
      return `you are in ${limits.roomsPerPerson} rooms on all your connections, which is the limit; leave one first`;
    if (!memberships.allows(memberships.costOf(this.#memberships.length, 0), 1, 0))
      return "all people together are in as many rooms as the server has memory for; leave one, or try again later";
    return undefined;
  }

  /** The room that is asked for, a new one where there is none; never one that is open to all where the asker takes it for private. */
  #find(name: string, request: JoinRequest): Found {
    const { rooms, invites } = this.#dependencies;
    const { invite } = request;
    const isMeantPrivate = request.private ?? false;
    const room = rooms.get(name);
    if (isMeantPrivate && (name === LOBBY || room?.isPrivate === false))
      return refused(
        "room",
        "this room is open to everybody; join it without asking for a private one, or choose another name",
      );
    if (room === undefined) {
      if (invite !== undefined && !isMeantPrivate) return refused("invite", roomIsGone);
      return this.#open(name, isMeantPrivate);
    }
    const invitation = invite === undefined ? "other" : invites.check(room, invite);
    if (invite !== undefined && invitation === "other" && !room.isPrivate)
      return refused("invite", roomIsGone);
    const pass = typeof invitation === "string" ? noPass : ({ kind: "invitation", ...invitation } as const);
    return { kind: "found", room, pass };
  }

  /** A new room. Whoever opens a private one is in it without an invitation. */
  #open(name: string, isPrivate: boolean): Found {
    const { rooms, openings } = this.#dependencies;
    const lookalike = rooms.lookalike(name);
    if (lookalike !== undefined)
      return refused("room", `this looks like the room ${lookalike}; join that one`);
    const isCounted = name !== LOBBY && !isLoopback(this.#peer.address);
    const retryAfterMs = isCounted ? openings.waitMs(this.#peer.key) : 0;
    if (retryAfterMs > 0)
      return refused(
        "room",
        `${limits.roomsOpenedPerPeerPerDay} rooms a day can be opened from your network address; join one that is there`,
        retryAfterMs,
      );
    const room = rooms.open(name, { isPrivate, openedBy: this.visit.user.id });
    switch (room) {
      case "closed":
        return refused("busy", closing);
      case "full":
        return refused("room", `there are ${limits.roomsMax} rooms, which is the limit; join one of them`);
      case "too many":
        return refused(
          "room",
          `you have opened ${limits.roomsOpenedPerPerson} rooms that are still there, which is the limit; ` +
            `use one of them, or wait until one has been empty for ${limits.roomEmptyMs / 3_600_000} hours`,
        );
      default:
        if (isCounted) openings.spend(this.#peer.key);
        return { kind: "found", room, pass: { kind: "opener" } };
    }
  }

  async #voidInvites(request: VoidInvitesRequest, room: Room): Promise<void> {
    const { kind } = await room.voidInvitations();
    switch (kind) {
      case "done":
        return this.#responder.invitationsVoid(request.room);
      case "not saved":
        return this.#refuse(
          request,
          "busy",
          "the invitations are void, but that cannot be saved now",
          limits.saveRetryMs,
        );
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

type JoinRequest = Extract<RoomRequest, { type: typeof Type.Join }>;

type VoidInvitesRequest = Extract<RoomRequest, { type: typeof Type.VoidInvites }>;

/** What became of looking for a room, or opening it. */
type Found = { kind: "found"; room: Room; pass: Pass } | Refused;

interface Refused {
  kind: "refused";
  code: RefusalCode;
  problem: string;
  retryAfterMs: number | undefined;
}

function refused(code: RefusalCode, problem: string, retryAfterMs?: number): Refused {
  return { kind: "refused", code, problem, retryAfterMs };
}

/** What a room sends of who is there and who types, at most, to somebody who comes in. */
const SIGNAL_BYTES = 2 * limits.presenceNames * limits.nameBytesMax;

const noPass: Pass = { kind: "none" };

/** By what was shown in vain. */
const whyNotInvited: Record<Pass["kind"], string> = {
  none: "this room is private; ask somebody in it for an invitation",
  opener: "this room is private; ask somebody in it for an invitation",
  invitation: "this invitation was voided, or has let in as many people as it was for; ask for another",
};

const roomIsGone = "the room that this invitation was for is not there any more; ask for another";
const postedAs = { [Type.Text]: "text", [Type.Edit]: "edited", [Type.Delete]: "deleted" } as const;

const closing = "the room is closing; join again";
const notBegun = Promise.resolve();
