import { SUBPROTOCOL } from "../src/protocol/v2.ts";
import type { Wire, WireEvents } from "./connection.ts";

/** Opens a WebSocket to this page's own server, beside the page, whatever path that is under. */
export function openWebSocket(events: WireEvents): Wire {
  const url = new URL("connect", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, SUBPROTOCOL);
  const listening = new AbortController();
  const { signal } = listening;
  socket.addEventListener("open", () => events.opened(), { signal });
  socket.addEventListener("close", (event) => events.closed(event.code, event.reason), { signal });
  socket.addEventListener(
    "message",
    (event) => {
      if (typeof event.data === "string") events.received(event.data);
    },
    { signal },
  );
  return {
    send: (frame) => socket.send(frame),
    close() {
      listening.abort();
      socket.close();
    },
  };
}
