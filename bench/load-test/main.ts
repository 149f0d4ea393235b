/** `npm run bench:load`: puts a load on a server of one's own, and checks that nothing is lost, doubled or reordered. */
import { type Options, parseOptions } from "./options.ts";
import { progressOn } from "./progress.ts";
import { faultsIn, reportOf } from "./report.ts";
import { NoWayIn, run } from "./run.ts";

/** 1: something was lost, doubled or reordered, or clients were closed. 2: wrong usage, or nobody can come in. */
const exitCodes = { well: 0, notWell: 1, wrong: 2, interrupted: 130 } as const;

const asked = parseOptions(process.argv.slice(2));
switch (asked.kind) {
  case "help":
    process.stdout.write(asked.text);
    break;
  case "wrong":
    process.exitCode = say(exitCodes.wrong, asked.sentence);
    break;
  case "run":
    process.exitCode = await load(asked.options);
}

async function load(options: Options): Promise<number> {
  const interrupt = interrupted();
  try {
    const ledger = await run(options, progressOn(process.stderr), interrupt);
    process.stdout.write(`${reportOf(options, ledger, interrupt.aborted)}`);
    return faultsIn(ledger.faults).length > 0 ? exitCodes.notWell : exitCodes.well;
  } catch (cause) {
    if (cause instanceof NoWayIn)
      return say(exitCodes.wrong, `Nobody can come in at ${options.url}: ${cause.message}.`);
    throw cause;
  }
}

/** Aborted by the first Ctrl-C; the second ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      controller.abort();
      process.on(signal, () => process.exit(exitCodes.interrupted));
    });
  }
  return controller.signal;
}

function say(code: number, sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return code;
}
