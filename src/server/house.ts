import type { Logger } from "pino";
import type { LoginDesk } from "../login/login.ts";
import type { Clock } from "../system/clock.ts";
import type { Pace } from "./ear.ts";
import type { RoomDesk } from "./memberships.ts";
import type { Tabs } from "./tabs.ts";

/** What every Connection of a server shares. */
export interface House {
  clock: Clock;
  logger: Logger;
  loginDesk: LoginDesk;
  roomDesk: RoomDesk;
  tabs: Tabs;
  /** How fast one connection may speak. */
  pace: Pace;
}
