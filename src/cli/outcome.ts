/** How a command that ends by itself ended: what to print, or why it could not be done. */
export type Outcome = { kind: "done"; text: string } | Failure;

/** Why a command could not be done, and what to do: a sentence for people. */
export type Failure =
  /** The command or a setting is wrong. */
  | { kind: "wrong"; sentence: string }
  /** Something is wrong with the machine. */
  | { kind: "failed"; sentence: string };
