import { socketIo } from "./socket-io.ts";
import { v1 } from "./v1.ts";
import { v2 } from "./v2.ts";

/** By the name that a job has. */
export const dialects = { v1, v2, "socket.io": socketIo };

export type DialectName = keyof typeof dialects;
