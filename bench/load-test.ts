/**
 * `npm run bench:load`: puts a load on a server of one's own, and checks that every line comes to everybody, once and in
 * order. Clients, rooms and rate grow in stages, then stay. It counts what was sent, refused and delivered, and prints a
 * table of the stages, a histogram of the latencies and a verdict. Exit code: 0 all is well; 1 something was lost, doubled
 * or reordered, or clients were closed; 2 wrong usage, or nobody can come in.
 */
import { CommandLine, EXIT_FAILED, sayError } from "./common/command-line.ts";
import { declareOptions } from "./load-test/options.ts";
import { progressOn, reportOf } from "./load-test/report.ts";
import { EntryError, run } from "./load-test/run.ts";

/** Exit code of a program that the second Ctrl-C ends. */
const EXIT_INTERRUPTED = 130;

const cli = new CommandLine("npm run bench:load --", {
  description:
    "Loads a server of your own, and checks that every line comes to everybody, once and in order. One of --token, " +
    "--secret-file and --login-command is needed.",
  after:
    "Progress goes to stderr, the report to stdout. Exit code: 0 all is well; 1 something was lost, doubled or reordered, or\n" +
    "clients were closed; 2 wrong usage, or nobody can come in. Ctrl-C ends it with the report so far.",
});

await cli.run(declareOptions(cli), async (options) => {
  const interrupt = interrupted();
  try {
    const ledger = await run(options, progressOn(process.stderr), interrupt);
    process.stdout.write(reportOf(options, ledger, interrupt.aborted));
    return ledger.faults.length > 0 ? 1 : 0;
  } catch (cause) {
    if (!(cause instanceof EntryError)) throw cause;
    sayError(`Nobody can come in at ${options.url}: ${cause.message}.`);
    return EXIT_FAILED;
  }
});

/** Aborted by the first Ctrl-C; the second ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      controller.abort();
      process.on(signal, () => process.exit(EXIT_INTERRUPTED));
    });
  }
  return controller.signal;
}
