import { parseArgs } from "node:util";
import { CLIENTS_MAX } from "./load/line.ts";

/** What to measure, and for how long. */
export interface Options {
  /** Clients in the room; a row for each with each rate. */
  clients: readonly number[];
  /** Lines times clients, offered in a second. */
  rates: readonly number[];
  /** Clients that talk, in turn; the others only listen. */
  senders: number;
  rounds: number;
  /** Length of what is measured of a row in a round. */
  seconds: number;
  /** The order of the rows in each round comes from it. */
  seed: number;
}

/** What the command line asks for. A `sentence` is one line that says what is wrong. */
export type Command =
  | { kind: "run"; options: Options }
  | { kind: "help"; text: string }
  | { kind: "wrong"; sentence: string };

const usual = {
  clients: "100,1000",
  rates: "10000,100000,1000000",
  senders: "20",
  rounds: "3",
  seconds: "1.5",
  seed: "1",
};
const quick = { ...usual, rates: "100000,1000000", rounds: "1", seconds: "0.5" };

const help = `Usage: npm run bench -- [options]

Measures fan-out: how fast one room hands every line to everyone in it, and what that costs. Plume and its
competitors run in turn, each row in a fresh process, against a load process that is all the clients.

  --quick          one short round of the higher rates, in about 20 s; the numbers are rough
  --clients <list> clients in the room             (${usual.clients})
  --rates <list>   deliveries offered in a second  (${usual.rates})
  --senders <n>    clients that talk, at most      (${usual.senders})
  --rounds <n>     rounds; medians are reported    (${usual.rounds})
  --seconds <n>    measured of a row in each round (${usual.seconds})
  --seed <n>       order of the rows in a round    (${usual.seed})
  --help           this text

Progress goes to stderr; the table and then a line of JSON for each row to stdout.
Exit code: 1 when Plume lost, doubled or reordered anything, 2 when something went wrong.
`;

export function parseOptions(args: readonly string[]): Command {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    clients: text,
    rates: text,
    senders: text,
    rounds: text,
    seconds: text,
    seed: text,
    quick: flag,
    help: flag,
  };
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { kind: "help", text: help };
    const given = { ...(values.quick ? quick : usual), ...values };
    return {
      kind: "run",
      options: {
        clients: given.clients.split(",").map((value) => within("--clients", value, 1, CLIENTS_MAX)),
        rates: given.rates.split(",").map((value) => within("--rates", value, 1, 10_000_000)),
        senders: within("--senders", given.senders, 1, CLIENTS_MAX),
        rounds: within("--rounds", given.rounds, 1, 100),
        seconds: within("--seconds", given.seconds, 0.1, 60),
        seed: within("--seed", given.seed, 0, 0xffff_ffff),
      },
    };
  } catch (error) {
    return { kind: "wrong", sentence: error instanceof Error ? error.message : String(error) };
  }
}

function within(flag: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (value.trim() !== "" && number >= min && number <= max) return number;
  throw new RangeError(`${flag} takes numbers from ${min} to ${max}, not "${value}".`);
}
