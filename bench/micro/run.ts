import { buildPrograms } from "../build.ts";
import { talkTo } from "../programs.ts";
import type { Job, Row } from "./row.ts";

const jobs: Record<"quick" | "full", Job> = {
  full: { rounds: 3, measuredMs: 400, warmUpMs: 100, counted: 100_000 },
  quick: { rounds: 1, measuredMs: 150, warmUpMs: 50, counted: 10_000 },
};

/** Measures every row, in a process of its own: in about 40 s, or 10. */
export async function runMicro(size: "quick" | "full"): Promise<Row[]> {
  const fileOf = await buildPrograms({ measure: `${import.meta.dirname}/measure.ts` });
  const measuring = talkTo({ role: "load", file: fileOf("measure") }, JSON.stringify(jobs[size]));
  measuring.finish();
  return JSON.parse(await measuring.next());
}
