import { inject } from "vitest";
import type { Comparison } from "../support/room-record.ts";

/** Tells how far it is, in the long version. */
export function tell(line: string): void {
  if (inject("faultBudget").isTold) process.stdout.write(`faults: ${line}\n`);
}

/** What all rooms say together. */
export function summary(what: string, clients: number, rooms: readonly Comparison[]): string {
  const total = (of: (room: Comparison) => number) => rooms.reduce((sum, room) => sum + of(room), 0);
  return [
    what,
    `${clients} clients`,
    `${total(({ said }) => said)} lines said`,
    `${total(({ acked }) => acked)} acked`,
    `${total(({ lost }) => lost.length)} lost`,
    `${total(({ doubled }) => doubled.length)} doubled`,
    `${total(({ disagreed }) => disagreed.length)} out of order`,
    `${total(({ holes }) => holes.length)} holes`,
    `${Math.max(...rooms.map(({ epochs }) => epochs))} epochs`,
  ].join(", ");
}
