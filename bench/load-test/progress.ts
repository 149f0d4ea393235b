import type { WriteStream } from "node:tty";
import { briefOf } from "./report.ts";
import type { Watcher } from "./run.ts";

/** On a terminal one line that rewrites itself, and stays when a step is done; elsewhere a line for each step. */
export function progressOn(output: WriteStream): Watcher {
  const rewrite = (text: string) => {
    if (output.isTTY) output.write(`${START_AND_CLEAR}${text.slice(0, (output.columns || 80) - 1)}`);
  };
  return {
    entering: (clients, of) => rewrite(`coming in: ${clients} of ${of} clients`),
    going: (step, at, of) => rewrite(briefOf(step, at, of)),
    done(step, at, of) {
      output.write(`${output.isTTY ? START_AND_CLEAR : ""}${briefOf(step, at, of)}\n`);
    },
  };
}

/** Back to the start of the line, and all of it gone. */
const START_AND_CLEAR = "\r\x1b[2K";
