import { hostname, networkInterfaces } from "node:os";
import type { Logger } from "pino";
import type { State } from "../chat/recovery.ts";
import { limits } from "../limits.ts";
import { keysFromSecret, type ServerKeys } from "../login/keys.ts";
import { smtpMailer, terminalMailer } from "../login/mailer.ts";
import { memoryCeiling } from "../memory/ceiling.ts";
import { boundGarbage, watchResidentMemory } from "../memory/resident.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Stats } from "../metrics/table.ts";
import { openState } from "../server/open-state.ts";
import { Server } from "../server/server.ts";
import { settingsWarnings } from "../settings/report.ts";
import type { Settings } from "../settings/settings.ts";
import type { TransportName } from "../settings/table.ts";
import { type Clock, sleep } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import { nameOfMachine } from "../system/smtp-url.ts";
import { version } from "../system/version.ts";
import { listenAdmin } from "../transport/admin.ts";
import { chooseTransport } from "../transport/choose.ts";
import { Descriptors, openFilesMax } from "../transport/descriptors.ts";
import type { Listener } from "../transport/endpoint.ts";
import { Origins, ownOrigins } from "../transport/origins.ts";
import { createPeerOf } from "../transport/peer.ts";
import { PendingConnections, pendingLimits } from "../transport/pending-connections.ts";
import { StaticFiles } from "../transport/static-files.ts";
import type { Failure } from "./outcome.ts";
import { signingSecret } from "./token.ts";

/** What a server needs of the process it runs in. */
export interface ProcessEffects {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Writes a line to stdout: without a mail server, the login codes. False where nobody will read it. */
  print: (line: string) => boolean;
  /** Lines that nobody read, so far. */
  droppedLines: () => Stats["droppedLines"];
  /** Resident bytes of the process; undefined where the system cannot tell at the moment. */
  residentBytes: () => number | undefined;
  nodeVersion: string;
  /** Where the page's files are. */
  pageFolder: string;
}

/** A server that listens. */
export interface RunningServer {
  readonly kind: "running";
  readonly port: number;
  readonly transport: TransportName;
  /** What people type into a browser on this machine. */
  readonly url: string;
  /** Stops accepting, tells every client, saves, closes. Settles when the process may end. */
  stop(signal: string): Promise<void>;
}

/** Builds a server out of settings and effects, and listens. After a failure what was opened ends with the process. */
export async function serve(settings: Settings, effects: ProcessEffects): Promise<RunningServer | Failure> {
  const { clock, random, logger, print, droppedLines, residentBytes } = effects;
  for (const warning of settingsWarnings(settings)) logger.warn(warning);
  boundGarbage();

  const transport = await chooseTransport(settings.transport);
  if (transport.kind === "failed") return transport;
  for (const warning of transport.warnings) logger.warn(warning);
  const opened = await readState(settings, effects);
  if (opened.kind !== "opened") return opened;

  let origins = new Origins([]);
  const server = new Server(settings, {
    clock,
    random,
    logger,
    mailer:
      settings.mail.kind === "smtp"
        ? smtpMailer({ ...settings.mail, ehloName: () => nameOfMachine(origins.first, hostname()) }, clock)
        : terminalMailer(print),
    secret: opened.secret,
    addressKey: opened.addressKey,
    state: opened.state,
    publicUrl: () => origins.first,
  });
  let isListening = false;
  if (settings.adminPort !== undefined) {
    const build = { version, transport: transport.name, node: effects.nodeVersion };
    const metrics = createMetrics(() => ({ ...server.stats(), droppedLines: droppedLines() }), build);
    const isReady = () => isListening && server.healthy();
    const listens = await listenAdmin({ port: settings.adminPort, metrics, isReady });
    if (!listens) return adminPortTaken(settings.adminPort);
  }
  const peerOf = createPeerOf(settings.trustedProxies);
  const listener = await transport.listen({
    host: settings.host,
    port: settings.port,
    origins: (port) => {
      origins = originsOf(settings, port, logger);
      return origins;
    },
    peerOf,
    pending: new PendingConnections(pendingLimits(settings, openFilesMax(), peerOf), clock, logger),
    files: StaticFiles.load(effects.pageFolder),
    server,
    clock,
  });
  if (!listener) return portTaken(settings);
  isListening = true;
  const { bytes: ceilingBytes } = memoryCeiling(settings);
  watchResidentMemory({ clock, residentBytes, ceilingBytes, relieve: () => server.relieve() });
  const descriptors = new Descriptors({ listener, clock, logger });
  return {
    kind: "running",
    port: listener.port,
    transport: transport.name,
    url: urlOf(settings.host, listener.port),
    stop: (signal) => stop(signal, { server, listener, descriptors, clock, logger }),
  };
}

interface Stopping {
  server: Server;
  listener: Listener;
  descriptors: Descriptors;
  clock: Clock;
  logger: Logger;
}

async function stop(
  signal: string,
  { server, listener, descriptors, clock, logger }: Stopping,
): Promise<void> {
  const { connections } = server;
  logger.info({ signal, clients: connections }, "stopping");
  descriptors.stop();
  listener.stopAccepting();
  const inTime = await server.stop();
  if (!inTime)
    logger.warn({ clients: server.connections }, "stopped with clients that did not take all in time");
  if (connections > 0) await sleep(clock, limits.goodbyeMs);
  listener.destroy();
}

/** What a state directory has, and the keys. Without one nothing is kept. */
async function readState(
  settings: Settings,
  effects: ProcessEffects,
): Promise<({ kind: "opened"; state: State } & ServerKeys) | Failure> {
  const { state } = settings;
  const loadSecret = () => signingSecret(settings, effects.random);
  if (state.kind === "memory") {
    const loaded = loadSecret();
    return loaded.kind === "wrong" ? loaded : { kind: "opened", state, ...keysFromSecret(loaded.secret) };
  }
  const opened = await openState(state.path, loadSecret, effects);
  if (opened.kind === "opened") {
    const { rooms, people } = opened.state;
    effects.logger.info({ rooms: rooms.length, names: people.names.length }, "read what was saved");
  }
  return opened;
}

function originsOf({ origins, host }: Settings, port: number, logger: Logger): Origins {
  const tellRefused = (origin: string, setting: string) =>
    logger.warn(
      { origin },
      `pages from this origin may not connect; to let them, set PLUME_ORIGINS=${setting}`,
    );
  if (origins.kind === "listed") return new Origins(origins.origins, tellRefused);
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const interfaceAddresses = interfaces.map(({ address }) => address);
  return new Origins(ownOrigins({ host, port, interfaceAddresses }), tellRefused);
}

function urlOf(host: string, port: number): string {
  const isLocal = ["127.0.0.1", "::1", "0.0.0.0", "::"].includes(host);
  const name = isLocal ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function portTaken({ host, port }: Settings): Failure {
  return {
    kind: "failed",
    sentence:
      `Plume cannot listen on ${host} port ${port}: another program has that port, or the address is not this ` +
      "machine's; stop the other program, or set PLUME_PORT or PLUME_HOST.",
  };
}

function adminPortTaken(port: number): Failure {
  return {
    kind: "failed",
    sentence:
      `Plume cannot listen on 127.0.0.1 port ${port}: another program has that port; ` +
      "stop it, set PLUME_ADMIN_PORT to another, or leave it out.",
  };
}
