import { bounds } from "./bounds.ts";
import { storePrefix } from "./browser-store.ts";

/** Hears the other tabs of this browser that have the page under the same path; the result tells them something. */
export function openTabs(received: (message: unknown) => void): (message: object) => void {
  const channel = new BroadcastChannel(storePrefix);
  channel.addEventListener("message", ({ data }) => received(data));
  return (message) => channel.postMessage(message);
}

/** Runs at a time when no other tab runs such a thing; without TLS, where browsers have no locks, most likely so. */
export function inTurn(callback: () => void): void {
  if ("locks" in navigator) void navigator.locks.request(storePrefix, callback);
  else setTimeout(callback, Math.random() * bounds.tellAfterMs);
}
