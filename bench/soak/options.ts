import { parseArgs } from "node:util";
import type { Asked } from "../asked.ts";

/** How long, and how hard. */
export interface Options {
  minutes: number;
  /** Clients at the same time. */
  clients: number;
}

const usual = { minutes: "5", clients: "150" };

const help = `Usage: npm run bench:soak -- [options]

Wears a server out, and looks whether it is as before when everybody has gone: clients of both versions come, talk and go,
politely and not; some stop reading, some flood. It takes turns with rests; the first turn is to warm up.

  --minutes <n>  in all, at least 2 turns and their rests (${usual.minutes})
  --clients <n>  at the same time                         (${usual.clients})
  --help         this text

Needs Linux. Progress goes to stderr; the tables and then a line of JSON to stdout.
Exit code: 1 when something did not return to where it was, or the server logged an error; 2 when something went wrong.
`;

export function parseOptions(args: readonly string[]): Asked<Options> {
  const text = { type: "string" } as const;
  try {
    const options = { minutes: text, clients: text, help: { type: "boolean" } as const };
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) return { kind: "help", text: help };
    const given = { ...usual, ...values };
    return {
      kind: "run",
      options: {
        minutes: within("--minutes", given.minutes, 1, 24 * 60),
        clients: within("--clients", given.clients, 10, 5000),
      },
    };
  } catch (error) {
    return { kind: "wrong", sentence: error instanceof Error ? error.message : String(error) };
  }
}

function within(flag: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (value.trim() !== "" && number >= min && number <= max) return number;
  throw new RangeError(`${flag} takes a number from ${min} to ${max}, not "${value}".`);
}
