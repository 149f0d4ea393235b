import type { Outcome, Stay } from "../load/job.ts";
import type { Competitor } from "../servers/server.ts";
import { grouped, percent, toThousandths } from "../text.ts";
import type { Findings, Scenario } from "./scenario.ts";

const clientsOf = { quick: 500, full: 10_000 };
/** People who are in already: each says a line a second, all of them hear it. */
const CHAT = { clients: 20, deliveriesPerSecond: 400 };
/** What the coming in of a crowd may take, in seconds, and what those who chat may notice of it. */
const SECONDS_MAX = 5;
const P99_MS_MAX = 250;

interface Rush {
  competitor: Competitor;
  stay: Stay;
  chat: Outcome;
}

export const logins: Scenario = {
  name: "logins",
  title: `Many log in by session token at once, while ${CHAT.clients} chat`,
  secondsFor: ({ size }) => (size === "quick" ? 6 : 24),
  async run(bench): Promise<Findings> {
    const clients = clientsOf[bench.options.size];
    const rushes: Rush[] = [];
    for (const competitor of [bench.competitors.plumeV1, bench.competitors.plumeV2]) {
      bench.say(`${grouped(clients)} log in, ${competitor.name}: `);
      await using server = await competitor.start();
      const { outcome, result } = await bench.loads.chat(competitor, server, CHAT, () =>
        bench.loads.crowd(competitor, server, { first: CHAT.clients, clients, silentMs: 0 }),
      );
      const { stay, leave } = result;
      leave();
      rushes.push({ competitor, stay, chat: outcome });
      bench.say(`${(stay.enteredMs / 1000).toFixed(1)} s, p99 ${outcome.latencyP99Ms.toFixed(1)} ms\n`);
    }
    return {
      table: [
        [
          "server",
          "clients",
          "all in after s",
          "server CPU s",
          "load CPU",
          "chat p50 ms",
          "chat p99 ms",
          "lost",
          "late",
        ],
        ...rushes.map(({ competitor, stay, chat }) => [
          competitor.name,
          grouped(clients),
          (stay.enteredMs / 1000).toFixed(1),
          (stay.serverCpuMs / 1000).toFixed(1),
          percent(stay.loadCpu),
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
      rows: rushes.map(({ competitor, stay, chat }) => ({
        server: competitor.name,
        clients,
        enteredMs: toThousandths(stay.enteredMs),
        serverCpuMs: toThousandths(stay.serverCpuMs),
        loadCpu: toThousandths(stay.loadCpu),
        chat,
      })),
      bars: rushes.map(({ competitor, stay, chat }) => ({
        bar: `${competitor.name}: ${grouped(clients)} in within ${SECONDS_MAX} s, others' p99 up to ${P99_MS_MAX} ms`,
        measured: `${(stay.enteredMs / 1000).toFixed(1)} s, p99 ${chat.latencyP99Ms.toFixed(1)} ms`,
        isMet: stay.enteredMs <= 1000 * SECONDS_MAX && chat.latencyP99Ms <= P99_MS_MAX,
      })),
      isBroken: rushes.some(({ chat }) => chat.lost + chat.doubled + chat.reordered > 0),
    };
  },
};
