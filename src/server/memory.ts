import { Pool } from "../channel/pool.ts";
import { Histories } from "../chat/histories.ts";
import { limits } from "../limits.ts";
import { MEMBERSHIP_BYTES, type MemoryCeiling } from "../system/memory-ceiling.ts";
import { Backlogs } from "../transport/backlogs.ts";
import type { SocketMemory } from "../transport/socket.ts";

/** A string in a queue, beside its characters. */
const STRING_BYTES = 64;
/** V8 takes 2 bytes a character once one of them is not Latin-1, so that ASCII doubles. */
const STRING_BYTES_PER_BYTE = 2;

/** What everybody on a server shares of its memory. Who wants more than is left is refused, or pushes out what is largest. */
export interface Memory extends SocketMemory {
  readonly unsent: Pool;
  readonly histories: Histories;
  readonly memberships: Pool;
}

/** @param onCut hears of each socket that is cut off because too much is unsent. */
export function shareMemory({ budgets }: MemoryCeiling, onCut: () => void): Memory {
  const unsent = new Pool({ max: budgets.unsentBytes });
  return {
    received: new Pool({
      max: budgets.receivedBytes,
      share: limits.receivedShareBytes,
      itemBytes: STRING_BYTES,
      perByte: STRING_BYTES_PER_BYTE,
    }),
    unsent,
    backlogs: new Backlogs(unsent, onCut),
    histories: new Histories(new Pool({ max: budgets.historyBytes })),
    memberships: new Pool({
      max: budgets.membershipBytes,
      share: limits.roomsShare * MEMBERSHIP_BYTES,
      itemBytes: MEMBERSHIP_BYTES,
    }),
  };
}
