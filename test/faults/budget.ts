/** How much is done: little in `npm test`, all of it in `npm run test:faults`. */
export interface FaultBudget {
  /** Times the server is ended with SIGKILL, with SIGTERM, and paused with SIGSTOP. */
  readonly kills: number;
  readonly stops: number;
  readonly pauses: number;
  /** How long one pause lasts at most. */
  readonly pauseMsMax: number;
  /** Whether it is told how far it is. */
  readonly isTold: boolean;
}

export const shortBudget: FaultBudget = {
  kills: 5,
  stops: 2,
  pauses: 5,
  pauseMsMax: 800,
  isTold: false,
};

export const longBudget: FaultBudget = {
  kills: 50,
  stops: 20,
  pauses: 50,
  pauseMsMax: 3_000,
  isTold: true,
};

declare module "vitest" {
  interface ProvidedContext {
    faultBudget: FaultBudget;
  }
}
