/** `npm run bench`: how fast a room hands every line to everyone, and what that costs, beside what others need. */
import { writeFileSync } from "node:fs";
import { buildPrograms } from "./build.ts";
import { Loads } from "./loads.ts";
import { thisMachine } from "./machine.ts";
import { tooFewFiles } from "./open-files.ts";
import { type Options, parseOptions } from "./options.ts";
import { plotOf } from "./plot.ts";
import { type Chapter, linesOf, tablesOf } from "./report.ts";
import { channels } from "./scenarios/channels.ts";
import { fanOut } from "./scenarios/fan-out.ts";
import { highest } from "./scenarios/highest.ts";
import { idle } from "./scenarios/idle.ts";
import { logins } from "./scenarios/logins.ts";
import { quiet } from "./scenarios/quiet.ts";
import { competitorsOf, serverSources } from "./servers/competitors.ts";

const scenarios = [fanOut, quiet, highest, idle, logins, channels];

/** More clients than one process has in any scenario of either size. */
const clientsMax = { quick: 1000, full: 10_020 };

const command = parseOptions(
  process.argv.slice(2),
  scenarios.map(({ name }) => name),
);
switch (command.kind) {
  case "help":
    process.stdout.write(command.text);
    break;
  case "wrong":
    say(`${command.sentence}\n`);
    process.exitCode = 2;
    break;
  case "run":
    process.exitCode = await main(command.options).catch(failed);
}

async function main(options: Options): Promise<number> {
  const problem = tooFewFiles(Math.max(clientsMax[options.size], ...options.clients));
  if (problem !== undefined) throw new Error(problem);
  const chosen = scenarios.filter(({ name }) => options.only.includes(name));
  const seconds = chosen.reduce((sum, scenario) => sum + scenario.secondsFor(options), 0);
  say(`About ${(seconds / 60).toFixed(1)} minutes on a quiet machine: ${options.only.join(", ")}\n`);

  const run = { date: new Date().toISOString(), machine: thisMachine(), options };
  const fileOf = await buildPrograms({ load: `${import.meta.dirname}/load/load.ts`, ...serverSources });
  const competitors = competitorsOf(fileOf);
  const bench = { options, competitors, loads: new Loads(fileOf("load")), say };
  const chapters: Chapter[] = [];
  for (const scenario of chosen) chapters.push({ scenario, findings: await scenario.run(bench) });

  process.stdout.write(`${tablesOf(run, chapters)}\n\n`);
  for (const line of linesOf(run, chapters)) process.stdout.write(`${line}\n`);
  if (options.plotFile !== "") {
    const servers = Object.values(competitors).map(({ name }) => name);
    writeFileSync(options.plotFile, await plotOf(run, chapters, servers));
  }
  return chapters.some(({ findings }) => findings.isBroken) ? 1 : 0;
}

function failed(cause: unknown): number {
  say(`\n${cause instanceof Error ? cause.message : cause}\n`);
  return 2;
}

function say(text: string): void {
  process.stderr.write(text);
}
