import { enterInTurn, settled } from "../common/pace.ts";
import { type Dialect, dialects } from "./dialects.ts";
import type { Clients } from "./load-generator.ts";
import { RawWebSocket, type WebSocketEvents } from "./websocket.ts";

/** Clients that enter at the same time: fewer than a server lets wait for `accept`. */
const ENTERING_MAX = 400;
/** Different remarks that are kept. */
const REMARKS_MAX = 8;

/** Takes a numbered line that a client got, its text from `textAt` on; the bytes are there only until it returns. */
export type TakeLine = (client: number, bytes: Buffer, textAt: number) => void;

/** All clients of one room, each on a socket of its own. */
export class Fleet {
  readonly #dialect: Dialect;
  readonly #takeLine: TakeLine;
  /** What the server said beside the lines, and how clients were closed, each with how often. */
  readonly remarks: Record<string, number> = {};
  #sockets: readonly RawWebSocket[] = [];
  #frames = 0;
  /** Until the fleet listens, what comes is only counted. */
  #listens = false;

  private constructor(dialect: Dialect, takeLine: TakeLine) {
    this.#dialect = dialect;
    this.#takeLine = takeLine;
  }

  /** Returns when every client has entered. */
  static async enter({ dialect, port, tokens }: Clients, takeLine: TakeLine): Promise<Fleet> {
    const fleet = new Fleet(dialects[dialect], takeLine);
    fleet.#sockets = await enterInTurn(tokens.length, ENTERING_MAX, (client) =>
      enter(fleet.#dialect, port, tokens[client] ?? "", fleet.#eventsOf(client)),
    );
    return fleet;
  }

  /** Waits until no client has got a frame for `stillMs`, at most `maxMs`. */
  async settled(wait: { stillMs: number; maxMs: number }): Promise<void> {
    await settled(() => this.#frames, wait);
  }

  /** From now on lines are taken, and what else the server says is remarked. */
  listen(): void {
    this.#listens = true;
  }

  /** A client says a line. @param number tells the line from all others. */
  say(client: number, number: number, text: string): void {
    this.#sockets[client]?.send(this.#dialect.say(number, text), number);
  }

  #eventsOf(client: number): WebSocketEvents {
    const handler = {
      line: (bytes: Buffer, textAt: number) => this.#takeLine(client, bytes, textAt),
      remark: (text: string) => this.#remark(text),
    };
    return {
      text: (socket, bytes, start, end) => {
        this.#frames += 1;
        const reply = this.#dialect.replyTo(bytes, start, end);
        if (reply !== "") socket.send(reply, 0);
        else if (this.#listens) this.#dialect.read(bytes, start, end, handler);
      },
      closed: (reason) => this.#remark(`closed: ${reason}`),
    };
  }

  #remark(remark: string): void {
    const times = this.remarks[remark];
    if (times === undefined && Object.keys(this.remarks).length >= REMARKS_MAX) return;
    this.remarks[remark] = (times ?? 0) + 1;
  }
}

/** Connects and logs in. What the server says from then on goes to `events`. */
export function enter(
  dialect: Dialect,
  port: number,
  token: string,
  events: WebSocketEvents,
): Promise<RawWebSocket> {
  return new Promise((resolve, reject) => {
    let isIn = false;
    const opening = RawWebSocket.open(dialect.endpoint(port), {
      text(socket, bytes, start, end) {
        if (isIn) events.text(socket, bytes, start, end);
        else takeStep(bytes.toString("utf8", start, end)).catch(reject);
      },
      closed(reason) {
        reject(new Error(`closed before it was logged in: ${reason}`));
        events.closed(reason);
      },
    });
    const takeStep = async (frame: string) => {
      const step = dialect.enter(frame, token);
      switch (step.kind) {
        case "in":
          isIn = true;
          resolve(await opening);
          break;
        case "say":
          (await opening).send(step.frame, 0);
          break;
        case "wait":
          break;
      }
    };
    const greet = (socket: RawWebSocket) => {
      const greeting = dialect.greeting(token);
      if (greeting !== "") socket.send(greeting, 0);
    };
    opening.then(greet, reject);
  });
}
