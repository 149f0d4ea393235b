import { SUBPROTOCOL } from "../src/protocol/v2.ts";
import { bounds } from "./bounds.ts";
import type { ServerAnswer, Wire, WireEvents } from "./connection.ts";

/** Opens a WebSocket to this page's own server, beside the page, whatever path that is under. */
export function openWebSocket(events: WireEvents): Wire {
  const url = socketUrl();
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

/** Asks where sockets connect, by HTTP. A POST says where the page is from. Never fails. */
export async function askServer(): Promise<ServerAnswer> {
  try {
    const signal = AbortSignal.timeout(bounds.connectTimeoutMs);
    const answer = await fetch(socketUrl(), { method: "POST", signal });
    if (answer.status === 426) return "there";
    const isRefused = answer.status === 403 && (await answer.text()).includes("PLUME_ORIGINS");
    return isRefused ? "refuses the origin" : "unknown";
  } catch {
    return "unknown";
  }
}

function socketUrl(): URL {
  return new URL("connect", location.href);
}
