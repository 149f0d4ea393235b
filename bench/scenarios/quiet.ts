import {
  briefOf,
  isBroken,
  medianOf,
  type Row,
  rowCells,
  rowJson,
  rowNotes,
  rowRemarks,
  rowTitles,
  sumOf,
} from "../rows.ts";
import type { Findings, Scenario } from "./scenario.ts";

const CLIENTS = 20;
/** Ten messages a second, to everybody. */
const OFFERED = 10 * CLIENTS;
const secondsOf = { quick: 1, full: 20 };
/** What a quiet room may take: a person notices nothing under it. */
const P99_MS_MAX = 5;

export const quiet: Scenario = {
  name: "quiet",
  title: `A quiet room: ${CLIENTS} clients, 10 messages a second`,
  secondsFor: ({ size }) => 5 * (secondsOf[size] + 2),
  async run(bench): Promise<Findings> {
    const rows: Row[] = [];
    const phase = { deliveriesPerSecond: OFFERED, seconds: secondsOf[bench.options.size] };
    for (const competitor of Object.values(bench.competitors)) {
      bench.say(`quiet room, ${competitor.name}: `);
      const rounds = await bench.loads.phases(competitor, CLIENTS, [phase]);
      rows.push({ competitor, clients: CLIENTS, offered: OFFERED, rounds });
      bench.say(`${rounds.map(briefOf).join()}\n`);
    }
    return {
      table: [rowTitles, ...rows.map(rowCells)],
      notes: [`One round of ${phase.seconds} s.`, ...rowNotes, ...rows.flatMap(rowRemarks)],
      rows: rows.map(rowJson),
      bars: rows
        .filter(({ competitor }) => competitor.promisesAll)
        .map((row) => ({
          bar: `${row.competitor.name}, quiet room: all come, p99 up to ${P99_MS_MAX} ms`,
          measured: `${sumOf(row, "lost") + sumOf(row, "late")} missing, p99 ${medianOf(row, "latencyP99Ms").toFixed(1)} ms`,
          isMet: sumOf(row, "lost") + sumOf(row, "late") === 0 && medianOf(row, "latencyP99Ms") <= P99_MS_MAX,
        })),
      isBroken: rows.some(isBroken),
    };
  },
};
