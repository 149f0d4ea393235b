import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Op, ping, text } from "../support/raw-frame.ts";
import { type Ending, RawSocket, type ServerFrame } from "../support/raw-socket.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { HealthyClient } from "../support/socket-client.ts";
import {
  closeCases,
  type FrameCase,
  fragmentCases,
  lengthCases,
  maskCases,
  type Outcome,
  pingCases,
  reservedCases,
  textCases,
  type Way,
} from "./raw-frame-cases.ts";

/** Every transport, with the settings that choose it. */
const transports = [{ transport: "uWebSockets", env: {} }];

const categories: [name: string, cases: readonly FrameCase[]][] = [
  ["lengths", lengthCases],
  ["pings and pongs", pingCases],
  ["reserved bits and opcodes", reservedCases],
  ["fragments", fragmentCases],
  ["masks", maskCases],
  ["UTF-8", textCases],
  ["closing", closeCases],
];

/** Longer ones would take too many writes of one byte each. */
const BYTEWISE_MAX = 1_000;

describe.each(transports)("frames over $transport", ({ env }) => {
  let server: ServerProcess;
  let healthy: HealthyClient;
  let people = 0;
  beforeAll(async () => {
    server = await startServer({ env: { PLUME_MESSAGES_PER_SECOND: "0", ...env } });
    healthy = await HealthyClient.enter(server);
  });
  afterAll(() => server.stop());

  /** Sends the case's bytes from somebody new in the lobby, and compares what came of it. */
  const check = async ({ bytes, outcome }: FrameCase, write: "whole" | "bytewise") => {
    people += 1;
    const name = `raw ${people}`;
    const socket = await enter(server, name);
    healthy.say();
    if (write === "whole") socket.write(bytes);
    else await socket.writeBytewise(bytes);
    healthy.say();
    socket.write(ping(END));
    const seen = await watch(socket);
    await socket.finish();
    expectOutcome(seen, outcome);
    expect(await healthy.allFrom(name)).toEqual(linesOf(outcome, seen));
    await healthy.hearAll();
  };

  describe.each(categories)("%s", (_, cases) => {
    for (const given of cases) {
      it(given.name, () => check(given, "whole"));
      if (given.bytes.length > BYTEWISE_MAX) continue;
      it(`${given.name}, one byte a write`, () => check(given, "bytewise"));
    }
  });
});

/** What came back: the pongs, and how the server ended the connection, if it did. */
interface Seen {
  pongs: string[];
  ending: Way | "open";
}

/** The payload of a ping that comes after a case; its pong says that the server goes on. */
const END = "the end of the case";

async function enter(server: ServerProcess, name: string): Promise<RawSocket> {
  const socket = await RawSocket.open(server.port);
  socket.write(text(JSON.stringify({ type: 2, text: server.token(name) })));
  const inLobby = JSON.stringify({ type: 1, user: { name }, text: "entered chat" });
  for (let next = await socket.next(); !isText(next, inLobby); next = await socket.next()) {
    if (next.kind !== "frame") throw new Error(`not logged in: ${JSON.stringify(next)}`);
  }
  return socket;
}

function isText(next: ServerFrame | Ending, payload: string): boolean {
  return next.kind === "frame" && next.opcode === Op.Text && next.payload.toString() === payload;
}

async function watch(socket: RawSocket): Promise<Seen> {
  const pongs: string[] = [];
  for (;;) {
    const next = await socket.next();
    if (next.kind !== "frame") return { pongs, ending: wayOf(next) };
    if (next.opcode === Op.Text) continue; // what the room says
    if (next.opcode !== Op.Pong) throw new Error(`the server sent opcode ${next.opcode}`);
    const payload = next.payload.toString("latin1");
    if (payload === END) return { pongs, ending: "open" };
    pongs.push(payload);
  }
}

function wayOf(ending: Ending): Way {
  if (ending.kind === "dropped") return "dropped";
  return ending.code === "none" ? "no code" : ending.code;
}

function expectOutcome(seen: Seen, outcome: Outcome): void {
  switch (outcome.kind) {
    case "heard":
      expect(seen).toEqual({ pongs: outcome.pongs, ending: "open" });
      break;
    case "ended":
      expect(outcome.ways).toContain(seen.ending);
      break;
    case "either":
      expect(["open", ...outcome.ways]).toContain(seen.ending);
  }
}

/** What the room has to have heard. */
function linesOf(outcome: Outcome, { ending }: Seen): readonly string[] {
  return outcome.kind === "either" && ending !== "open" ? [] : outcome.lines;
}
