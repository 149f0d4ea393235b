import { encodeMessage, MessageType } from "../../src/protocol/message.ts";
import { parseServerMessage } from "../../src/protocol/parse.ts";
import { Wire, type WireEvents } from "./wire.ts";

/** Connects and logs in. What the server says from then on goes to `events`. */
export function enter(port: number, token: string, events: WireEvents): Promise<Wire> {
  return new Promise((resolve, reject) => {
    let isIn = false;
    const opening = Wire.open(port, {
      text(bytes, start, end) {
        if (isIn) return events.text(bytes, start, end);
        checkAck(bytes.toString("utf8", start, end));
        isIn = true;
        opening.then(resolve, reject);
      },
      closed(reason) {
        reject(new Error(`closed before it was logged in: ${reason}`));
        events.closed(reason);
      },
    });
    opening.then((wire) => wire.send(encodeMessage({ type: MessageType.Auth, text: token }), 0), reject);
  });
}

/** The first answer is AuthAck, or there is no way in. */
function checkAck(frame: string): void {
  const parsed = parseServerMessage(frame);
  const isAck = parsed.kind === "message" && parsed.message.type === MessageType.AuthAck;
  if (!isAck) throw new Error(`not logged in: ${frame}`);
}
