/** The server "uWS publish": who logs in is in the one topic, and believed. Prints `listening on PORT`. */
import uWS, { type WebSocket } from "uWebSockets.js";
import { limits } from "../../src/limits.ts";
import { type ClientMessage, encodeMessage, MessageType, parseClientMessage } from "../../src/protocol/v1.ts";

interface User {
  name: string;
}

const ROOM = "room";

const app = uWS.App();
app.ws<User>("/connect", {
  maxPayloadLength: limits.payloadBytesMax,
  maxBackpressure: limits.unsentBytesHard,
  idleTimeout: limits.idleTimeoutMs / 1000,
  upgrade(response, request, context) {
    const key = request.getHeader("sec-websocket-key");
    const extensions = request.getHeader("sec-websocket-extensions");
    response.upgrade<User>({ name: "" }, key, "", extensions, context);
  },
  message(ws, frame) {
    const parsed = parseClientMessage(Buffer.from(frame).toString("utf8"));
    if (parsed.kind === "message") handle(ws, parsed.message);
  },
});
app.listen("127.0.0.1", 0, (socket) => {
  if (!socket) throw new Error("no port is free");
  process.stdout.write(`listening on ${uWS.us_socket_local_port(socket)}\n`);
});

function handle(ws: WebSocket<User>, { type, text }: ClientMessage): void {
  const user = ws.getUserData();
  switch (type) {
    case MessageType.Auth:
      user.name = text;
      ws.subscribe(ROOM);
      ws.send(encodeMessage({ type: MessageType.AuthAck, user, text: "" }));
      break;
    case MessageType.Text:
      app.publish(ROOM, encodeMessage({ type, user, text }));
      break;
    case MessageType.Hello:
      break; // nobody is mailed a code
  }
}
