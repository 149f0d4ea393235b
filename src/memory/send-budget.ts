import { limits } from "../limits.ts";
import type { ByteBudget } from "./byte-budget.ts";

/** A socket as the send budget sees it. */
export interface BudgetedSocket {
  /** Bytes that it holds unsent. */
  readonly unsentBytes: number;
  /** Closes without a close code, which would wait behind what is not read, and releases everything it holds. */
  cut(): void;
}

/** Cutting off goes on until no more than this part of the budget is used, so that it does not start again at once. */
const LOW_WATER = 7 / 8;

/**
 * Bytes that are unsent on all sockets together. Back-pressure in two steps: the more is unsent, the sooner a socket counts as
 * full, so that its reader becomes a slow reader, which is told what it missed. Any socket with nothing unsent still takes one
 * frame, so that this alone is no bound: over the budget, the sockets that hold most are cut off.
 */
export class SendBudget {
  readonly bytes: ByteBudget;
  /** Sockets that have something unsent. */
  readonly #holders = new Set<BudgetedSocket>();
  readonly #onCut: () => void;

  /** @param onCut is called for each socket that is cut off. */
  constructor(bytes: ByteBudget, onCut: () => void) {
    this.bytes = bytes;
    this.#onCut = onCut;
  }

  /** A socket with more bytes unsent than this is full. */
  get socketBytesMax(): number {
    return Math.min(limits.unsentBytesSoft, Math.max(limits.unsentBytesLeast, this.bytes.free));
  }

  /** Counts a socket anew, which held `fromBytes` before. */
  changed(socket: BudgetedSocket, fromBytes: number): void {
    const toBytes = socket.unsentBytes;
    if (fromBytes === toBytes) return;
    this.bytes.add(0, toBytes - fromBytes);
    if (toBytes === 0) this.#holders.delete(socket);
    else if (fromBytes === 0) this.#holders.add(socket);
    if (this.bytes.used > this.bytes.max) this.#cutLargest();
  }

  #cutLargest(): void {
    const largestFirst = [...this.#holders].sort((one, other) => other.unsentBytes - one.unsentBytes);
    for (const socket of largestFirst) {
      if (this.bytes.used <= LOW_WATER * this.bytes.max) return;
      socket.cut();
      this.#onCut();
    }
  }
}
