import type { Stay } from "../load/job.ts";
import type { Competitor } from "../servers/server.ts";
import { grouped, percent, toThousandths } from "../text.ts";
import type { Findings, Scenario } from "./scenario.ts";

/** Longer than V8 takes to see that a process is idle and to collect the garbage of the coming in. */
const silentMsOf = { quick: 2_000, full: 15_000 };
const clientsOf = { quick: 500, full: 10_000 };
/** What one of them may cost. */
const KB_MAX = 6;

export const idle: Scenario = {
  name: "idle",
  title: "Memory of clients that are logged in, in the room, and silent",
  secondsFor: ({ size }) => (size === "quick" ? 5 * 3 : 230),
  async run(bench): Promise<Findings> {
    const clients = clientsOf[bench.options.size];
    const rows: { competitor: Competitor; stay: Stay }[] = [];
    for (const competitor of Object.values(bench.competitors)) {
      bench.say(`${grouped(clients)} idle clients, ${competitor.name}: `);
      await using server = await competitor.start();
      const { stay, leave } = await bench.loads.crowd(competitor, server, {
        first: 0,
        clients,
        silentMs: silentMsOf[bench.options.size],
      });
      leave();
      rows.push({ competitor, stay });
      bench.say(`${stay.memoryKbPerClient.toFixed(1)} KB each\n`);
    }
    return {
      table: [
        ["server", "clients", "KB/client", "all in after s", "server CPU s", "load CPU"],
        ...rows.map(({ competitor, stay }) => [
          competitor.name,
          grouped(clients),
          stay.memoryKbPerClient.toFixed(1),
          (stay.enteredMs / 1000).toFixed(1),
          (stay.serverCpuMs / 1000).toFixed(1),
          percent(stay.loadCpu),
        ]),
      ],
      notes: [
        "Resident memory above that of the empty server, 15 s after the last frame, in units of 1,024 bytes. Plume tells everybody of the first 200 who come in, the others do not.",
        ...rows.flatMap(({ competitor, stay }) =>
          Object.entries(stay.remarks).map(([remark, count]) => `${competitor.name}: ${count} × ${remark}`),
        ),
      ],
      rows: rows.map(({ competitor, stay }) => ({
        server: competitor.name,
        clients,
        memoryKbPerClient: toThousandths(stay.memoryKbPerClient),
        enteredMs: toThousandths(stay.enteredMs),
        serverCpuMs: toThousandths(stay.serverCpuMs),
        loadCpu: toThousandths(stay.loadCpu),
      })),
      bars: rows
        .filter(({ competitor }) => competitor.promisesAll)
        .map(({ competitor, stay }) => ({
          bar: `${competitor.name}: up to ${KB_MAX} KB for each of ${grouped(clients)} idle clients`,
          measured: `${stay.memoryKbPerClient.toFixed(1)} KB`,
          isMet: stay.memoryKbPerClient <= KB_MAX,
        })),
      isBroken: false,
    };
  },
};
