/**
 * `npm run bench:slow`: what readers that stall cost the server in memory and the others in time. It prints a table whose
 * rows say where how many stall: latencies of those who read, the server's memory, and what was lost or disordered.
 */
import { connect } from "node:net";
import { CommandLine } from "./common/command-line.ts";
import { Deliveries, dueUsOf, Latencies, lineText, nameOf, numberOf } from "./common/lines.ts";
import { enterInTurn, keepPace, settled } from "./common/pace.ts";
import { describeMachine, thisMachine } from "./common/programs.ts";
import { usageOf } from "./common/usage.ts";
import { V1_TEXT_AT, v1 } from "./load/dialects.ts";
import { enter } from "./load/fleet.ts";
import { RawWebSocket, type WebSocketEvents } from "./load/websocket.ts";
import { plume, type RunningServer } from "./servers/servers.ts";

const CLIENTS = 300;
/** Clients that talk, in turn: one alone would be flooding when the server is late. */
const SENDERS = 20;
/** So long that a row has more than the network buffers for a client that does not read, about 4 MB. */
const LINE_BYTES = 32 * 1024;
const LINES_PER_SECOND = 40;
const WARM_UP_LINES = 15;
const LINES = 160;
/** Clients that enter at the same time. */
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

/** What the clients that read get: all lines, in order. */
class Readers {
  latencies = new Latencies();
  readonly deliveries: Deliveries;
  readonly #clients: number;

  constructor(clients: number) {
    this.#clients = clients;
    this.deliveries = new Deliveries(clients, SENDERS);
  }

  eventsOf(client: number): WebSocketEvents {
    return {
      text: (_socket, bytes, start, end) => {
        if (end - start < LINE_BYTES) return; // a notice of the server's
        this.deliveries.take(client, numberOf(bytes, start + V1_TEXT_AT));
        this.latencies.record(Math.round(1000 * performance.now()) - dueUsOf(bytes, start + V1_TEXT_AT));
      },
      closed: (reason) => say(`a reader was closed: ${reason}`),
    };
  }

  /** Waits until all have got so many lines, or nothing more comes. */
  async haveAll(lines: number): Promise<void> {
    const goal = lines * this.#clients;
    await settled(() => this.deliveries.count, { goal, stillMs: 3_000, maxMs: 20_000 });
  }
}

const cli = new CommandLine("npm run bench:slow --", {
  description: "Measures what readers that stall cost the server in memory and the others in time.",
  after: "The table goes to stdout. Exit code: 2 when something went wrong.",
});
await cli.run(
  () => rows,
  async () => {
    const machine = thisMachine();
    const where = `${describeMachine(machine)}${machine.pinned ? ", server on core 0" : ""}`;
    say(`Slow readers, ${new Date().toISOString()}; ${where}`);
    say(
      `${CLIENTS} clients in all, ${SENDERS} talk: ${LINES_PER_SECOND} lines of ${LINE_BYTES / 1024} KiB a second.`,
    );
    say(
      "Latency is of those who read, from when a line was to be sent; memory is the server's when all is heard.\n",
    );
    say(cells("stalled", ["p50 ms", "p99 ms", "max ms", "memory MB", "lost", "disordered"]));
    for (const row of rows) say(await measure(row));
    return 0;
  },
);

/** Measures a row in a fresh server, and returns its line of the table. */
async function measure({ stage, stalled }: Row): Promise<string> {
  await using server = await plume("plume", "v1").start();
  const readers = new Readers(CLIENTS - stalled);
  const sockets = await enterInTurn(CLIENTS - stalled, ENTERING_MAX, (client) =>
    enter(v1, server.port, server.token(nameOf(client)), readers.eventsOf(client)),
  );
  const stuck =
    stage === "none"
      ? []
      : await enterInTurn(stalled, ENTERING_MAX, (n) => approach(server, stage, nameOf(CLIENTS + n)));

  await flood(sockets, 0, WARM_UP_LINES);
  await readers.haveAll(WARM_UP_LINES);
  readers.latencies = new Latencies();
  await flood(sockets, WARM_UP_LINES, LINES);
  await readers.haveAll(WARM_UP_LINES + LINES);

  const { memoryMb } = usageOf(server.pid);
  for (const socket of [...sockets, ...stuck]) socket.close();
  const { latencies, deliveries } = readers;
  const lost = (WARM_UP_LINES + LINES) * sockets.length - deliveries.count;
  return cells(stage === "none" ? stage : `${stalled} ${stage}`, [
    ...[50, 99, 100].map((percentile) => latencies.percentileMs(percentile).toFixed(1)),
    memoryMb.toFixed(0),
    String(lost),
    String(deliveries.doubled + deliveries.reordered),
  ]);
}

/** The senders, in turn, say so many lines at an even pace. */
async function flood(sockets: readonly RawWebSocket[], first: number, count: number): Promise<void> {
  await keepPace({ count, intervalMs: 1000 / LINES_PER_SECOND }, toTheEnd, (index, dueMs) => {
    const number = first + index;
    const text = lineText(number, Math.round(1000 * dueMs)).padEnd(LINE_BYTES, "~");
    sockets[number % SENDERS]?.send(v1.say(number, text), number);
  });
}

/** Goes as far as the stage at which to stall, and stalls there; mid-flood that is when the first line has come. */
async function approach(server: RunningServer, stage: Stage, name: string): Promise<{ close(): void }> {
  const silent: WebSocketEvents = { text() {}, closed() {} };
  switch (stage) {
    case "in the handshake": {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {}); // cut after 10 s
      socket.write("GET /connect HTTP/1.1\r\nHost: localhost\r\n");
      return { close: () => socket.destroy() };
    }
    case "before login": {
      const socket = await RawWebSocket.open(v1.endpoint(server.port), silent);
      socket.stopReading();
      return socket;
    }
    case "after login": {
      const socket = await enter(v1, server.port, server.token(name), silent);
      socket.stopReading();
      return socket;
    }
    case "mid-flood": {
      const text: WebSocketEvents["text"] = (socket, _bytes, start, end) => {
        if (end - start > LINE_BYTES) socket.stopReading();
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
