import ipaddr from "ipaddr.js";
import { limits } from "../../src/limits.ts";
import { parseUrl } from "../../src/system/url.ts";
import { type CommandLine, from, wholeFrom } from "../common/command-line.ts";
import { EMAIL_PATTERN, type Login, loginOf } from "../common/login.ts";
import type { Target } from "./client.ts";

/** A load, and the server to put it on. */
export interface Options extends Target {
  login: Login;
  clients: number;
  /** How long clients, rooms and rate grow. */
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

/** Deliveries a second that may be asked for: more than one process can take, and it bounds what is remembered. */
const DELIVERIES_PER_SECOND_MAX = 2_000_000;

/** Declares the options. Returns what reads them; that throws a RangeError with a sentence for people. */
export function declareOptions(cli: CommandLine): () => Options {
  const url = cli.requiredText(
    "--url <url>",
    "the server's WebSocket, ws:// or wss://; its path is /connect where none is given",
  );
  const mine = cli.text(
    "--host-is-mine <host>",
    "consent to load this host, which is not this machine: the URL's, once more",
  );
  const token = cli.text(
    "--token <token>",
    "a session token, as `npx plume token` prints it: all clients are this person's tabs, which share one pace unless the server has PLUME_MESSAGES_PER_SECOND=0",
  );
  const secretFile = cli.text(
    "--secret-file <path>",
    "the server's secret, to sign a session for every client: all are people of their own",
  );
  const command = cli.text(
    "--login-command <command>",
    "asks for a code for every client; this shell command, with name and address as its arguments, prints the code that was mailed",
  );
  const emailPattern = cli.text(
    "--email <pattern>",
    `the clients' mail addresses; {n} is the client's number [default: ${EMAIL_PATTERN}]`,
  );
  const origin = cli.text(
    "--origin <origin>",
    "the page that clients say they are of; Plume in Go wants http://localhost:4884 [default: none]",
  );
  const protocol = cli.choice("--protocol <version>", "v2, or v1, which Plume in Go speaks: one room", {
    choices: ["v1", "v2"],
    usual: "v2",
  });
  const numbers = declareNumbers(cli);
  return () => {
    const options: Options = {
      url: targetUrl(url(), mine()),
      origin: origin(),
      version: protocol() === "v1" ? 1 : 2,
      login: loginOf({
        token: token(),
        secretFile: secretFile(),
        command: command(),
        emailPattern: emailPattern(),
      }),
      ...numbers(),
    };
    checkRelations(options);
    return options;
  };
}

function declareNumbers(cli: CommandLine) {
  const clients = cli.number("--clients <n>", "clients at the end of the ramp", wholeFrom(1, 5_000), 100);
  const rampSeconds = cli.number(
    "--ramp-seconds <n>",
    "seconds for which clients, rooms and rate grow",
    from(0, 3_600),
    10,
  );
  const rooms = cli.number("--rooms <n>", "rooms that every client is in", wholeFrom(1, 20), 1);
  const perSecond = from(0.1, 10_000);
  const rate = cli.number("--rate <n>", "lines a second said in each room", perSecond, 10);
  const seconds = cli.number("--seconds <n>", "seconds that the whole load lasts", from(0.1, 86_400), 20);
  const pace = cli.number(
    "--pace <n>",
    "lines a second that the server takes from one client",
    perSecond,
    10,
  );
  return () => ({
    clients: clients(),
    rampSeconds: rampSeconds(),
    rooms: rooms(),
    rate: rate(),
    seconds: seconds(),
    pace: pace(),
  });
}

function checkRelations(options: Options): void {
  const { login, version, rooms, rate, clients, pace } = options;
  if (version === 1 && rooms > 1)
    throw new RangeError("--rooms must be 1 with --protocol v1, which has one room");
  if (rate * rooms * clients > DELIVERIES_PER_SECOND_MAX) {
    throw new RangeError(
      `--rate times --rooms times --clients may be up to ${DELIVERIES_PER_SECOND_MAX} deliveries a second, not ${rate * rooms * clients}`,
    );
  }
  if (login.kind === "token" && clients > limits.connectionsPerPerson)
    throw new RangeError(
      `--clients ${clients} of one --token are more than the ${limits.connectionsPerPerson} connections that a person has: ` +
        "give each a person of its own with --secret-file, or have fewer",
    );
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

/** The URL to load: of this machine as it is given, of any other only when its host is named once more. */
function targetUrl(text: string, mine: string | undefined): string {
  const url = parseUrl(text);
  if (url === undefined || !["ws:", "wss:"].includes(url.protocol)) {
    throw new RangeError(`--url takes a WebSocket's URL, ws://host:port or wss://host, not "${text}"`);
  }
  if (url.username !== "" || url.password !== "")
    throw new RangeError("--url takes no user name or password");
  if (url.hash !== "") throw new RangeError("--url takes no # part");
  const host = url.hostname;
  if (!isThisMachine(host) && mine !== host) {
    throw new RangeError(
      `--url names ${host}, which is not this machine: load only what is yours, and say so with --host-is-mine ${host}`,
    );
  }
  if (url.pathname === "/") url.pathname = "/connect";
  return url.href;
}

/** A name that ends in ".localhost" may be anybody's where a resolver does not know better, so only the bare one counts. */
function isThisMachine(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return host === "localhost" || (ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback");
}
