/** The server "ws loop": what one writes first with `ws`. Everybody is believed. Prints `listening on PORT`. */
import { WebSocket, WebSocketServer } from "ws";
import { limits } from "../../src/limits.ts";
import { encodeMessage, MessageType, parseClientMessage } from "../../src/protocol/v1.ts";

const room = new Set<WebSocket>();

const server = new WebSocketServer(
  { host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false, maxPayload: limits.payloadBytesMax },
  () => {
    const address = server.address();
    if (typeof address === "object" && address) process.stdout.write(`listening on ${address.port}\n`);
  },
);

server.on("connection", (socket) => {
  let name = "";
  socket.on("message", (data) => {
    const parsed = parseClientMessage(data.toString());
    if (parsed.kind !== "message") return;
    const { type, text } = parsed.message;
    switch (type) {
      case MessageType.Auth:
        name = text;
        room.add(socket);
        socket.send(encodeMessage({ type: MessageType.AuthAck, user: { name }, text: "" }));
        break;
      case MessageType.Text:
        broadcast(JSON.stringify({ type, user: { name }, text }));
        break;
      case MessageType.Hello:
        break; // nobody is mailed a code
    }
  });
  socket.on("close", () => room.delete(socket));
  socket.on("error", () => socket.terminate());
});

function broadcast(frame: string): void {
  for (const socket of room) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
}
