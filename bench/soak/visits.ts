import { Type } from "../../src/protocol/v2.ts";
import { between, happens, oneOf, pause } from "./chance.ts";
import { type Address, type Exit, exits, Guest, type Version } from "./guest.ts";

/** What a visit is given. It ends soon after `over` aborts. */
export interface Evening extends Address {
  over: AbortSignal;
  /** Somebody's session token; everybody's turn comes again. */
  nextToken(): string;
}

/** One connection from its coming to its going. */
export type Visit = (evening: Evening) => Promise<void>;

const LOBBY = "lobby";
const rooms = [LOBBY, "garden", "kitchen", "attic"] as const;

/** Comes, talks in some rooms, goes. */
export const chat: Visit = (evening) =>
  stay(evening, async (guest) => {
    const stays = Date.now() + between(1000, 20_000);
    while (guest.isHere && Date.now() < stays && !evening.over.aborted) {
      const room = oneOf(rooms);
      act(guest, room);
      await pause(between(200, 1500), evening.over);
    }
    return oneOf(exits);
  });

/** Reads out long lines, near the pace of bytes that is allowed. */
export const recite: Visit = (evening) =>
  stay(evening, async (guest) => {
    const verse = "Ich weiß nicht, was soll es bedeuten. ".repeat(200);
    while (guest.isHere && !evening.over.aborted) {
      guest.say(LOBBY, verse);
      await pause(150, evening.over);
    }
    return "politely";
  });

/** Comes and does not read for a while; then reads on, or goes without having read. */
export const dawdle: Visit = (evening) =>
  stay(evening, async (guest) => {
    guest.stopReading();
    await pause(between(5000, 30_000), evening.over);
    if (happens(0.3)) return "by reset";
    guest.readOn();
    await pause(between(500, 3000), evening.over);
    return oneOf(exits);
  });

/** Says more than is allowed: a little more, which is refused, or far more, which closes the connection. */
export const flood: Visit = (evening) =>
  stay(evening, async (guest) => {
    const [lines, everyMs] = oneOf([
      [2000, 0],
      [20, 500],
    ]);
    for (let wave = 0; wave < 8 && guest.isHere && !evening.over.aborted; wave += 1) {
      for (let line = 0; line < lines; line += 1) guest.say(LOBBY, `wave ${wave}, line ${line}`);
      await pause(everyMs, evening.over);
    }
    await pause(2000, evening.over);
    return oneOf(exits);
  });

/** Comes and never logs in: silent, or with something that the server does not take. */
export const trespass: Visit = async (evening) => {
  const guest = await Guest.connect(evening, oneOf<Version>([1, 2]));
  const [frame, ms] = oneOf<[string | Buffer, number]>([
    ["", 40_000],
    ["not JSON", 500],
    [Buffer.from([1, 2, 3]), 500],
    ['{"type":2,"text":"no token"}', 2000],
    ['{"type":1,"room":"lobby","text":"me first","nonce":"1"}', 2000],
  ]);
  if (frame.length > 0) guest.send(frame);
  await Promise.race([guest.closed, pause(ms, evening.over)]);
  await guest.go(oneOf(exits));
};

/** Comes in, in either version and in some rooms, and goes as `during` says. */
async function stay(evening: Evening, during: (guest: Guest) => Promise<Exit>): Promise<void> {
  const guest = await Guest.enter(evening, oneOf<Version>([1, 2]), evening.nextToken());
  if (guest === undefined) return;
  guest.request({ type: Type.Join, room: LOBBY });
  if (happens(0.5)) guest.request({ type: Type.Join, room: oneOf(rooms) });
  const exit = await Promise.race([during(guest), guest.closed.then((): Exit => "politely")]);
  await guest.go(exit);
}

/** One of what people do. */
function act(guest: Guest, room: string): void {
  const what = between(0, 100);
  if (what < 70) guest.say(room, `it is ${new Date().toISOString()} in ${room}`);
  else if (what < 80) guest.request({ type: Type.Typing, room });
  else if (what < 90) guest.request({ type: Type.Join, room });
  else if (what < 95) guest.request({ type: Type.Older, room, before: between(1, 1000) });
  else guest.request({ type: Type.Leave, room });
}
