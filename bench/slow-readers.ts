/** `npm run bench:slow`: what readers that stall cost the server in memory and the others in time. */
import { connect } from "node:net";
import { createHistogram } from "node:perf_hooks";
import { encodeMessage, MessageType } from "../src/protocol/v1.ts";
import { TEXT_AT, v1 } from "./load/dialects/v1.ts";
import { enter } from "./load/enter.ts";
import { dueUsOf, lineText, nameOf, numberOf } from "./load/line.ts";
import { keepPace, settled } from "./load/pace.ts";
import { Tally } from "./load/tally.ts";
import { Wire, type WireEvents } from "./load/wire.ts";
import { thisMachine } from "./machine.ts";
import { plume } from "./servers/plume.ts";
import type { RunningServer } from "./servers/server.ts";
import { usageOf } from "./usage.ts";

const CLIENTS = 300;
/** Clients that talk, in turn: one alone would be flooding when the server is late. */
const SENDERS = 20;
/** So long that in a row more is said than the network takes for somebody who does not read, about 4 MB. */
const LINE_BYTES = 32 * 1024;
const LINES_PER_SECOND = 40;
const WARM_UP_LINES = 15;
const LINES = 160;
/** Clients that come in at the same time. */
const ENTERING_MAX = 50;

const stages = ["in the handshake", "before login", "after login", "mid-flood"] as const;
type Stage = (typeof stages)[number];

interface Row {
  stage: Stage | "none";
  stalled: number;
}

const rows: Row[] = [
  { stage: "none", stalled: 0 },
  ...stages.flatMap((stage) => [1, 10, 100].map((stalled) => ({ stage, stalled }))),
];

/** Nothing ends a flood early. */
const toTheEnd = new AbortController().signal;

/** What those who read hear: all of it, in order. */
class Readers {
  readonly latencyUs = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  readonly tally: Tally;
  readonly #clients: number;

  constructor(clients: number) {
    this.#clients = clients;
    this.tally = new Tally(clients, SENDERS);
  }

  hear(client: number): WireEvents {
    return {
      text: (_wire, bytes, start, end) => {
        if (end - start < LINE_BYTES) return; // the house's
        this.tally.take(client, numberOf(bytes, start + TEXT_AT));
        this.latencyUs.record(
          Math.max(1, Math.round(1000 * performance.now()) - dueUsOf(bytes, start + TEXT_AT)),
        );
      },
      closed: (reason) => say(`a reader was closed: ${reason}`),
    };
  }

  /** Waits until all have heard so many lines, or nothing more comes. */
  async haveHeard(lines: number): Promise<void> {
    const goal = lines * this.#clients;
    await settled(() => this.tally.delivered, { goal, stillMs: 3_000, maxMs: 20_000 });
  }
}

const { cpu, cores, node, pinned } = thisMachine();
const where = `${cpu}, ${cores} cores, Node ${node}${pinned ? ", server on core 0" : ""}`;
say(`Slow readers, ${new Date().toISOString()}; ${where}`);
say(
  `${CLIENTS} clients in all, ${SENDERS} talk: ${LINES_PER_SECOND} lines of ${LINE_BYTES / 1024} KiB a second.`,
);
say(
  "Latency is of those who read, from when a line was to be sent; memory is the server's when all is heard.\n",
);
say(cells("stalled", ["p50 ms", "p99 ms", "max ms", "memory MB", "lost", "disordered"]));
for (const row of rows) say(await measure(row));

/** Measures a row in a fresh server, and returns its line of the table. */
async function measure({ stage, stalled }: Row): Promise<string> {
  await using server = await plume("plume", "v1").start();
  const readers = new Readers(CLIENTS - stalled);
  const wires = await enterAll(CLIENTS - stalled, (client) =>
    enter(v1, server.port, server.token(nameOf(client)), readers.hear(client)),
  );
  const stuck =
    stage === "none" ? [] : await enterAll(stalled, (n) => approach(server, stage, nameOf(CLIENTS + n)));

  await flood(wires, 0, WARM_UP_LINES);
  await readers.haveHeard(WARM_UP_LINES);
  readers.latencyUs.reset();
  await flood(wires, WARM_UP_LINES, LINES);
  await readers.haveHeard(WARM_UP_LINES + LINES);

  const { memoryMb } = usageOf(server.pid);
  for (const wire of [...wires, ...stuck]) wire.close();
  const { latencyUs, tally } = readers;
  const latencies = [latencyUs.percentile(50), latencyUs.percentile(99), latencyUs.max];
  const lost = (WARM_UP_LINES + LINES) * wires.length - tally.delivered;
  return cells(stage === "none" ? stage : `${stalled} ${stage}`, [
    ...latencies.map((us) => (us / 1000).toFixed(1)),
    memoryMb.toFixed(0),
    String(lost),
    String(tally.doubled + tally.reordered),
  ]);
}

/** The senders, in turn, say so many lines at an even pace. */
async function flood(wires: readonly Wire[], first: number, count: number): Promise<void> {
  await keepPace({ count, intervalMs: 1000 / LINES_PER_SECOND }, toTheEnd, (index, dueMs) => {
    const number = first + index;
    const text = lineText(number, Math.round(1000 * dueMs)).padEnd(LINE_BYTES, "~");
    wires[number % SENDERS]?.send(encodeMessage({ type: MessageType.Text, text }), number);
  });
}

async function enterAll<T>(count: number, come: (n: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) {
    const atOnce = Math.min(ENTERING_MAX, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: atOnce }, (_, n) => come(all.length + n)))));
  }
  return all;
}

/** Goes as far as where it is to stall, and stalls there; mid-flood that is when the first line has come. */
async function approach(server: RunningServer, stage: Stage, name: string): Promise<{ close(): void }> {
  const silent: WireEvents = { text() {}, closed() {} };
  switch (stage) {
    case "in the handshake": {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {}); // cut after 10 s
      socket.write("GET /connect HTTP/1.1\r\nHost: localhost\r\n");
      return { close: () => socket.destroy() };
    }
    case "before login": {
      const wire = await Wire.open(v1.door(server.port), silent);
      wire.stall();
      return wire;
    }
    case "after login": {
      const wire = await enter(v1, server.port, server.token(name), silent);
      wire.stall();
      return wire;
    }
    case "mid-flood": {
      const text: WireEvents["text"] = (wire, _bytes, start, end) => {
        if (end - start > LINE_BYTES) wire.stall();
      };
      return await enter(v1, server.port, server.token(name), { ...silent, text });
    }
  }
}

function cells(name: string, figures: readonly string[]): string {
  return name.padEnd(22) + figures.map((figure) => figure.padStart(12)).join("");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
