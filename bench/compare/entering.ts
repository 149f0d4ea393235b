/** Two scenarios about many clients that enter: what they cost at rest, and what the others notice. */
import { grouped, percent, toThousandths } from "../common/figures.ts";
import type { EntryResult, PhaseResult } from "../load/load-generator.ts";
import type { Competitor } from "../servers/servers.ts";
import type { Findings, Scenario } from "./report.ts";

const clientsOf = { quick: 500, full: 10_000 };

/** One competitor that clients entered. */
interface EntryRow {
  competitor: Competitor;
  entry: EntryResult;
}

/** Longer than V8 takes to see that a process is idle and to collect the garbage of the logins. */
const silentMsOf = { quick: 2_000, full: 15_000 };
/** What an idle client may cost. */
const KB_MAX = 6;

export const idle: Scenario = {
  name: "idle",
  title: "Memory of clients that are logged in, in the room, and silent",
  secondsFor: ({ size }) => (size === "quick" ? 5 * 3 : 230),
  async run(bench): Promise<Findings> {
    const clients = clientsOf[bench.options.size];
    const rows: EntryRow[] = [];
    for (const competitor of Object.values(bench.competitors)) {
      bench.say(`${grouped(clients)} idle clients, ${competitor.name}: `);
      await using server = await competitor.start();
      const { entry, leave } = await bench.load.enter(competitor, server, {
        first: 0,
        clients,
        silentMs: silentMsOf[bench.options.size],
      });
      leave();
      rows.push({ competitor, entry });
      bench.say(`${entry.memoryKbPerClient.toFixed(1)} KB each\n`);
    }
    return {
      table: [
        ["server", "clients", "KB/client", "all in after s", "server CPU s", "load CPU"],
        ...rows.map(({ competitor, entry }) => [
          competitor.name,
          grouped(clients),
          entry.memoryKbPerClient.toFixed(1),
          ...entryCells(entry),
        ]),
      ],
      notes: [
        "Resident memory above that of the empty server, 15 s after the last frame, in units of 1,024 bytes. Plume tells everybody of the first 200 who come in, the others do not.",
        ...rows.flatMap(({ competitor, entry }) =>
          Object.entries(entry.remarks).map(([remark, count]) => `${competitor.name}: ${count} × ${remark}`),
        ),
      ],
      rows: rows.map(({ competitor, entry }) => ({
        server: competitor.name,
        clients,
        memoryKbPerClient: toThousandths(entry.memoryKbPerClient),
        ...entryJson(entry),
      })),
      bars: rows
        .filter(({ competitor }) => competitor.promisesAll)
        .map(({ competitor, entry }) => ({
          bar: `${competitor.name}: up to ${KB_MAX} KB for each of ${grouped(clients)} idle clients`,
          measured: `${entry.memoryKbPerClient.toFixed(1)} KB`,
          isMet: entry.memoryKbPerClient <= KB_MAX,
        })),
      isBroken: false,
    };
  },
};

/** People who are in already: each says a line a second, all of them get it. */
const CHAT = { clients: 20, deliveriesPerSecond: 400 };
/** How long the logins may take, and what those who chat may notice of them. */
const SECONDS_MAX = 5;
const P99_MS_MAX = 250;

export const logins: Scenario = {
  name: "logins",
  title: `Many log in by session token at once, while ${CHAT.clients} chat`,
  secondsFor: ({ size }) => (size === "quick" ? 6 : 24),
  async run(bench): Promise<Findings> {
    const clients = clientsOf[bench.options.size];
    const rows: (EntryRow & { chat: PhaseResult })[] = [];
    for (const competitor of [bench.competitors.plumeV1, bench.competitors.plumeV2]) {
      bench.say(`${grouped(clients)} log in, ${competitor.name}: `);
      await using server = await competitor.start();
      const { chat, result } = await bench.load.chat(competitor, server, CHAT, () =>
        bench.load.enter(competitor, server, { first: CHAT.clients, clients, silentMs: 0 }),
      );
      const { entry, leave } = result;
      leave();
      rows.push({ competitor, entry, chat });
      bench.say(`${(entry.enteredMs / 1000).toFixed(1)} s, p99 ${chat.latencyP99Ms.toFixed(1)} ms\n`);
    }
    return {
      table: [
        [
          ...["server", "clients", "all in after s", "server CPU s", "load CPU"],
          ...["chat p50 ms", "chat p99 ms", "lost", "late"],
        ],
        ...rows.map(({ competitor, entry, chat }) => [
          competitor.name,
          grouped(clients),
          ...entryCells(entry),
          chat.latencyP50Ms.toFixed(1),
          chat.latencyP99Ms.toFixed(1),
          grouped(chat.lost),
          grouped(chat.late),
        ]),
      ],
      notes: [
        "400 log in at a time, in version 2 with Auth and Join in one frame; a crowd is in when the last has its answer. Those who chat are a process of their own, beside " +
          "the crowd's on the same core, and wait for that too. Their times are from before the first to when the last came in.",
      ],
      rows: rows.map(({ competitor, entry, chat }) => ({
        server: competitor.name,
        clients,
        ...entryJson(entry),
        chat,
      })),
      bars: rows.map(({ competitor, entry, chat }) => ({
        bar: `${competitor.name}: ${grouped(clients)} in within ${SECONDS_MAX} s, others' p99 up to ${P99_MS_MAX} ms`,
        measured: `${(entry.enteredMs / 1000).toFixed(1)} s, p99 ${chat.latencyP99Ms.toFixed(1)} ms`,
        isMet: entry.enteredMs <= 1000 * SECONDS_MAX && chat.latencyP99Ms <= P99_MS_MAX,
      })),
      isBroken: rows.some(({ chat }) => chat.lost + chat.doubled + chat.reordered > 0),
    };
  },
};

function entryCells({ enteredMs, serverCpuMs, loadCpu }: EntryResult): string[] {
  return [(enteredMs / 1000).toFixed(1), (serverCpuMs / 1000).toFixed(1), percent(loadCpu)];
}

function entryJson({ enteredMs, serverCpuMs, loadCpu }: EntryResult) {
  return {
    enteredMs: toThousandths(enteredMs),
    serverCpuMs: toThousandths(serverCpuMs),
    loadCpu: toThousandths(loadCpu),
  };
}
