import {
  type Bar,
  type Bench,
  briefOf,
  type Findings,
  isBroken,
  medianOf,
  type Row,
  rowJson,
  rowNotes,
  rowTable,
  type Scenario,
  sumOf,
} from "./report.ts";

const CLIENTS = 20;
/** Ten messages a second, to everybody. */
const OFFERED = 10 * CLIENTS;
/** Several short rounds, the servers in turn: one bad moment of the machine spoils one round of one server. */
const roundsOf = { quick: 1, full: 5 };
const secondsOf = { quick: 1, full: 6 };
/** What bounds the p99, in times of what publish takes. */
const P99_TIMES_MAX = 1.2;

export const quietRoom: Scenario = {
  name: "quiet",
  title: `A quiet room: ${CLIENTS} clients, 10 messages a second`,
  secondsFor: ({ size }) => 5 * roundsOf[size] * (secondsOf[size] + 2),
  async run(bench): Promise<Findings> {
    const { size } = bench.options;
    const phase = { deliveriesPerSecond: OFFERED, seconds: secondsOf[size] };
    const rows = Object.values(bench.competitors).map(
      (competitor): Row => ({ competitor, clients: CLIENTS, offered: OFFERED, rounds: [] }),
    );
    for (let round = 1; round <= roundsOf[size]; round += 1) {
      for (const { competitor, rounds } of rows) {
        bench.say(`quiet room, round ${round}/${roundsOf[size]}, ${competitor.name}: `);
        rounds.push(...(await bench.load.phases(competitor, CLIENTS, [phase])));
        bench.say(`${rounds.slice(-1).map(briefOf).join()}\n`);
      }
    }
    return {
      table: rowTable(rows),
      notes: [`Medians of ${roundsOf[size]} rounds of ${phase.seconds} s.`, ...rowNotes(rows)],
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
