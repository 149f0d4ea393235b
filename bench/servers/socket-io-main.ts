/** The server "socket.io": a room, as its documentation has it. Everybody is believed. Prints `listening on PORT`. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { limits } from "../../src/limits.ts";

const ROOM = "room";

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
  maxHttpBufferSize: limits.payloadBytesMax,
});

io.on("connection", (socket) => {
  const { token } = socket.handshake.auth;
  const user = { name: String(token) };
  void socket.join(ROOM);
  socket.on("line", (text: string) => io.to(ROOM).emit("line", { user, text }));
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  const address = http.address();
  if (typeof address === "object" && address) process.stdout.write(`listening on ${address.port}\n`);
});
