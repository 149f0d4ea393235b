import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { mintToken } from "../../src/cli/token.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { loadSecret } from "../../src/store/secret-file.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { nameOf } from "./lines.ts";

/** How clients log in. */
export type Login =
  /** All are tabs of one person. */
  | { kind: "token"; token: string }
  /** Each is a person of its own. */
  | { kind: "secret"; secret: Uint8Array }
  /** Each is a person of its own and gets a code by mail, which the command prints. */
  | { kind: "command"; command: string; emailPattern: string };

/** What one client logs in with. */
export type Credential = { kind: "token"; token: string } | CodeCredential;

/** Asks for a code by mail, and finds it. */
export interface CodeCredential {
  kind: "code";
  name: string;
  email: string;
  /** Gives up when the signal says that the code is of no use any more. */
  code(signal: AbortSignal): Promise<string>;
}

/** What the command line says of the login. */
export interface LoginOptions {
  token: string | undefined;
  secretFile: string | undefined;
  command: string | undefined;
  emailPattern: string | undefined;
}

export const EMAIL_PATTERN = "load{n}@example.org";

/** How long a login command may wait for the mail. */
const CODE_MS_MAX = 60_000;

/** Throws a RangeError with a sentence for people. */
export function loginOf({ token, secretFile, command, emailPattern }: LoginOptions): Login {
  const ways = [token, secretFile, command].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw new RangeError("one of --token, --secret-file and --login-command is needed, to log in with");
  }
  if (emailPattern !== undefined && !emailPattern.includes("{n}")) {
    throw new RangeError("--email needs {n} in it, for each client has an address of its own");
  }
  if (command !== undefined) return { kind: "command", command, emailPattern: emailPattern ?? EMAIL_PATTERN };
  if (secretFile !== undefined) return { kind: "secret", secret: readSecret(secretFile) };
  return { kind: "token", token: token ?? "" };
}

export function credentialOf(login: Login, client: number): Credential {
  const name = nameOf(client);
  switch (login.kind) {
    case "token":
      return login;
    case "secret":
      return { kind: "token", token: sessionToken(name, login.secret, emailOf(EMAIL_PATTERN, client)) };
    case "command": {
      const email = emailOf(login.emailPattern, client);
      return { kind: "code", name, email, code: (signal) => codeFrom(login.command, [name, email], signal) };
    }
  }
}

/** Signs a session with a server's secret. */
export function sessionToken(name: string, secret: Uint8Array, email = `${name}@example.org`): string {
  const minted = mintToken({ name, email }, keysFromSecret(secret), {
    clock: systemClock,
    random: systemRandom,
  });
  if (minted.kind === "wrong") throw new Error(minted.sentence);
  return minted.token;
}

function emailOf(pattern: string, client: number): string {
  return pattern.replaceAll("{n}", String(client).padStart(4, "0"));
}

/** The command is a shell's, so that it can be a pipe; name and address are its arguments, so that none is taken for code. */
async function codeFrom(command: string, who: readonly string[], signal: AbortSignal): Promise<string> {
  const args = ["-c", `${command} "$@"`, "login-command", ...who];
  const { stdout } = await promisify(execFile)("sh", args, { timeout: CODE_MS_MAX, signal });
  return stdout.trim();
}

function readSecret(path: string): Uint8Array {
  const loaded = loadSecret(path);
  if (loaded.kind === "wrong") throw new RangeError(loaded.sentence.replace(/\.$/, ""));
  return loaded.secret;
}
