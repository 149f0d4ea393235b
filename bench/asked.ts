/** What a command line asks for. A `sentence` is one line that says what is wrong. */
export type Asked<Options> =
  | { kind: "run"; options: Options }
  | { kind: "help"; text: string }
  | { kind: "wrong"; sentence: string };
