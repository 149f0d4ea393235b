import { isDeepStrictEqual } from "node:util";
import fc, { type Scheduler } from "fast-check";
import { limits } from "../../src/limits.ts";
import type { Counts } from "./counts.ts";
import type { ConnectionTranscript } from "./observer.ts";
import { membersIn } from "./promises.ts";
import { BrokenPromise, type RoomLog } from "./room-log.ts";
import { type Conditions, conditions, type Step, step } from "./steps.ts";
import { World } from "./world.ts";

/** Whoever needs a code may have to wait for it: so often and so long. */
const CODE_TRIES = 24;
const CODE_PAUSE_MS = 5 * 60_000;

type Run = [Conditions, Step[]];

export interface RunOptions {
  /** Counts what happens in all runs. */
  total: Counts;
  runs: number;
  timeLimitMs: number;
  /** Where to begin; undefined: anywhere. */
  from: Seed | undefined;
}

/** What fast-check makes a run of. A path that goes on after its first number is that of a smaller run. */
export interface Seed {
  seed: number;
  path: string;
}

/** Does as many runs as it is given time for, or until one goes wrong, which is then made as small as it can be. Returns what went wrong. */
export async function runSimulation({
  total,
  runs,
  timeLimitMs,
  from,
}: RunOptions): Promise<string | undefined> {
  const property = fc.asyncProperty(
    conditions,
    fc.array(step, { maxLength: 60, size: "max" }),
    async (given, steps) => {
      const scheduler = schedulerOf(given.seed);
      const world = new World(scheduler, given);
      try {
        await world.begin();
        for (const one of steps) await world.take(one);
        await endWell(world);
      } finally {
        world.counts.count("runs");
        world.counts.count("events", world.time.events);
        total.add(world.counts);
      }
    },
  );
  const details = await fc.check<Run>(property, {
    numRuns: runs,
    interruptAfterTimeLimit: timeLimitMs,
    ...(from === undefined ? {} : { ...from, endOnFailure: true }),
  });
  return failureOf(details);
}

/** fast-check's, which picks at random what happens next. Made here, since one that is part of a run is not the same again in a replay. */
function schedulerOf(seed: number): Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { seed, numRuns: 1 });
  if (scheduler === undefined) throw new Error("fast-check made no scheduler");
  return scheduler;
}

function failureOf({
  failed,
  counterexample,
  counterexamplePath,
  seed,
  errorInstance,
}: fc.RunDetails<Run>): string | undefined {
  if (!failed || counterexample === null) return undefined;
  const [given, steps] = counterexample;
  return [
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : `${errorInstance}`,
    `given ${JSON.stringify(given)}`,
    ...steps.map(({ happening, then }) => `- ${JSON.stringify(happening)}, then ${then}`),
    `replay: npm run test:soak -- --seed=${seed} --path=${counterexamplePath}`,
  ].join("\n");
}

/** Ends a run: every fault heals, all clients come to see the same, and leave nothing behind when they go. */
async function endWell(world: World): Promise<void> {
  await heal(world);
  checkEverybodyAgrees(world);
  await everybodyGoes(world);
}

async function heal(world: World): Promise<void> {
  const { time, machine, clientsV2, clientsV1, healthy, promises } = world;
  world.heal();
  await time.pass(2 * limits.stopTimeoutMs); // a stop is over, and the server is there again
  if (!machine.isUp) throw new BrokenPromise("P7", `the server does not come back ${machine.errors}`);
  for (const client of [...clientsV2, ...clientsV1]) client.goOn();
  await time.pass(1_000);
  for (const client of [healthy, ...clientsV2, ...clientsV1]) client.connect();
  await time.pass(limits.idleTimeoutMs + 2 * limits.graceMs); // who vanished is gone, and refusals for the pace are over
  const everybody = [healthy, ...clientsV2, ...clientsV1];
  for (let tries = 0; everybody.some(({ isIn }) => !isIn) && tries < CODE_TRIES; tries += 1) {
    for (const client of everybody) client.connect();
    await time.pass(CODE_PAUSE_MS);
  }
  promises.check();
}

function checkEverybodyAgrees({ clientsV2, clientsV1, healthy, observer, machine, time }: World): void {
  for (const client of [...clientsV1, ...clientsV2, healthy]) {
    if (!client.isIn) throw new BrokenPromise("P2", `${client.holder.name} does not get back in`);
  }
  for (const { rooms, tab } of [...clientsV2, healthy]) {
    for (const [room, { record, place }] of rooms) {
      const log = observer.logs.get(record.since?.epoch ?? "");
      if (place !== "in" || log === undefined)
        throw new BrokenPromise("P2", `${tab} does not get back into ${room}`);
      if (record.outbox.length > 0)
        throw new BrokenPromise("P2", `${tab} has no ack for ${record.outbox[0]}`);
      if (record.since?.seq !== log.last)
        throw new BrokenPromise("P2", `${tab} has ${record.since?.seq} of ${log.last} in ${room}`);
      checkPresence([...observer.transcripts.values()], log);
    }
  }
  if (machine.clients !== machine.sockets)
    throw new BrokenPromise("P6", `${machine.clients} connections, ${machine.sockets} sockets`);
  if (!time.isIdle) throw new Error("something is left to happen");
}

/** Who is said to be there is there. */
function checkPresence(transcripts: readonly ConnectionTranscript[], log: RoomLog): void {
  const members = membersIn(transcripts, log);
  const inLobby = transcripts.filter(
    ({ link, lobby, name }) => link.version === 1 && link.isOpen && name !== undefined && lobby === log,
  );
  const names = new Set([...members.map(({ name }) => name), ...inLobby.map(({ name }) => name ?? "")]);
  const there = [...names].sort();
  if (log.isWhole && !isDeepStrictEqual([...log.present.keys()].sort(), there)) {
    throw new BrokenPromise("P6", `in ${log.room} are ${there}, its log says ${[...log.present.keys()]}`);
  }
  for (const { name, membership } of members) {
    if (!isDeepStrictEqual([...membership.presence].sort(), there)) {
      throw new BrokenPromise("P6", `in ${log.room} are ${there}, ${name} is told ${membership.presence}`);
    }
    if (membership.typing > 0)
      throw new BrokenPromise("P6", `${name} is told that ${membership.typing} type in ${log.room}`);
  }
}

/** Everybody goes, the server stops, and no connection and no timer remains. */
async function everybodyGoes({ time, machine, clientsV2, clientsV1, healthy }: World): Promise<void> {
  for (const client of [healthy, ...clientsV2, ...clientsV1]) client.vanish("reset", 0);
  await time.pass(limits.roomEmptyMs + limits.idleTimeoutMs);
  if (machine.clients > 0) throw new BrokenPromise("P6", `${machine.clients} connections are left`);
  if (time.timers > 0) throw new BrokenPromise("P4", `${time.timers} timers are left`);
  const ended = machine.end();
  await time.pass(2 * limits.stopTimeoutMs);
  if (!(await ended)) throw new BrokenPromise("P7", "a stop without clients was not done in time");
  if (time.timers > 0 || !time.isIdle)
    throw new BrokenPromise("P4", "something is left when the server has stopped");
}
