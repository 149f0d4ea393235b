import { setTimeout as sleep } from "node:timers/promises";
import { type Comparison, compareRecords } from "../support/room-record.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { ResumingSocketClient } from "../support/socket-client.ts";

const people = ["ann", "bob", "cid"];
const rooms = ["one", "two"];

/** Lines that somebody has said and that are not acked yet: over it they wait. */
const UNACKED_MAX = 20;
const PAUSE_MS_MAX = 30;

/** People in two rooms who all talk at once, come back by themselves, and keep a record of everything. */
export class Crowd implements AsyncDisposable {
  readonly members: readonly ResumingSocketClient[];
  #isTalking = true;
  readonly #talking: Promise<unknown>;

  private constructor(members: readonly ResumingSocketClient[]) {
    this.members = members;
    this.#talking = Promise.all(members.map((member) => this.#talk(member)));
  }

  /** They are in, and talk. @param url where they connect. */
  static async enter(server: ServerProcess, url = server.url): Promise<Crowd> {
    const members = rooms.flatMap((room) =>
      people.map((name) => ResumingSocketClient.of(server, name, { room, url })),
    );
    await Promise.all(members.map((member) => member.until("Joined", ({ since }) => since !== undefined)));
    return new Crowd(members);
  }

  /** Lines that were acked. */
  get acked(): number {
    return this.members.reduce((lines, { record }) => lines + record.acked.size, 0);
  }

  /** Waits until everybody has been acked so many lines more. */
  async goesOn(lines: number): Promise<void> {
    await Promise.all(
      this.members.map((member) => {
        const { size } = member.record.acked;
        return member.until("acks", ({ acked }) => acked.size >= size + lines, 60_000);
      }),
    );
  }

  /** Ends the talk, waits until everybody has everything, and compares what they have, room by room. */
  async settle(): Promise<Comparison[]> {
    this.#isTalking = false;
    await this.#talking;
    const all = this.members.map((member) =>
      member.until("acks", ({ outbox }) => outbox.length === 0, 60_000),
    );
    await Promise.all(all);
    const inRooms = [people.length, 2 * people.length].map((end) =>
      this.members.slice(end - people.length, end),
    );
    return Promise.all(inRooms.map(settleRoom));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isTalking = false;
    await this.#talking;
    for (const member of this.members) await member[Symbol.asyncDispose]();
  }

  async #talk(member: ResumingSocketClient): Promise<void> {
    for (let n = 1; this.#isTalking; n += 1) {
      if (member.record.outbox.length < UNACKED_MAX) member.say(`${member.record.name} says ${n}`);
      await sleep(Math.random() * PAUSE_MS_MAX);
    }
  }
}

async function settleRoom(members: readonly ResumingSocketClient[]): Promise<Comparison> {
  for (const member of members) member.say(`the end of ${member.record.name}`);
  const ends = members.map(({ record }) => `the end of ${record.name}`);
  const hasAll = ({ since, epochs }: ResumingSocketClient["record"]) => {
    const last = new Set(epochs.get(since?.epoch ?? "")?.entries.values());
    return ends.every((end) => last.has(end));
  };
  await Promise.all(members.map((member) => member.until("the end", hasAll)));
  return compareRecords(members.map(({ record }) => record));
}
