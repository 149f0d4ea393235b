import { limits } from "../limits.ts";
import { ByteBudget } from "./byte-budget.ts";
import { MEMBERSHIP_BYTES, type MemoryCeiling } from "./ceiling.ts";
import { HistoryBudget } from "./history-budget.ts";
import { SendBudget } from "./send-budget.ts";

/**
 * The memory that a server shares among everybody, by what it is for. Whoever wants more than is left is refused, or pushes
 * out what is largest.
 */
export interface Budgets extends SocketBudgets {
  /** What rooms keep. */
  readonly history: HistoryBudget;
  /** Memberships beyond each connection's share of them. */
  readonly memberships: ByteBudget;
}

/** The part of it that sockets count in. */
export interface SocketBudgets {
  /** Received and not handled, whole frames and parts of one. */
  readonly received: ByteBudget;
  /** Handed to a socket and not sent. */
  readonly send: SendBudget;
}

/** A string in a queue, beside its characters. */
const STRING_BYTES = 64;
/** V8 takes 2 bytes a character once one of them is not Latin-1, so that ASCII doubles. */
const STRING_BYTES_PER_BYTE = 2;

/** @param onCut is called for each socket that is cut off because too much is unsent. */
export function createBudgets({ budgets }: MemoryCeiling, onCut: () => void): Budgets {
  return {
    received: new ByteBudget({
      max: budgets.receivedBytes,
      share: limits.receivedShareBytes,
      itemBytes: STRING_BYTES,
      perByte: STRING_BYTES_PER_BYTE,
    }),
    send: new SendBudget(new ByteBudget({ max: budgets.unsentBytes }), onCut),
    history: new HistoryBudget(new ByteBudget({ max: budgets.historyBytes })),
    memberships: new ByteBudget({
      max: budgets.membershipBytes,
      share: limits.roomsShare * MEMBERSHIP_BYTES,
      itemBytes: MEMBERSHIP_BYTES,
    }),
  };
}
