import { startServer } from "../programs.ts";
import type { Competitor } from "./server.ts";

/** uWebSockets' own `publish`: what is left of a chat server when everything but the fan-out is taken away. */
export function rawPublish(file: string): Competitor {
  return {
    name: "uWS publish",
    promisesAll: false,
    async start() {
      const { pid, port, stop } = await startServer({ role: "server", file }, /^listening on (\d+)$/);
      return { pid, port, token: (name) => name, [Symbol.asyncDispose]: stop };
    },
  };
}
