import { limits } from "../limits.ts";
import type { Settings } from "./settings.ts";

/** One thing that holds memory, at its worst. */
export interface CeilingPart {
  readonly name: string;
  /** How `bytes` comes about, for people. */
  readonly formula: string;
  readonly bytes: number;
}

export interface MemoryCeiling {
  readonly bytes: number;
  readonly parts: readonly CeilingPart[];
}

const KiB = 1024;
const MiB = 1024 * KiB;

// Measured with Node 20 on Linux, rounded up.
/** Resident after start with every library loaded and nobody connected; 71 MiB measured. */
const PROCESS_BYTES = 80 * MiB;
/** An idle socket with its Connection's objects, channels and loops; 13 KiB measured with uWebSockets, 17 with ws. */
const SOCKET_BYTES = 20 * KiB;
/** A Client with its two followers and its loops: estimated. */
const MEMBERSHIP_BYTES = 2 * KiB;
/** An entry of a map and its small objects; 250 B measured with a key of 26 letters. */
const ENTRY_BYTES = 512;

/** LevelDB: two write buffers of 4 MiB, its cache, and a compaction's files; 22 MiB measured. */
const DATABASE_BYTES = 32 * MiB;

/** V8 takes 2 bytes a character once one of them is not Latin-1, so that ASCII doubles. */
const STRING_BYTES_PER_BYTE = 2;
/** A string beside its characters, and its place in a ring. */
const STRING_HEAD_BYTES = 24;

/**
 * What the process holds when every queue, map and buffer is full at once. No load does that; a server that must
 * survive any gets this much, or a lower `MAX_CLIENTS`.
 *
 * Not in it: garbage that V8 has yet to collect (about as much again as lives on its heap, unless
 * `--max-old-space-size` says less), the kernel's socket buffers, HTTP requests that are no WebSocket (cut after
 * 10 s), mails under way in the SMTP client, and the page's files.
 */
export function memoryCeiling(settings: Settings): MemoryCeiling {
  const parts = [
    { name: "process", formula: "measured at start", bytes: PROCESS_BYTES },
    clientsPart(settings),
    roomsPart(),
    times("names", limits.namesMax, "names", ENTRY_BYTES + 4 * limits.nameBytesMax),
    times("login codes", limits.codesMax, "codes", 2 * ENTRY_BYTES + 4 * limits.nameBytesMax),
    times("mail pace", 2 * limits.paceKeysMax, "addresses", ENTRY_BYTES),
    times("mail queue", limits.mailQueue, "mails", ENTRY_BYTES + 4 * limits.emailBytesMax),
    ...(settings.state.kind === "directory" ? [databasePart] : []),
  ];
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), parts };
}

/**
 * Bytes of a state directory's files when all that it keeps is full at once: what is kept takes no more than in memory;
 * as much again while LevelDB writes its files anew, and what it has not dropped yet.
 */
export function stateCeiling({ clientsMax }: Settings): number {
  const people = limits.roomsPerConnection * clientsMax;
  const entries = limits.roomsMax * (limits.nonces + limits.guestsPerRoom) + people + limits.namesMax;
  const kept = limits.historyBytes + limits.roomsMax * limits.roomHistoryBytes + entries * ENTRY_BYTES;
  return 2 * (kept + limits.compactBytes);
}

/** Bytes for people: "71.5 MiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power]}`;
}

/** Everything that each socket may hold. */
function clientsPart({ clientsMax, state }: Settings): CeilingPart {
  const each = {
    objects: SOCKET_BYTES,
    memberships: limits.roomsPerConnection * MEMBERSHIP_BYTES,
    "half a message received": limits.payloadBytesMax,
    inbox: STRING_BYTES_PER_BYTE * limits.inboxBytes + STRING_HEAD_BYTES * limits.inboxFrames,
    "a frame being handled": STRING_BYTES_PER_BYTE * limits.frameBytesMax,
    unsent: limits.unsentBytesSoft + limits.batchBytes,
    // As JSON, and again in LevelDB's batch; a character takes up to 6 bytes.
    ...(state.kind === "directory" ? { "a line being saved": 2 * 6 * limits.textBytesMax } : {}),
  };
  const terms = Object.entries(each).map(([name, bytes]) => `${name} ${formatBytes(bytes)}`);
  const bytes = clientsMax * Object.values(each).reduce((sum, bytes) => sum + bytes, 0);
  return { name: "clients", formula: `${clientsMax} clients × (${terms.join(" + ")})`, bytes };
}

/** Logs and inboxes count strings and frames themselves, see `chat/message.ts` and `chat/room.ts`. */
function roomsPart(): CeilingPart {
  const nonces = limits.nonces * ENTRY_BYTES;
  const lobby = limits.historyBytes + limits.roomInboxBytes + nonces;
  const other = limits.roomHistoryBytes + limits.roomInboxBytes + nonces;
  return {
    name: "rooms",
    formula: `lobby ${formatBytes(lobby)} + ${limits.roomsMax - 1} rooms × ${formatBytes(other)}`,
    bytes: lobby + (limits.roomsMax - 1) * other,
  };
}

const databasePart: CeilingPart = {
  name: "state",
  formula: "LevelDB's buffers, measured",
  bytes: DATABASE_BYTES,
};

function times(name: string, count: number, what: string, each: number): CeilingPart {
  return { name, formula: `${count} ${what} × ${formatBytes(each)}`, bytes: count * each };
}
