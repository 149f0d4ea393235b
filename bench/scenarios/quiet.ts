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
import type { Bar, Bench, Findings, Scenario } from "./scenario.ts";

const CLIENTS = 20;
/** Ten messages a second, to everybody. */
const OFFERED = 10 * CLIENTS;
const secondsOf = { quick: 1, full: 20 };
/** How late the slowest hundredth may be, in times of what publish takes. */
const P99_TIMES_MAX = 1.2;

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
      bars: barsOf(bench, rows),
      isBroken: rows.some(isBroken),
    };
  },
};

function barsOf({ competitors }: Bench, rows: readonly Row[]): Bar[] {
  const publish = rows.find(({ competitor }) => competitor === competitors.publish);
  const publishMs = publish ? medianOf(publish, "latencyP99Ms") : Number.NaN;
  return rows
    .filter(({ competitor }) => competitor.promisesAll)
    .map((row) => {
      const missing = sumOf(row, "lost") + sumOf(row, "late");
      const p99Ms = medianOf(row, "latencyP99Ms");
      return {
        bar: `${row.competitor.name}, quiet room: all come, p99 up to ${P99_TIMES_MAX} × publish`,
        measured: `${missing} missing, p99 ${p99Ms.toFixed(2)} ms (publish ${publishMs.toFixed(2)} ms)`,
        isMet: missing === 0 && p99Ms <= P99_TIMES_MAX * publishMs,
      };
    });
}
