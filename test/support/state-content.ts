import WebSocket from "ws";
import {
  type ClientMessageV2,
  encodeFrame,
  parseServerFrame,
  type ServerMessageV2,
  SUBPROTOCOL,
  Type,
} from "../../src/protocol/v2.ts";

/** Logs in, sends all of it, and returns what came until so many messages of a type were among it. */
export async function askServer(
  url: string,
  token: string,
  messages: ClientMessageV2[],
  [type, count]: [type: number, count: number],
): Promise<ServerMessageV2[]> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/connect`, SUBPROTOCOL);
  const got: ServerMessageV2[] = [];
  await new Promise<void>((resolve, reject) => {
    ws.on("error", reject);
    ws.on("open", () => {
      for (const message of [{ type: Type.Auth, text: token }, ...messages]) ws.send(encodeFrame(message));
    });
    ws.on("message", (data) => {
      const read = parseServerFrame(String(data));
      if (read.kind === "malformed") return reject(new Error(read.problem));
      for (const message of read.messages) if (message.kind === "message") got.push(message.message);
      if (got.filter((message) => message.type === type).length >= count) resolve();
    });
    ws.on("close", (code) => reject(new Error(`closed with ${code}`)));
  });
  ws.removeAllListeners("close");
  ws.close();
  return got;
}
