import { setMaxListeners } from "node:events";
import { pause } from "./chance.ts";
import type { SoakedServer } from "./soaked-server.ts";
import type { Tally } from "./tally.ts";
import { chat, dawdle, type Evening, flood, recite, trespass, type Visit } from "./visits.ts";

/** Of a hundred clients, how many do what. */
const parts: readonly (readonly [Visit, number])[] = [
  [chat, 62],
  [dawdle, 16],
  [recite, 6],
  [flood, 8],
  [trespass, 8],
];
/** Names there are. All are taken in the first evening, and stay taken for months. */
const NAMES = 100;

/** Lets `clients` come and go until the time is up, and settles when the last has gone. */
export async function spend(server: SoakedServer, tally: Tally, clients: number, ms: number): Promise<void> {
  const tokens = Array.from({ length: NAMES }, (_, at) => server.token(`soak${String(at).padStart(3, "0")}`));
  let turn = 0;
  const nextToken = () => {
    turn += 1;
    return tokens[turn % NAMES] ?? "";
  };
  const over = AbortSignal.timeout(ms);
  setMaxListeners(0, over); // everybody waits for it, some who have gone too
  const evening: Evening = { port: server.port, tally, over, nextToken };
  await Promise.all(Array.from({ length: clients }, (_, at) => comeAndGo(visitOf(at / clients), evening)));
}

async function comeAndGo(visit: Visit, evening: Evening): Promise<void> {
  while (!evening.over.aborted) {
    await visit(evening);
    await pause(100, evening.over);
  }
}

/** @param place from 0 up to 1. */
function visitOf(place: number): Visit {
  let below = 0;
  for (const [visit, part] of parts) {
    below += part / 100;
    if (place < below) return visit;
  }
  return chat;
}
