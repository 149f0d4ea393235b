import { Command, CommanderError, Option } from "commander";
import type { Asked } from "../asked.ts";
import { type Login, loginOf } from "./login.ts";
import { targetOf } from "./target.ts";

/** A load, and whom to put it on. */
export interface Options {
  url: string;
  /** What clients say they are a page of; undefined: nothing, as programs do. */
  origin: string | undefined;
  version: Version;
  login: Login;
  clients: number;
  rampSeconds: number;
  /** Rooms that every client is in. */
  rooms: number;
  /** Lines a second in each room. */
  rate: number;
  /** How long the whole load lasts, after the ramp. */
  seconds: number;
  /** Lines a second that the server takes from one client. */
  pace: number;
}

/** Of Plume's protocol. */
export type Version = 1 | 2;

/** Deliveries a second that may be asked for: more than one process can hear, and it bounds what is remembered. */
const DELIVERIES_PER_SECOND_MAX = 2_000_000;

interface NumberOption {
  flag: string;
  meaning: string;
  unit: string;
  fallback: number;
  min: number;
  max: number;
  isWhole: boolean;
}

const numbers = {
  clients: number("--clients", "clients", 100, [1, 5_000], true, "clients at the end of the ramp"),
  ramp: number("--ramp-seconds", "seconds", 10, [0, 3_600], false, "how long clients, rooms and rate grow"),
  rooms: number("--rooms", "rooms", 1, [1, 20], true, "rooms that every client is in"),
  rate: number("--rate", "lines a second", 10, [0.1, 10_000], false, "lines said in each room"),
  seconds: number("--seconds", "seconds", 20, [0.1, 86_400], false, "how long the whole load lasts"),
  pace: number("--pace", "lines a second", 10, [0.1, 10_000], false, "what the server takes from one client"),
};

/** The words that `--protocol` takes. */
const versions: ReadonlyMap<string, Version> = new Map([
  ["v1", 1],
  ["v2", 2],
]);

export function parseOptions(argv: readonly string[]): Asked<Options> {
  let printed = "";
  const command = declared((text) => {
    printed += text;
  });
  try {
    command.parse(argv, { from: "user" });
    return { kind: "run", options: optionsOf(command.opts()) };
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === "commander.helpDisplayed") return { kind: "help", text: printed };
      return wrong(error.message.replace(/^error: /, "").replace("\n(Did", " (did"));
    }
    if (error instanceof RangeError) return wrong(error.message);
    throw error;
  }
}

function declared(print: (text: string) => void): Command {
  const command = new Command("npm run bench:load --")
    .description(
      "Loads a server of your own, and checks that every line comes to everybody, once and in order.",
    )
    .usage("--url <url> (--token <token> | --secret-file <path> | --login-command <command>) [options]")
    .requiredOption(
      "--url <url>",
      "the server's WebSocket, ws:// or wss://; its path is /connect where none is given",
    )
    .option(
      "--host-is-mine <host>",
      "consent to load this host, which is not this machine: the URL's, once more",
    )
    .option(
      "--token <token>",
      "a session token, as `npx plume token` prints it: all clients are this person's tabs",
    )
    .option(
      "--secret-file <path>",
      "the server's secret, to sign a session for every client: all are people of their own",
    )
    .option(
      "--login-command <command>",
      "asks for a code for every client; this shell command, with name and address as its arguments, prints the code that was mailed",
    )
    .option(
      "--email <pattern>",
      "the clients' mail addresses; {n} is the client's number [default: load{n}@example.org]",
    )
    .option(
      "--origin <origin>",
      "the page that clients say they are of; Plume in Go wants http://localhost:4884 [default: none]",
    )
    .addOption(
      new Option("--protocol <version>", "v2, or v1, which Plume in Go speaks: one room")
        .choices([...versions.keys()])
        .default("v2"),
    );
  for (const { flag, meaning, unit, fallback, min, max } of Object.values(numbers)) {
    command.option(`${flag} <n>`, `${meaning} [${unit}: ${min} to ${max}; default: ${fallback}]`);
  }
  return command
    .addHelpText(
      "after",
      "\nProgress goes to stderr, the report to stdout. Exit code: 0 all is well; 1 something was lost, doubled or reordered, or\nclients were closed; 2 wrong usage, or nobody can come in. Ctrl-C ends it with the report so far.",
    )
    .helpOption("--help", "print this help")
    .configureOutput({
      writeOut: print,
      writeErr: () => {},
      getOutHelpWidth: () => 120,
      getOutHasColors: () => false,
    })
    .exitOverride();
}

/** Throws a RangeError with a sentence for people. */
function optionsOf(given: Record<string, unknown>): Options {
  const text = (name: string) => (typeof given[name] === "string" ? given[name] : undefined);
  const version = versions.get(text("protocol") ?? "") ?? 2;
  const options: Options = {
    url: targetOf(text("url") ?? "", text("hostIsMine")),
    origin: text("origin"),
    version,
    login: loginOf({
      token: text("token"),
      secretFile: text("secretFile"),
      command: text("loginCommand"),
      email: text("email"),
    }),
    clients: numberOf(numbers.clients, text("clients")),
    rampSeconds: numberOf(numbers.ramp, text("rampSeconds")),
    rooms: numberOf(numbers.rooms, text("rooms")),
    rate: numberOf(numbers.rate, text("rate")),
    seconds: numberOf(numbers.seconds, text("seconds")),
    pace: numberOf(numbers.pace, text("pace")),
  };
  checkRelations(options);
  return options;
}

function checkRelations(options: Options): void {
  const { version, rooms, rate, clients, pace } = options;
  if (version === 1 && rooms > 1)
    throw new RangeError("--rooms must be 1 with --protocol v1, which has one room");
  if (rate * rooms * clients > DELIVERIES_PER_SECOND_MAX) {
    throw new RangeError(
      `--rate times --rooms times --clients may be up to ${DELIVERIES_PER_SECOND_MAX} deliveries a second, not ${rate * rooms * clients}`,
    );
  }
  const needed = sendersNeeded(options);
  if (needed > clients) {
    throw new RangeError(
      `--clients ${clients} are too few to say ${rate * rooms} lines a second at a --pace of ${pace} each: ` +
        `${needed} are needed, or a lower --rate, or a higher --pace where the server has one`,
    );
  }
}

/** Clients that have to talk so that each stays well under the server's pace. */
export function sendersNeeded({ rate, rooms, pace }: Pick<Options, "rate" | "rooms" | "pace">): number {
  return Math.ceil((rate * rooms) / (PACE_USED * pace));
}

/** The part of its pace that a client uses: networks bunch what was sent evenly. */
const PACE_USED = 0.8;

function numberOf({ flag, min, max, isWhole, fallback }: NumberOption, text: string | undefined): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  const isFit = text.trim() !== "" && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  if (isFit) return value;
  throw new RangeError(
    `${flag} takes ${isWhole ? "whole numbers" : "numbers"} from ${min} to ${max}, not "${text}"`,
  );
}

function number(
  flag: string,
  unit: string,
  fallback: number,
  [min, max]: readonly [number, number],
  isWhole: boolean,
  meaning: string,
): NumberOption {
  return { flag, unit, fallback, min, max, isWhole, meaning };
}

function wrong(problem: string): Asked<Options> {
  const clause = problem.charAt(0).toUpperCase() + problem.slice(1).replace(/\.$/, "");
  return { kind: "wrong", sentence: `${clause}; npm run bench:load -- --help lists what there is.` };
}
