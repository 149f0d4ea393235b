import { bounds } from "./bounds.ts";
import { storePrefix } from "./browser-store.ts";

/** Hears the other tabs of this browser that have the page under the same path; the result tells them something. */
export function openTabs(received: (message: unknown) => void): (message: object) => void {
  const channel = new BroadcastChannel(storePrefix);
  channel.addEventListener("message", ({ data }) => received(data));
  return (message) => channel.postMessage(message);
}

/**
 * Runs in the first tab that asks for a name, and in no other that asks within `bounds.claimMs`: by a lock, for one tab sees only
 * later what another has written to the storage. Where there are no locks (without TLS, or with cookies blocked) the tabs take
 * their chance one after the other.
 */
export function claim(name: string, callback: () => void): void {
  const soon = () => void setTimeout(callback, Math.random() * bounds.tellAfterMs);
  if (!("locks" in navigator)) {
    soon();
    return;
  }
  const held = navigator.locks.request(`${storePrefix} ${name}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    callback();
    await new Promise((resolve) => setTimeout(resolve, bounds.claimMs));
  });
  held.catch(soon);
}
