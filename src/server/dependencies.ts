import type { Logger } from "pino";
import type { LoginDependencies } from "../login/login.ts";
import type { ByteBudget } from "../memory/byte-budget.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Clock } from "../system/clock.ts";
import type { RoomDependencies } from "./memberships.ts";
import type { Pace } from "./requests.ts";
import type { Tabs } from "./tabs.ts";

/** What every Connection of a server shares. */
export interface ConnectionDependencies {
  clock: Clock;
  logger: Logger;
  loginDesk: LoginDependencies;
  roomDesk: RoomDependencies;
  tabs: Tabs;
  /** How fast one connection may speak. */
  pace: Pace;
  /** Counts what was received and is not handled. */
  received: ByteBudget;
  counters: Counters;
}
