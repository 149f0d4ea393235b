import { networkInterfaces } from "node:os";
import type { Logger } from "pino";
import type { State } from "../chat/recovery.ts";
import { limits } from "../limits.ts";
import { smtpMailer, terminalMailer } from "../login/mailer.ts";
import { memoryCeiling } from "../memory/ceiling.ts";
import { boundGarbage, watchResidentMemory } from "../memory/resident.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { openState } from "../server/open-state.ts";
import { Server } from "../server/server.ts";
import { settingsWarnings } from "../settings/report.ts";
import type { Settings } from "../settings/settings.ts";
import type { TransportName } from "../settings/table.ts";
import { type Clock, sleep } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
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
  /** Writes a line to stdout: without a mail server, the login codes. */
  print: (line: string) => void;
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
  const { clock, random, logger, print, residentBytes } = effects;
  for (const warning of settingsWarnings(settings)) logger.warn(warning);
  boundGarbage();

  const transport = await chooseTransport(settings.transport);
  if (transport.kind === "failed") return transport;
  for (const warning of transport.warnings) logger.warn(warning);
  const state = await readState(settings, effects);
  if (state.kind === "wrong" || state.kind === "failed") return state;
  const loaded = signingSecret(settings, random);
  if (loaded.kind === "wrong") return loaded;

  let origins = new Origins([]);
  const server = new Server(settings, {
    clock,
    random,
    logger,
    mailer: settings.mail.kind === "smtp" ? smtpMailer(settings.mail) : terminalMailer(print),
    secret: loaded.secret,
    state,
    publicUrl: () => origins.first,
  });
  let isListening = false;
  if (settings.adminPort !== undefined) {
    const build = { version, transport: transport.name, node: effects.nodeVersion };
    const metrics = createMetrics(() => server.stats(), build);
    const isReady = () => isListening && server.healthy();
    const listens = await listenAdmin({ port: settings.adminPort, metrics, isReady });
    if (!listens) return adminPortTaken(settings.adminPort);
  }
  const peerOf = createPeerOf(settings.trustedProxies);
  const listener = await transport.listen({
    host: settings.host,
    port: settings.port,
    origins: (port) => {
      origins = originsOf(settings, port);
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

/** What a state directory has. Without one nothing is kept. */
async function readState({ state }: Settings, effects: ProcessEffects): Promise<State | Failure> {
  if (state.kind === "memory") return state;
  const opened = await openState(state.path, effects);
  if (opened.kind === "saved") {
    effects.logger.info({ rooms: opened.rooms.length, names: opened.names.length }, "read what was saved");
  }
  return opened;
}

function originsOf({ origins, host }: Settings, port: number): Origins {
  if (origins.kind === "listed") return new Origins(origins.origins);
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const interfaceAddresses = interfaces.map(({ address }) => address);
  return new Origins(ownOrigins({ host, port, interfaceAddresses }));
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
