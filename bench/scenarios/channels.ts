import { bar } from "../micro/row.ts";
import { runMicro } from "../micro/run.ts";
import { grouped } from "../text.ts";
import type { Findings, Scenario } from "./scenario.ts";

/** The one row of `npm run bench:micro` that a bar is about. */
export const channels: Scenario = {
  name: "channels",
  title: "A channel alone, one sender and one receiver in batches",
  secondsFor: ({ size }) => (size === "quick" ? 10 : 40),
  async run(bench): Promise<Findings> {
    const row = (await runMicro(bench.options.size)).find(({ name }) => name === bar.name);
    if (row === undefined) throw new Error(`nothing was measured of "${bar.name}"`);
    const measured = `${grouped(Math.round(row.messagesPerSecond))}/s`;
    bench.say(`${row.name}: ${measured}\n`);
    return {
      table: [
        ["what", "messages/s"],
        [row.name, measured],
      ],
      notes: ["The other rows: npm run bench:micro."],
      rows: [{ ...row }],
      bars: [
        {
          bar: `${row.name}: at least ${grouped(bar.messagesPerSecond)} messages/s`,
          measured,
          isMet: row.messagesPerSecond >= bar.messagesPerSecond,
        },
      ],
      isBroken: false,
    };
  },
};
