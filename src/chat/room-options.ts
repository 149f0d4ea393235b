import type { HistoryBudget } from "../memory/history-budget.ts";
import type { Clock } from "../system/clock.ts";
import type { Past } from "./past.ts";
import type { RoomRecord } from "./room-record.ts";

/** What a room is made of. */
export interface RoomOptions {
  name: string;
  isPrivate: boolean;
  /** Messages the room keeps … */
  history: number;
  /** … and their bytes. */
  historyBytes: number;
  /** What all rooms keep. */
  historyBudget: HistoryBudget;
  /** Connections the server takes. */
  connectionsMax: number;
  clock: Clock;
  past: Past;
  /** Where it writes down what must not be lost. */
  record: RoomRecord;
  /** Hears how many people are in the room whenever that changes. */
  peopled: (people: number) => void;
}
