import { limits } from "../limits.ts";

/** The settings that the ceiling follows from. */
export interface MemorySettings {
  readonly connectionsMax: number;
  /** The ceiling as it was set; undefined: what the other settings need. */
  readonly memoryBytes: number | undefined;
  /** Where what must outlive the process is kept. */
  readonly state: { readonly kind: "memory" | "directory" };
}

/** One thing that holds memory, at its worst. */
interface CeilingPart {
  readonly name: string;
  /** How `bytes` comes about, for people. */
  readonly formula: string;
  readonly bytes: number;
}

export interface MemoryCeiling {
  readonly bytes: number;
  readonly parts: readonly CeilingPart[];
  /** The least it can be set to. */
  readonly leastBytes: number;
  /** What is bounded for all together, since no load fills it for everybody at once. */
  readonly budgets: {
    /** Frames received and not handled. */
    readonly receivedBytes: number;
    /** Frames handed to sockets and not sent. */
    readonly unsentBytes: number;
    /** What rooms keep. */
    readonly historyBytes: number;
    /** Memberships beyond `limits.roomsShare` of a connection. */
    readonly membershipBytes: number;
  };
}

const KiB = 1024;
const MiB = 1024 * KiB;

// Measured with Node 20 on Linux, rounded up.
/** Resident after start with every library loaded, metrics too, and nobody connected; 81 MiB measured. */
const PROCESS_BYTES = 84 * MiB;
/** V8's semi-spaces: three of 16 MiB. */
const YOUNG_BYTES = 48 * MiB;
/** An idle socket with its Connection's objects, channels and loops; 13 KiB measured with uWebSockets, 17 with ws. */
const SOCKET_BYTES = 20 * KiB;
/** A room with its channels and what it tells of who is there, twice 50 names as frames; estimated. */
const ROOM_BYTES = 24 * KiB;
/** An entry of a map with three numbers behind a key that others hold, estimated. */
const ACCOUNT_BYTES = 256;
/** An entry of a map and its small objects; 250 B measured with a key of 26 letters. */
const ENTRY_BYTES = 512;
/** A Client with its two followers and its loop: estimated. */
export const MEMBERSHIP_BYTES = 2 * KiB;
/** Buffers that are unused and not collected yet: V8 collects them when there are 64 MiB more. */
const BUFFERS_BYTES = 64 * MiB;
/** By how much V8's old generation grows before it is collected, see `boundGarbage`. */
export const GARBAGE = 0.5;

/** LevelDB: two write buffers of 4 MiB, its cache, and a compaction's files; 22 MiB measured. */
const DATABASE_BYTES = 32 * MiB;

/** How what is shared is divided. */
const shares = { received: 1 / 4, unsent: 1 / 4, history: 1 / 2 } as const;
/** How much of that lives on V8's heap; what is unsent does not. */
const SHARED_ON_HEAP = shares.received + shares.history;

/**
 * The most memory that the process takes, in bytes and by its parts: what the settings let in needs, and what all share, which
 * is the rest. The kernel's buffers for sockets are not part of it.
 */
export function memoryCeiling({ connectionsMax, memoryBytes, state }: MemorySettings): MemoryCeiling {
  const onHeap = heapParts(connectionsMax);
  const heapBytes = sum(onHeap);
  const outside = [
    { name: "process", formula: "measured at start", bytes: PROCESS_BYTES },
    { name: "new objects", formula: "V8's young generation", bytes: YOUNG_BYTES },
    { name: "used buffers", formula: "not collected yet", bytes: BUFFERS_BYTES },
    {
      name: "reserve",
      formula: "what nobody counts; over it those who hold most go",
      bytes: limits.reserveBytes,
    },
    ...(state.kind === "directory" ? [databasePart] : []),
  ];
  const fixedBytes = sum(outside) + heapBytes * (1 + GARBAGE);
  const withShared = (sharedBytes: number) =>
    Math.ceil(fixedBytes + sharedBytes * (1 + GARBAGE * SHARED_ON_HEAP));
  const bytes = memoryBytes ?? withShared(limits.sharedBytes);
  const shared = Math.max(0, (bytes - fixedBytes) / (1 + GARBAGE * SHARED_ON_HEAP));
  const budgets = {
    receivedBytes: Math.floor(shared * shares.received),
    unsentBytes: Math.floor(shared * shares.unsent),
    historyBytes: Math.floor(shared * shares.history),
    membershipBytes: connectionsMax * MEMBERSHIP_BYTES,
  };
  const inAll = [
    {
      name: "received",
      formula: "frames that are not handled, of all clients",
      bytes: budgets.receivedBytes,
    },
    { name: "unsent", formula: "frames that are not sent, to all clients", bytes: budgets.unsentBytes },
    { name: "history", formula: "what all rooms keep", bytes: budgets.historyBytes },
  ];
  const garbageBytes = GARBAGE * (heapBytes + shared * SHARED_ON_HEAP);
  const garbage = { name: "garbage", formula: "half of what is on V8's heap", bytes: garbageBytes };
  return {
    bytes,
    parts: [...outside, ...onHeap, ...inAll, garbage],
    leastBytes: withShared(limits.sharedBytesLeast),
    budgets,
  };
}

/**
 * The most bytes that a state directory's files take, with everything that is kept at its bound: no more than in memory, twice
 * that while LevelDB rewrites its files, and what it has not compacted yet.
 */
export function stateCeiling({ connectionsMax }: MemorySettings): number {
  const people = limits.roomsPerConnection * connectionsMax;
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

/** As PLUME_MEMORY_MIB has it. */
export function inMib(bytes: number): number {
  return Math.ceil(bytes / MiB);
}

/** The parts that are a count times a size. */
function heapParts(connectionsMax: number): CeilingPart[] {
  const { roomsShare, receivedShareBytes } = limits;
  return [
    times("clients", connectionsMax, "clients", SOCKET_BYTES + receivedShareBytes),
    times("memberships", connectionsMax, "clients", (roomsShare + 1) * MEMBERSHIP_BYTES),
    times("accounts", 2 * connectionsMax, "people and addresses", ACCOUNT_BYTES),
    times("rooms opened", limits.paceKeysMax, "addresses", ACCOUNT_BYTES),
    times("rooms", limits.roomsMax, "rooms", ROOM_BYTES),
    times("names", limits.namesMax, "names", ENTRY_BYTES + 4 * limits.nameBytesMax),
    times("login codes", limits.codesMax, "codes", 2 * ENTRY_BYTES + 4 * limits.nameBytesMax),
    times("mail pace", 2 * limits.paceKeysMax, "addresses", ENTRY_BYTES),
    times("mail queue", limits.mailQueue, "mails", ENTRY_BYTES + 4 * limits.emailBytesMax),
  ];
}

const databasePart: CeilingPart = {
  name: "state",
  formula: "LevelDB's buffers, measured",
  bytes: DATABASE_BYTES,
};

function times(name: string, count: number, what: string, each: number): CeilingPart {
  return { name, formula: `${count} ${what} × ${formatBytes(each)}`, bytes: count * each };
}

function sum(parts: readonly CeilingPart[]): number {
  return parts.reduce((bytes, part) => bytes + part.bytes, 0);
}
