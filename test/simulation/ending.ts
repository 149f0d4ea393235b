import { isDeepStrictEqual } from "node:util";
import { limits } from "../../src/limits.ts";
import { Broken, type RoomLog } from "./ledger.ts";
import { seatedIn } from "./promises.ts";
import type { World } from "./world.ts";

/** Every fault heals: everybody comes to see the same, goes, and leaves nothing behind. */
export async function endWell(world: World): Promise<void> {
  await heal(world);
  checkEverybodyAgrees(world);
  await everybodyGoes(world);
}

async function heal(world: World): Promise<void> {
  const { time, machine, people, oldTimers, regular, promises } = world;
  world.heal();
  await time.pass(2 * limits.stopTimeoutMs); // a stop is over, and the server is there again
  if (!machine.isUp) throw new Broken("P7", `the server does not come back ${machine.errors}`);
  for (const guest of [...people, ...oldTimers]) guest.goOn();
  await time.pass(1_000);
  for (const guest of [regular, ...people, ...oldTimers]) guest.connect();
  await time.pass(limits.idleTimeoutMs + 2 * limits.graceMs); // who vanished is gone, and refusals for the pace are over
  promises.check();
}

function checkEverybodyAgrees({ people, oldTimers, regular, witness, machine, time }: World): void {
  for (const guest of [...oldTimers, ...people, regular]) {
    if (!guest.isConnected) throw new Broken("P2", `${guest.holder.name} does not get back in`);
  }
  for (const { stays, tab } of [...people, regular]) {
    for (const [room, { book, place }] of stays) {
      const log = witness.logs.get(book.since?.epoch ?? "");
      if (place !== "in" || log === undefined)
        throw new Broken("P2", `${tab} does not get back into ${room}`);
      if (book.outbox.length > 0) throw new Broken("P2", `${tab} has no ack for ${book.outbox[0]}`);
      if (book.since?.seq !== log.last)
        throw new Broken("P2", `${tab} has ${book.since?.seq} of ${log.last} in ${room}`);
      checkPresence(witness.dossiers.values(), log);
    }
  }
  if (machine.clients !== machine.sockets)
    throw new Broken("P6", `${machine.clients} connections, ${machine.sockets} sockets`);
  if (!time.isIdle) throw new Error("something is left to happen");
}

/** Who is said to be there is there. */
function checkPresence(
  dossiers: World["witness"]["dossiers"] extends Map<unknown, infer D> ? Iterable<D> : never,
  log: RoomLog,
): void {
  const all = [...dossiers];
  const seated = seatedIn(all, log);
  const inLobby = all.filter(
    ({ link, lobby, name }) => link.version === 1 && link.isOpen && name !== undefined && lobby === log,
  );
  const names = new Set([...seated.map(({ name }) => name), ...inLobby.map(({ name }) => name ?? "")]);
  const there = [...names].sort();
  if (log.isWhole && !isDeepStrictEqual([...log.present.keys()].sort(), there)) {
    throw new Broken("P6", `in ${log.room} are ${there}, its log says ${[...log.present.keys()]}`);
  }
  for (const { name, seat } of seated) {
    if (!isDeepStrictEqual([...seat.presence].sort(), there)) {
      throw new Broken("P6", `in ${log.room} are ${there}, ${name} is told ${seat.presence}`);
    }
    if (seat.typing > 0) throw new Broken("P6", `${name} is told that ${seat.typing} type in ${log.room}`);
  }
}

/** Everybody goes, the server stops, and no connection and no timer remains. */
async function everybodyGoes({ time, machine, people, oldTimers, regular }: World): Promise<void> {
  for (const guest of [regular, ...people, ...oldTimers]) guest.vanish("reset", 0);
  await time.pass(limits.roomEmptyMs + limits.idleTimeoutMs);
  if (machine.clients > 0) throw new Broken("P6", `${machine.clients} connections are left`);
  if (time.timers > 0) throw new Broken("P4", `${time.timers} timers are left`);
  const ended = machine.end();
  await time.pass(2 * limits.stopTimeoutMs);
  if (!(await ended)) throw new Broken("P7", "a stop without clients was not done in time");
  if (time.timers > 0 || !time.isIdle)
    throw new Broken("P4", "something is left when the server has stopped");
}
