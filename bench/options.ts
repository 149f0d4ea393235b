import { parseArgs } from "node:util";
import type { Asked } from "./asked.ts";
import { CLIENTS_MAX } from "./load/line.ts";

/** What to measure, and for how long. */
export interface Options {
  /** A short run of everything, or a whole one. */
  size: "quick" | "full";
  /** Names of the scenarios to run. */
  only: readonly string[];
  /** Of fan-out: clients in the room; a row for each with each rate. */
  clients: readonly number[];
  /** Of fan-out: lines times clients, offered in a second, rising. */
  rates: readonly number[];
  /** Of fan-out. */
  rounds: number;
  /** Of fan-out: length of what is measured of a row in a round. */
  seconds: number;
  /** The order of the servers in each round comes from it. */
  seed: number;
  /** Where the plot goes; "" is nowhere. */
  plotFile: string;
}

const full = {
  clients: "100,1000,5000",
  rates: "10000,100000,1000000,2000000",
  rounds: "3",
  seconds: "1.5",
  seed: "1",
};
const quick = { ...full, clients: "100", rates: "100000,1000000", rounds: "1", seconds: "0.5" };

const helpOf = (scenarios: readonly string[]) => `Usage: npm run bench -- [options]

Puts Plume, in both versions of its protocol, beside a bare uWebSockets publish, a ws loop and socket.io. They do the same
work in turn: people log in, one room, everyone gets every line. Each server runs in a process on one core, the load, which
is all the clients, in one on another.

  --quick          a short run of everything, in about two minutes; the numbers are rough
  --only <list>    these alone: ${scenarios.join(", ")}
  --clients <list> of fan-out: clients in the room             (${full.clients})
  --rates <list>   of fan-out: deliveries offered in a second  (${full.rates})
  --rounds <n>     of fan-out: rounds; medians are reported    (${full.rounds})
  --seconds <n>    of fan-out: measured of a row in each round (${full.seconds})
  --seed <n>       order of the servers in a round             (${full.seed})
  --plot <file>    draws fan-out as SVG
  --help           this text

Progress goes to stderr; tables, and then a line of JSON for each row, to stdout.
Exit code: 1 when Plume lost, doubled or reordered anything, 2 when something went wrong.
`;

/** @param scenarios names that \`--only\` may have. */
export function parseOptions(args: readonly string[], scenarios: readonly string[]): Asked<Options> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const names = {
    clients: text,
    rates: text,
    rounds: text,
    seconds: text,
    seed: text,
    only: text,
    plot: text,
  };
  try {
    const { values } = parseArgs({ args: [...args], options: { ...names, quick: flag, help: flag } });
    if (values.help) return { kind: "help", text: helpOf(scenarios) };
    const given = { only: scenarios.join(","), plot: "", ...(values.quick ? quick : full), ...values };
    return {
      kind: "run",
      options: {
        size: values.quick ? "quick" : "full",
        only: given.only.split(",").map((name) => oneOf(scenarios, name)),
        clients: given.clients.split(",").map((value) => within("--clients", value, 1, CLIENTS_MAX)),
        rates: given.rates
          .split(",")
          .map((value) => within("--rates", value, 1, 10_000_000))
          .sort((a, b) => a - b),
        rounds: within("--rounds", given.rounds, 1, 100),
        seconds: within("--seconds", given.seconds, 0.1, 60),
        seed: within("--seed", given.seed, 0, 0xffff_ffff),
        plotFile: given.plot,
      },
    };
  } catch (error) {
    return { kind: "wrong", sentence: error instanceof Error ? error.message : String(error) };
  }
}

function oneOf(names: readonly string[], name: string): string {
  if (names.includes(name)) return name;
  throw new RangeError(`--only takes ${names.join(", ")}, not "${name}".`);
}

function within(flag: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (value.trim() !== "" && number >= min && number <= max) return number;
  throw new RangeError(`${flag} takes numbers from ${min} to ${max}, not "${value}".`);
}
