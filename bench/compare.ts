/**
 * `npm run bench`: how fast a room hands every line to everybody, and what that costs, beside what other servers need. It
 * prints tables, and then a line of JSON for each row and each bar; `--plot` draws fan-out. Exit code: 1 when Plume lost,
 * doubled or reordered anything, 2 when something went wrong.
 */
import { writeFileSync } from "node:fs";
import { CommandLine, from, wholeFrom } from "./common/command-line.ts";
import { CLIENTS_MAX } from "./common/lines.ts";
import { buildPrograms, thisMachine } from "./common/programs.ts";
import { tooFewFiles } from "./common/usage.ts";
import { idle, logins } from "./compare/entering.ts";
import { fanOut, quietRoom } from "./compare/fan-out.ts";
import { highestRate } from "./compare/highest-rate.ts";
import { plotOf } from "./compare/plot.ts";
import { type Chapter, linesOf, type Options, type Scenario, tablesOf } from "./compare/report.ts";
import { LoadGenerator } from "./load/load-generator.ts";
import { channels } from "./micro/rows.ts";
import { competitorsOf, serverSources } from "./servers/servers.ts";

const scenarios: readonly Scenario[] = [fanOut, quietRoom, highestRate, idle, logins, channels];

/** More clients than one process has in any scenario of either size. */
const clientsMax = { quick: 1000, full: 10_020 };

/** Of fan-out. */
const full = { clients: [100, 1000, 5000], rates: [10_000, 100_000, 1_000_000, 2_000_000], seconds: 1.5 };
const quick = { clients: [100], rates: [100_000, 1_000_000], seconds: 0.5 };

const cli = new CommandLine("npm run bench --", {
  description:
    "Puts Plume, in both versions of its protocol, beside a bare uWebSockets publish, a ws loop and socket.io. They do the " +
    "same work in turn: people log in, one room, everyone gets every line. Each server runs in a process on one core, " +
    "the load, which is all the clients, in one on another.",
  after:
    "Progress goes to stderr; tables, and then a line of JSON for each row, to stdout.\n" +
    "Exit code: 1 when Plume lost, doubled or reordered anything, 2 when something went wrong.",
});
const isQuick = cli.flag("--quick", "a short run of everything, in about two minutes; the numbers are rough");
const only = cli.choices(
  "--only <list>",
  "these scenarios alone",
  scenarios.map(({ name }) => name),
);
const clients = cli.numbers(
  "--clients <list>",
  "of fan-out: clients in the room",
  wholeFrom(1, CLIENTS_MAX),
  full.clients,
);
const rates = cli.numbers(
  "--rates <list>",
  "of fan-out: deliveries offered in a second",
  from(1, 10_000_000),
  full.rates,
);
const rounds = cli.number("--rounds <n>", "of fan-out: rounds; medians are reported", wholeFrom(1, 100), 3);
const seconds = cli.number(
  "--seconds <n>",
  "of fan-out: measured of a row in each round",
  from(0.1, 60),
  full.seconds,
);
const seed = cli.number("--seed <n>", "order of the servers in a round", wholeFrom(0, 0xffff_ffff), 1);
const plotFile = cli.text("--plot <file>", "draws fan-out as SVG");

function readOptions(): Options {
  const usual = isQuick() ? quick : full;
  return {
    size: isQuick() ? "quick" : "full",
    only: only(),
    clients: clients(usual.clients),
    rates: rates(usual.rates).toSorted((a, b) => a - b),
    rounds: isQuick() ? rounds(1) : rounds(),
    seconds: seconds(usual.seconds),
    seed: seed(),
    plotFile: plotFile() ?? "",
  };
}

await cli.run(readOptions, async (options) => {
  const problem = tooFewFiles(Math.max(clientsMax[options.size], ...options.clients));
  if (problem !== undefined) throw new Error(problem);
  const chosen = scenarios.filter(({ name }) => options.only.includes(name));
  const aboutSeconds = chosen.reduce((sum, scenario) => sum + scenario.secondsFor(options), 0);
  say(`About ${(aboutSeconds / 60).toFixed(1)} minutes on a quiet machine: ${options.only.join(", ")}\n`);

  const run = { date: new Date().toISOString(), machine: thisMachine(), options };
  const load = `${import.meta.dirname}/load/load-main.ts`;
  const fileOf = await buildPrograms({ load, ...serverSources });
  const competitors = competitorsOf(fileOf);
  const bench = { options, competitors, load: new LoadGenerator(fileOf("load")), say };
  const chapters: Chapter[] = [];
  for (const scenario of chosen) chapters.push({ scenario, findings: await scenario.run(bench) });

  process.stdout.write(`${tablesOf(run, chapters)}\n\n`);
  for (const line of linesOf(run, chapters)) process.stdout.write(`${line}\n`);
  if (options.plotFile !== "") {
    const servers = Object.values(competitors).map(({ name }) => name);
    writeFileSync(options.plotFile, await plotOf(run, chapters, servers));
  }
  return chapters.some(({ findings }) => findings.isBroken) ? 1 : 0;
});

function say(text: string): void {
  process.stderr.write(text);
}
