/** docs/tour.md follows one chat line through the files. Here a real server counts which of its files a line runs through. */
import { EventEmitter, on, once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import WebSocket from "ws";
import { type ClientMessageV2, encodeFrame, SUBPROTOCOL, Type } from "../src/protocol/v2.ts";
import { type ServerProcess, startServer } from "./support/server-process.ts";

/** What timers look at meanwhile, line or not. */
const timed = ["src/main.ts", "src/memory/resident.ts", "src/transport/descriptors.ts"];

it("names every file that a line runs through, and no other", async () => {
  await using server = await startServer({ keepsState: true, nodeOptions: ["--inspect=127.0.0.1:0"] });
  using coverage = await Coverage.connect(server);
  const [ada, bob] = [await Member.join(server, "ada"), await Member.join(server, "bob")];
  for (const member of [ada, bob]) await member.until(/"type":21,"room":"lobby","count":2/);
  await coverage.take();
  ada.send({ type: Type.Text, room: "lobby", text: "hello", nonce: "1" });
  await ada.until(/"type":11,"room":"lobby","nonce":"1"/);
  for (const member of [ada, bob]) await member.until(/"text":"hello"/);
  const ran = await coverage.take();

  const tour = readFileSync(join(import.meta.dirname, "../docs/tour.md"), "utf8");
  const [way = "", beside = ""] = (tour.split("<!-- tour")[1] ?? "").split("<!-- beside");
  const [files, helpers] = [filesIn(way), filesIn(beside.split("<!-- end -->")[0] ?? "")];
  expect(ran.filter((file) => ![...files, ...helpers, ...timed].includes(file))).toEqual([]);
  expect([...files, ...helpers].filter((file) => !ran.includes(file))).toEqual([]);
  ada.close();
  bob.close();
});

/** The files that a text links to, each once. */
function filesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\]\(\.\.\/(src\/[^)]+)\)/g)].map(([, file = ""]) => file))];
}

/** Somebody in the lobby, in version 2. */
class Member {
  readonly #ws: WebSocket;
  /** What came and nobody has waited for. */
  #frames = "";
  readonly #news = new EventEmitter();

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (frame: Buffer) => {
      this.#frames += frame.toString();
      this.#news.emit("frame");
    });
  }

  static async join(server: ServerProcess, name: string): Promise<Member> {
    const ws = new WebSocket(`${server.url.replace("http", "ws")}/connect`, SUBPROTOCOL);
    const member = new Member(ws);
    await once(ws, "open");
    member.send({ type: Type.Auth, text: server.token(name) });
    member.send({ type: Type.Join, room: "lobby" });
    return member;
  }

  send(message: ClientMessageV2): void {
    this.#ws.send(encodeFrame(message));
  }

  /** Waits for a frame; drops what came before. */
  async until(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.#frames)) await once(this.#news, "frame");
  }

  close(): void {
    this.#ws.close();
  }
}

/** The inspector of a server process: which of its functions have run. */
class Coverage implements Disposable {
  readonly #ws: WebSocket;
  #calls = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  static async connect(server: ServerProcess): Promise<Coverage> {
    const [url] = /ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(server.log()) ?? [];
    if (url === undefined) throw new Error(`no inspector: ${server.log()}`);
    const coverage = new Coverage(new WebSocket(url));
    await once(coverage.#ws, "open");
    await coverage.#call("Profiler.enable");
    await coverage.#call("Profiler.startPreciseCoverage", { callCount: true });
    return coverage;
  }

  /** The files of which a function was called since the last time, as they are called in `src`. */
  async take(): Promise<string[]> {
    const { result = [] } = await this.#call("Profiler.takePreciseCoverage");
    const ran = result.filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0));
    return ran.flatMap(({ url }) => {
      const [, file] = /^file:.*\/dist\/(.+)\.js$/.exec(url) ?? [];
      return file === undefined ? [] : [`src/${file}.ts`];
    });
  }

  async #call(method: string, params = {}): Promise<{ result?: ScriptCoverage[] }> {
    this.#calls += 1;
    const id = this.#calls;
    const answers = on(this.#ws, "message");
    this.#ws.send(JSON.stringify({ id, method, params }));
    for await (const [data] of answers) {
      const answer: { id?: number; result: { result?: ScriptCoverage[] } } = JSON.parse(String(data));
      if (answer.id === id) return answer.result;
    }
    throw new Error("the inspector is gone");
  }

  [Symbol.dispose](): void {
    this.#ws.close();
  }
}

/** What the inspector says of one file. */
interface ScriptCoverage {
  url: string;
  functions: { ranges: { count: number }[] }[];
}
