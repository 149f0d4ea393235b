/** What everything that waits takes: when `signal` aborts, the promise rejects with `signal.reason`. */
export interface Abortable {
  signal?: AbortSignal | undefined;
}

/** Calls `callback` once when `signal` aborts. The function it returns stops listening. */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = () => callback(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
