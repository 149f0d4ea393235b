#!/usr/bin/env node
import { networkInterfaces } from "node:os";
import type { Logger } from "pino";
import type { State } from "./chat/recovery.ts";
import { mintToken } from "./cli/token.ts";
import { assertLimits, limits } from "./limits.ts";
import { terminalMailer } from "./login/mailer.ts";
import { smtpMailer } from "./login/smtp-mailer.ts";
import { formatBytes, memoryCeiling, stateCeiling } from "./memory/ceiling.ts";
import { boundGarbage, watchResidentMemory } from "./memory/resident.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { openState } from "./server/open-state.ts";
import { Server } from "./server/server.ts";
import { settingsReport, settingsWarnings } from "./settings/report.ts";
import { type Command, parseCommand, type Settings } from "./settings/settings.ts";
import { loadSecret } from "./store/secret-file.ts";
import { inspectStateDirectory, loadStateSecret } from "./store/state-directory.ts";
import { sleep, systemClock } from "./system/clock.ts";
import { createLogger, stderrDestination } from "./system/logger.ts";
import { systemRandom } from "./system/random.ts";
import { version } from "./system/version.ts";
import { listenAdmin } from "./transport/admin.ts";
import { chooseTransport, type Transport } from "./transport/choose.ts";
import { Descriptors } from "./transport/descriptors.ts";
import type { Listener } from "./transport/endpoint.ts";
import { Origins, ownOrigins } from "./transport/origins.ts";
import { createPeerOf } from "./transport/peer.ts";
import { StaticFiles } from "./transport/static-files.ts";

/** 1: something is wrong with the machine. 2: with the command or a setting. */
const exitCodes = { done: 0, failed: 1, wrong: 2, interrupted: 130 } as const;

assertLimits();
await run(parseCommand(process.argv.slice(2), process.env));

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case "serve":
      return serve(command.settings);
    case "check": {
      const { settings, inForce } = command;
      const state = stateReport(settings);
      if (settings.secret.kind === "file") secretOf(settings);
      return print(settingsReport(inForce, memoryCeiling(settings), state));
    }
    case "token": {
      const minted = mintToken(command, secretOf(command.settings), systemClock);
      return minted.kind === "token" ? print(minted.token) : quit(exitCodes.wrong, minted.sentence);
    }
    case "help":
    case "version":
      return print(command.text);
    case "wrong":
      return quit(exitCodes.wrong, command.sentence);
  }
}

/** Serves until SIGTERM or SIGINT. stdout has the URL and, without a mail server, the login codes; stderr has the log. */
async function serve(settings: Settings): Promise<void> {
  const logger = startLog(settings);
  for (const warning of settingsWarnings(settings)) logger.warn(warning);
  boundGarbage();

  const transport = await transportOf(settings, logger);
  const state = await stateOf(settings, logger);
  let origins = new Origins([]);
  const server = new Server(settings, {
    clock: systemClock,
    random: systemRandom,
    logger,
    mailer: settings.mail.kind === "smtp" ? smtpMailer(settings.mail) : terminalMailer(print),
    secret: secretOf(settings),
    state,
    publicUrl: () => origins.first,
  });
  let listens = false;
  await serveMetrics(settings, transport, server, () => listens && server.healthy());
  const listener = await transport.listen({
    host: settings.host,
    port: settings.port,
    origins: (port) => {
      origins = originsOf(settings, port);
      return origins;
    },
    peerOf: createPeerOf(settings.trustedProxies),
    files: StaticFiles.load(`${import.meta.dirname}/public`),
    server,
    clock: systemClock,
  });
  if (!listener) return quit(exitCodes.failed, cannotListen(settings));
  listens = true;
  const { bytes: ceilingBytes } = memoryCeiling(settings);
  watchResidentMemory({ clock: systemClock, residentBytes, ceilingBytes, relieve: () => server.relieve() });
  const descriptors = new Descriptors({ listener, clock: systemClock, logger });
  setInterval(() => {}, 2 ** 31 - 1); // a server that accepts nothing for a while lives on without any client
  stopOnSignal({ server, listener, descriptors, logger });

  const { host } = settings;
  logger.info({ host, port: listener.port, pid: process.pid, transport: transport.name }, "listening");
  print(`Plume listens on ${urlOf(host, listener.port)}`);
}

/** What nobody catches is in the log before the process ends. */
function startLog({ logLevel: level }: Settings): Logger {
  const terminal = process.stderr.isTTY === true;
  const logger = createLogger({ level, terminal, destination: stderrDestination() });
  process.on("uncaughtException", (cause) => {
    logger.fatal({ err: cause }, "something broke that should not");
    process.exit(exitCodes.failed);
  });
  return logger;
}

async function transportOf(settings: Settings, logger: Logger): Promise<Transport> {
  const chosen = await chooseTransport(settings.transport);
  if (chosen.kind === "missing") return quit(exitCodes.failed, chosen.sentence);
  for (const warning of chosen.warnings) logger.warn(warning);
  return chosen;
}

/** For this machine alone, where the settings ask for it. */
async function serveMetrics(
  { adminPort }: Settings,
  { name: transport }: Transport,
  server: Server,
  isReady: () => boolean,
): Promise<void> {
  if (adminPort === undefined) return;
  const metrics = createMetrics(() => server.stats(), { version, transport, node: process.version });
  const admin = await listenAdmin({ port: adminPort, metrics, isReady });
  if (!admin) return quit(exitCodes.failed, cannotAdmin(adminPort));
}

interface Running {
  server: Server;
  listener: Listener;
  descriptors: Descriptors;
  logger: Logger;
}

/** The first SIGTERM or SIGINT stops the server and ends the process, the second ends it at once. */
function stopOnSignal({ server, listener, descriptors, logger }: Running): void {
  const stop = async (signal: string): Promise<void> => {
    process.on(signal, () => process.exit(exitCodes.interrupted));
    const { clients } = server;
    logger.info({ signal, clients }, "stopping");
    descriptors.stop();
    listener.stopAccepting();
    const inTime = await server.stop();
    if (!inTime)
      logger.warn({ clients: server.clients }, "stopped with clients that did not take all in time");
    if (clients > 0) await sleep(systemClock, limits.goodbyeMs);
    listener.destroy();
    process.exit(exitCodes.done);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stop);
}

/** What a state directory has; the files in it are for this user alone. Without one nothing is kept. */
async function stateOf({ state }: Settings, logger: Logger): Promise<State> {
  if (state.kind === "memory") return state;
  process.umask(0o077);
  const opened = await openState(state.path, { clock: systemClock, random: systemRandom, logger });
  switch (opened.kind) {
    case "wrong":
      return quit(exitCodes.wrong, opened.sentence);
    case "failed":
      return quit(exitCodes.failed, opened.sentence);
    case "saved":
      logger.info({ rooms: opened.rooms.length, names: opened.names.length }, "read what was saved");
      return opened;
  }
}

/** What there is to say of the state directory, without opening it: a server may be using it. */
function stateReport(settings: Settings): string {
  if (settings.state.kind === "memory") return "none: rooms and names end with the process";
  const inspected = inspectStateDirectory(settings.state.path);
  const atMost = `at most ${formatBytes(stateCeiling(settings))}`;
  switch (inspected.kind) {
    case "wrong":
      return quit(exitCodes.wrong, inspected.sentence);
    case "missing":
      return `not there yet, the server makes it; ${atMost}`;
    case "empty":
      return `empty yet; ${atMost}`;
    case "found":
      return `${formatBytes(inspected.bytes)} on disk; ${atMost}`;
  }
}

/** The secret that signs sessions: a file's, the state directory's, or a random one that ends with the process. */
function secretOf({ secret }: Settings): Uint8Array {
  if (secret.kind === "random") return systemRandom(32);
  const loaded = secret.kind === "file" ? loadSecret(secret.path) : loadStateSecret(secret.directory);
  return loaded.kind === "loaded" ? loaded.secret : quit(exitCodes.wrong, loaded.sentence);
}

function originsOf({ origins, host }: Settings, port: number): Origins {
  if (origins.kind === "listed") return new Origins(origins.origins);
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const interfaceAddresses = interfaces.map(({ address }) => address);
  return new Origins(ownOrigins({ host, port, interfaceAddresses }));
}

/** What people type into a browser on this machine. */
function urlOf(host: string, port: number): string {
  const isLocal = ["127.0.0.1", "::1", "0.0.0.0", "::"].includes(host);
  const name = isLocal ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function cannotListen({ host, port }: Settings): string {
  return (
    `Plume cannot listen on ${host} port ${port}: another program has that port, or the address is not this ` +
    "machine's; stop the other program, or set PLUME_PORT or PLUME_HOST."
  );
}

function cannotAdmin(port: number): string {
  return (
    `Plume cannot listen on 127.0.0.1 port ${port}: another program has that port; ` +
    "stop it, set PLUME_ADMIN_PORT to another, or leave it out."
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function quit(code: number, sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(code);
}

/** Bytes of this process in memory; undefined while it has no file descriptor left to read that with. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
