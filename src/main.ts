#!/usr/bin/env node
import { isatty } from "node:tty";
import type { Logger } from "pino";
import { check } from "./cli/check.ts";
import type { Outcome } from "./cli/outcome.ts";
import { repair } from "./cli/repair.ts";
import { type RunningServer, serve } from "./cli/serve.ts";
import { token } from "./cli/token.ts";
import { assertLimits, limits } from "./limits.ts";
import { settingsNotes } from "./settings/report.ts";
import { type Command, parseCommand, type Settings } from "./settings/settings.ts";
import { systemClock } from "./system/clock.ts";
import { createLogger } from "./system/logger.ts";
import { Output, writeToDescriptor } from "./system/output.ts";
import { systemRandom } from "./system/random.ts";

/** 1: something is wrong with the machine. 2: with the command or a setting. */
const exitCodes = { done: 0, failed: 1, wrong: 2, interrupted: 130 } as const;

const effects = { clock: systemClock, random: systemRandom };
/** stdout has the product's own lines, stderr the log. */
const stdout = new Output({ clock: systemClock, write: writeToDescriptor(1) });
const stderr = new Output({ clock: systemClock, write: writeToDescriptor(2) });
process.on("exit", () => {
  stdout.end();
  stderr.end();
});

assertLimits();
await run(parseCommand(process.argv.slice(2), process.env));

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case "serve":
      return serveUntilSignal(command.settings);
    case "check":
      return finish(check(command));
    case "repair":
      process.umask(0o077);
      return finish(await repair(command.settings, { ...effects, logger: startLog(command.settings) }));
    case "token":
      return finish(token(command, effects));
    case "help":
    case "version":
      print(command.text);
      return;
    case "wrong":
      return finish(command);
  }
}

/** Serves until SIGTERM, SIGINT or SIGHUP. stdout has the URL and, without a mail server, the login codes; stderr has the log. */
async function serveUntilSignal(settings: Settings): Promise<void> {
  const logger = startLog(settings);
  if (settings.state.kind === "directory") process.umask(0o077); // the files in it are for this user alone
  const started = await serve(settings, {
    ...effects,
    logger,
    print,
    droppedLines: () => ({ stdout: stdout.dropped, stderr: stderr.dropped }),
    residentBytes,
    nodeVersion: process.version,
    pageFolder: `${import.meta.dirname}/public`,
  });
  if (started.kind !== "running") return finish(started);
  setInterval(() => {}, 2 ** 31 - 1); // a server that accepts nothing for a while lives on without any client
  stopOnSignal(started);

  const { port, transport, url } = started;
  const notes = settingsNotes(settings);
  logger.info({ host: settings.host, port, pid: process.pid, transport, ...notes }, "listening");
  print(`Plume listens on ${url}`);
}

/** What nobody catches is in the log before the process ends. */
function startLog({ logLevel: level }: Settings): Logger {
  const logger = createLogger({ level, terminal: isatty(2), destination: stderr });
  const resumed = (lines: number, output: string) =>
    logger.warn({ lines, output }, "lines were dropped, for nobody read them or the disk was full");
  stdout.onResumed((lines) => resumed(lines, "stdout"));
  stderr.onResumed((lines) => resumed(lines, "stderr"));
  process.on("uncaughtException", (cause) => {
    logger.fatal({ err: cause }, "something broke that should not");
    process.exit(exitCodes.failed);
  });
  return logger;
}

/**
 * The first SIGTERM, SIGINT or SIGHUP (the terminal is gone) stops the server and ends the process. Another one ends it at once,
 * but not within `limits.signalRepeatMs`: Ctrl+C under `npm start` comes from the terminal and from npm.
 */
function stopOnSignal(server: RunningServer): void {
  let stoppingSinceMs: number | undefined;
  const onSignal = (signal: string): void => {
    const nowMs = systemClock.elapsed();
    if (stoppingSinceMs === undefined) {
      stoppingSinceMs = nowMs;
      void server.stop(signal).then(() => process.exit(exitCodes.done));
    } else if (nowMs - stoppingSinceMs >= limits.signalRepeatMs) process.exit(exitCodes.interrupted);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, onSignal);
}

/** Prints what a command has to say; where it could not be done, says why and ends the process. */
function finish(outcome: Outcome): void {
  if (outcome.kind === "done") {
    print(outcome.text);
    return;
  }
  stderr.write(`${outcome.sentence}\n`);
  process.exit(exitCodes[outcome.kind]);
}

/** False where nobody will read it. */
function print(text: string): boolean {
  return stdout.write(`${text}\n`);
}

/** Resident bytes of this process; undefined while it has no file descriptor left to read that with. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
