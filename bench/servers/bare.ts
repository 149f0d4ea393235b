import type { DialectName } from "../load/dialects/dialects.ts";
import { startServer } from "../programs.ts";
import type { Competitor } from "./server.ts";

/** A server of ours that does nothing but the fan-out, to compare with: `file` says which. Its tokens are names. */
export function bare(name: string, dialect: DialectName, file: string): Competitor {
  return {
    name,
    dialect,
    promisesAll: false,
    async start() {
      const { pid, port, stop } = await startServer({ role: "server", file }, /^listening on (\d+)$/);
      return { pid, port, token: (user) => user, [Symbol.asyncDispose]: stop };
    },
  };
}
