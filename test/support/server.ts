import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mintToken } from "../../src/cli/token.ts";
import { loadSecret } from "../../src/store/secret-file.ts";
import { systemClock } from "../../src/system/clock.ts";
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

/** The product as it is run: a process of its own, with a real mail server beside it. */
export interface RunningServer extends AsyncDisposable {
  /** `http://localhost:PORT`; stays the same across restarts. */
  readonly url: string;
  readonly mail: MailServer;
  readonly pid: number;
  /** What signs its sessions. */
  readonly secretFile: string;
  /** Where it keeps its state, if it does. */
  readonly stateDir: string;
  /** Everything it wrote to stderr, over all restarts. */
  log(): string;
  /** The code from the next mail to `email`. */
  codeFor(email: string): Promise<string>;
  /** A session token, as `plume token` prints it. */
  token(name: string, email?: string): string;
  kill(signal: NodeJS.Signals): void;
  /** How the process ended. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it with SIGTERM and waits. */
  halt(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Starts it again at the same port, after `halt` or `kill`. */
  resume(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the built product on a free port. */
export async function startServer({
  env = {},
  nodeOptions = [],
  ulimit = "",
  keepsState = false,
}: ServerOptions = {}): Promise<RunningServer> {
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
  const launchAt = (port: string) => launch({ ...settings, PLUME_PORT: port }, nodeOptions, ulimit, log);
  let child = launchAt(await freePort());
  const url = await listening(child, log);
  const loaded = loadSecret(secretFile);
  if (loaded.kind === "wrong") throw new Error(loaded.sentence);
  const codes = new Map<string, string[]>();

  const codeFor = async (email: string): Promise<string> => {
    for (;;) {
      const code = codes.get(email)?.shift();
      if (code !== undefined) return code;
      const next = await mail.next();
      for (const to of next.to) codes.set(to, [...(codes.get(to) ?? []), next.code]);
    }
  };
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return { code: child.exitCode, signal: child.signalCode };
  };
  const halt = () => {
    child.kill("SIGTERM");
    return ended();
  };
  const resume = async () => {
    child = launchAt(new URL(url).port);
    await listening(child, log);
  };
  const stop = async () => {
    child.kill("SIGKILL");
    await ended();
    await mail.close();
    rmSync(folder, { recursive: true });
  };
  return {
    url,
    mail,
    get pid() {
      return child.pid ?? 0;
    },
    secretFile,
    stateDir,
    log: () => log.join(""),
    codeFor,
    token(name, email = `${name.replaceAll(" ", "-")}@example.org`) {
      const minted = mintToken({ name, email }, loaded.secret, systemClock);
      if (minted.kind === "wrong") throw new Error(minted.sentence);
      return minted.token;
    },
    kill: (signal) => void child.kill(signal),
    ended,
    halt,
    resume,
    async restart() {
      await halt();
      await resume();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
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

function launch(
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
