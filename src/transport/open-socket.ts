/** What open sockets have in common, whichever transport they are of. */
import type { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import { type Goodbye, goodbyes } from "../protocol/close.ts";
import type { Socket } from "./socket.ts";

/** Takes one message, which the transport has checked to be UTF-8 where it is text. The bytes may change after this. */
export function receive(
  socket: Socket,
  inbox: Channel<string>,
  message: ArrayBuffer | Buffer,
  isBinary: boolean,
): void {
  const goodbye = take(inbox, message, isBinary);
  if (!goodbye) return;
  socket.end(goodbye);
  inbox.close();
}

function take(inbox: Channel<string>, message: ArrayBuffer | Buffer, isBinary: boolean): Goodbye | undefined {
  if (isBinary) return goodbyes.binary;
  if (message.byteLength > limits.frameBytesMax) return goodbyes.tooLarge;
  const bytes = Buffer.isBuffer(message) ? message : Buffer.from(message);
  if (inbox.trySend(bytes.toString("utf8")) !== "full") return undefined;
  const isOver = inbox.length >= inbox.capacity || inbox.bytesBuffered + bytes.length > limits.inboxBytes;
  return isOver ? goodbyes.flooding : goodbyes.serverFull; // full with what others sent
}
