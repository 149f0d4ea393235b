import { bare } from "./bare.ts";
import { plume } from "./plume.ts";

/** Sources of the servers that are not the product. */
export const serverSources = {
  publish: `${import.meta.dirname}/raw-publish-main.ts`,
  ws: `${import.meta.dirname}/ws-loop-main.ts`,
  socketIo: `${import.meta.dirname}/socket-io-main.ts`,
};

/** Everybody who is compared, in the order of every report. */
export function competitorsOf(fileOf: (name: keyof typeof serverSources) => string) {
  return {
    plumeV1: plume("plume v1", "v1"),
    plumeV2: plume("plume v2", "v2"),
    /** uWebSockets' own `publish`: what is left of a chat server when everything but the fan-out is taken away. */
    publish: bare("uWS publish", "v1", fileOf("publish")),
    ws: bare("ws loop", "v1", fileOf("ws")),
    socketIo: bare("socket.io", "socket.io", fileOf("socketIo")),
  };
}

export type Competitors = ReturnType<typeof competitorsOf>;
