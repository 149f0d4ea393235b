import { setImmediate as turn } from "node:timers/promises";

/** Lets `count` microtasks pass, and no turn of the event loop. */
export async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await undefined;
}

/** Lets every promise that can settle on its own do so. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await turn();
}

export type Fate<T> =
  | { kind: "pending" }
  | { kind: "resolved"; value: T }
  | { kind: "rejected"; reason: unknown };

/** Watches a promise, so that a test can say that it still waits. */
export function watch<T>(promise: Promise<T>): { readonly fate: Fate<T> } {
  const watched: { fate: Fate<T> } = { fate: { kind: "pending" } };
  promise.then(
    (value) => {
      watched.fate = { kind: "resolved", value };
    },
    (reason: unknown) => {
      watched.fate = { kind: "rejected", reason };
    },
  );
  return watched;
}

/** A promise's fate once everything is quiet. */
export async function fateOf<T>(promise: Promise<T>): Promise<Fate<T>> {
  const watched = watch(promise);
  await quiet();
  return watched.fate;
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}
