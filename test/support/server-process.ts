import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mintToken } from "../../src/cli/token.ts";
import { keysFromSecret, type ServerKeys } from "../../src/login/keys.ts";
import { loadAddressKey } from "../../src/store/address-key.ts";
import { loadSecret } from "../../src/store/secret-file.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { type MailServer, startMailServer } from "./mail-server.ts";

const main = join(import.meta.dirname, "../../dist/main.js");

/** What a client sees is the same with each of them. */
export const transports = ["uws", "ws"] as const;

export interface ServerOptions {
  /** Settings on top of the tests' own, as in the environment: `{ PLUME_HISTORY: "16" }`. */
  env?: Record<string, string>;
  /** Options for Node. */
  nodeOptions?: readonly string[];
  /** What the process may use, as the shell's `ulimit` takes it: `-n 100`. Nothing: whatever this process may. */
  ulimit?: string;
  /** Whether it has a state directory, with a secret of its own. */
  keepsState?: boolean;
}

/** What a server process is made of. */
interface Parts extends Pick<ServerProcess, "url" | "mail" | "secretFile" | "stateDir"> {
  /** Starts the process, at the same port each time. */
  launch: () => ChildProcess;
  child: ChildProcess;
  /** Where its files are. */
  folder: string;
  log: string[];
  keepsState: boolean;
}

type Ending = { code: number | null; signal: NodeJS.Signals | null };

/** Starts the built product on a free port. */
export async function startServer({
  env = {},
  nodeOptions = [],
  ulimit = "",
  keepsState = false,
}: ServerOptions = {}): Promise<ServerProcess> {
  const mail = await startMailServer();
  const folder = mkdtempSync(join(tmpdir(), "plume-test-"));
  const stateDir = join(folder, "state");
  const secretFile = join(keepsState ? stateDir : folder, "secret");
  if (!keepsState) writeFileSync(secretFile, "a secret of the tests, which is long enough", { mode: 0o600 });
  const settings = {
    PLUME_SMTP_URL: mail.url,
    ...(keepsState ? { PLUME_STATE_DIR: stateDir } : { PLUME_SECRET_FILE: secretFile }),
    ...env,
  };
  const log: string[] = [];
  const launchAt = (port: string) => spawnServer({ ...settings, PLUME_PORT: port }, nodeOptions, ulimit, log);
  const { child, url } = await launchOnFreePort(launchAt, log);
  const launch = () => launchAt(new URL(url).port);
  return new ServerProcess({ launch, child, url, mail, secretFile, stateDir, folder, log, keepsState });
}

/** The product as it is run: a process of its own, with a real mail server beside it. */
export class ServerProcess implements AsyncDisposable {
  /** `http://localhost:PORT`; stays the same across restarts. */
  readonly url: string;
  readonly mail: MailServer;
  /** What signs its sessions. */
  readonly secretFile: string;
  /** Where it keeps its state, if it does. */
  readonly stateDir: string;
  readonly #launch: () => ChildProcess;
  readonly #folder: string;
  /** What it wrote to stderr, over all restarts. */
  readonly #log: string[];
  readonly #keepsState: boolean;
  /** Codes of mails that nobody has asked for, by address. */
  readonly #codes = new Map<string, string[]>();
  #child: ChildProcess;

  /** For `startServer`. */
  constructor({ launch, child, url, mail, secretFile, stateDir, folder, log, keepsState }: Parts) {
    this.#launch = launch;
    this.#child = child;
    this.url = url;
    this.mail = mail;
    this.secretFile = secretFile;
    this.stateDir = stateDir;
    this.#folder = folder;
    this.#log = log;
    this.#keepsState = keepsState;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Everything it wrote to stderr, over all restarts. */
  log(): string {
    return this.#log.join("");
  }

  /** The code from the next mail to `email`. */
  async codeFor(email: string): Promise<string> {
    for (;;) {
      const code = this.#codes.get(email)?.shift();
      if (code !== undefined) return code;
      const next = await this.mail.next();
      for (const to of next.to) this.#codes.set(to, [...(this.#codes.get(to) ?? []), next.code]);
    }
  }

  /** A session token, as `plume token` prints it. */
  token(name: string, email = `${name.replaceAll(" ", "-")}@example.org`): string {
    const minted = mintToken({ name, email }, this.#keys(), { clock: systemClock, random: systemRandom });
    if (minted.kind === "wrong") throw new Error(minted.sentence);
    return minted.token;
  }

  /** What the server has now: a test may give it other files. */
  #keys(): ServerKeys {
    const loaded = loadSecret(this.secretFile);
    if (loaded.kind === "wrong") throw new Error(loaded.sentence);
    const derived = keysFromSecret(loaded.secret);
    if (!this.#keepsState) return derived;
    const loadedKey = loadAddressKey(this.stateDir);
    if (loadedKey.kind === "wrong") throw new Error(loadedKey.sentence);
    return loadedKey.kind === "former" ? derived : { ...derived, addressKey: loadedKey.addressKey };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** How the process ended. */
  async ended(): Promise<Ending> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return { code: child.exitCode, signal: child.signalCode };
  }

  /** Ends it with SIGTERM and waits. */
  halt(): Promise<Ending> {
    this.kill("SIGTERM");
    return this.ended();
  }

  /** Starts it again at the same port, after `halt` or `kill`. */
  async resume(): Promise<void> {
    this.#child = this.#launch();
    await listening(this.#child, this.#log);
  }

  async restart(): Promise<void> {
    await this.halt();
    await this.resume();
  }

  async stop(): Promise<void> {
    this.kill("SIGKILL");
    await this.ended();
    await this.mail.close();
    rmSync(this.#folder, { recursive: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Tries another port when some other program was faster, as other tests that start servers are at times. */
async function launchOnFreePort(
  launchAt: (port: string) => ChildProcess,
  log: string[],
): Promise<{ child: ChildProcess; url: string }> {
  for (;;) {
    const port = await freePort();
    const child = launchAt(port);
    try {
      return { child, url: await listening(child, log) };
    } catch (error) {
      if (!log.join("").includes(`port ${port}: another program has that port`)) throw error;
      log.length = 0;
    }
  }
}

/**
 * A port for a server that may be started again: one that the server found itself (port 0) can't be listened on again
 * while the connections it had fade out. Below the ports that the system gives to clients, so that none of them has it.
 */
export async function freePort(): Promise<string> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    const listening = await once(server, "listening").then(
      () => true,
      () => false, // taken
    );
    if (!listening) continue;
    await new Promise((resolve) => server.close(resolve));
    return String(port);
  }
}

function spawnServer(
  settings: Record<string, string>,
  nodeOptions: readonly string[],
  ulimit: string,
  log: string[],
): ChildProcess {
  const { PATH, HOME } = process.env;
  const command = [process.execPath, ...nodeOptions, main];
  const shell = ulimit === "" ? [] : ["sh", "-c", `ulimit ${ulimit}; exec "$@"`, "sh"];
  const [program = "", ...args] = [...shell, ...command];
  const child = spawn(program, args, { env: { PATH, HOME, ...settings } });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.push(text));
  return child;
}

/** Waits for the line with the URL. */
async function listening(child: ChildProcess, log: string[]): Promise<string> {
  if (!child.stdout) throw new Error("the server has no stdout");
  for await (const line of createInterface(child.stdout)) {
    const url = /^Plume listens on (http:\S+)$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error(`the server ended before it listened:\n${log.join("")}`);
}

/** Bytes of a process in memory, as the system has them. */
export function residentBytesOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return 1024 * Number(kib);
}
