import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Command, parseCommand, type Settings } from "../../src/settings/settings.ts";
import { settingRows } from "../../src/settings/table.ts";
import { anyString } from "../support/any-string.ts";
import { relayOf } from "../support/mail-server.ts";

type Env = Record<string, string>;

const defaults: Settings = {
  production: false,
  host: "127.0.0.1",
  port: 4884,
  origins: { kind: "own" },
  mail: { kind: "terminal" },
  state: { kind: "memory" },
  secret: { kind: "random" },
  memoryBytes: undefined,
  adminPort: undefined,
  connectionsMax: 10_000,
  connectionsPerPeer: { max: 500, includesLoopback: false },
  messagePace: { kind: "limited", perSecond: 10, burst: 20 },
  mailsPerMinute: 60,
  mailsPerAddressPerHour: 6,
  mailsPerPeerPerHour: 60,
  historyMessages: 1000,
  trustedProxies: [],
  transport: "auto",
  logLevel: "info",
};

function settingsOf(command: Command): Settings {
  if ("settings" in command) return command.settings;
  throw new Error(`no settings: ${JSON.stringify(command)}`);
}

function sentenceOf(command: Command): string {
  if (command.kind === "wrong") return command.sentence;
  throw new Error(`nothing wrong: ${command.kind}`);
}

function variable(flag: string): string {
  return `PLUME_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
}

describe("parseCommand", () => {
  test("serves with Plume's defaults when told nothing", () => {
    expect(parseCommand([], {})).toEqual({ kind: "serve", settings: defaults });
  });

  const relay = relayOf("smtp://mail:25");
  const smtp = { kind: "smtp", relay, from: "plume@localhost" };
  test.each<[flag: string, value: string, settings: Record<string, unknown>]>([
    ["--host", "::", { host: "::" }],
    ["--host", "chat.lan", { host: "chat.lan" }],
    ["--port", "0", { port: 0 }],
    ["--port", "65535", { port: 65_535 }],
    ["--origins", "https://a.example", { origins: { kind: "listed", origins: ["https://a.example"] } }],
    [
      "--origins",
      "https://a.example, http://b.example:8080",
      { origins: { kind: "listed", origins: ["https://a.example", "http://b.example:8080"] } },
    ],
    ["--smtp-url", "smtp://mail:25", { mail: smtp }],
    [
      "--state-dir",
      "/var/lib/plume",
      {
        state: { kind: "directory", path: "/var/lib/plume" },
        secret: { kind: "state", directory: "/var/lib/plume" },
      },
    ],
    ["--secret-file", "/etc/plume/secret", { secret: { kind: "file", path: "/etc/plume/secret" } }],
    ["--max-clients", "1", { connectionsMax: 1 }],
    ["--max-clients-per-ip", "7", { connectionsPerPeer: { max: 7, includesLoopback: true } }],
    ["--messages-per-second", "0", { messagePace: { kind: "unlimited" } }],
    ["--messages-per-second", "3", { messagePace: { kind: "limited", perSecond: 3, burst: 20 } }],
    ["--message-burst", "1", { messagePace: { kind: "limited", perSecond: 10, burst: 1 } }],
    ["--mails-per-minute", "5", { mailsPerMinute: 5 }],
    ["--mails-per-address-per-hour", "1", { mailsPerAddressPerHour: 1 }],
    ["--mails-per-ip-per-hour", "600", { mailsPerPeerPerHour: 600 }],
    ["--history", "10", { historyMessages: 10 }],
    ["--transport", "ws", { transport: "ws" }],
    ["--transport", "uws", { transport: "uws" }],
    ["--log-level", "silent", { logLevel: "silent" }],
  ])("takes %s %s, and the same from the environment", (flag, value, settings) => {
    const expected = { kind: "serve", settings: { ...defaults, ...settings } };
    expect(parseCommand([flag, value], {})).toEqual(expected);
    expect(parseCommand([`${flag}=${value}`], {})).toEqual(expected);
    expect(parseCommand([], { [variable(flag)]: value })).toEqual(expected);
  });

  test("takes addresses and networks as trusted proxies", () => {
    const { trustedProxies } = settingsOf(parseCommand(["--trusted-proxies", "127.0.0.1, ::1,fd00::/8"], {}));
    const shown = trustedProxies.map(({ address, prefixBits }) => `${address}/${prefixBits}`);
    expect(shown).toEqual(["127.0.0.1/32", "::1/128", "fd00::/8"]);
  });

  test("prefers the flag to the environment, and the last flag to the first", () => {
    expect(settingsOf(parseCommand(["--port", "1"], { PLUME_PORT: "2" })).port).toBe(1);
    expect(settingsOf(parseCommand(["--port", "1", "--port", "3"], {})).port).toBe(3);
  });

  test("reads the environment it is given, not the process's, and leaves other variables alone", () => {
    expect(settingsOf(parseCommand([], { PATH: "/bin", PORT: "1", plume_port: "2" }))).toEqual(defaults);
  });

  test("checks settings before or after the command", () => {
    for (const argv of [
      ["check", "--port", "1"],
      ["--port", "1", "check"],
    ]) {
      const command = parseCommand(argv, { PLUME_HISTORY: "50" });
      if (command.kind !== "check") throw new Error(command.kind);
      const lines = command.inForce.map(({ setting, text, source }) => `${setting.flag} ${text} (${source})`);
      expect(lines).toHaveLength(settingRows.length);
      expect(lines).toContain("--port 1 (flag)");
      expect(lines).toContain("--history 50 (environment)");
      expect(lines).toContain("--host 127.0.0.1 (default)");
    }
  });

  test("masks the SMTP password where settings are shown, and keeps it where they are used", () => {
    const command = parseCommand(["check"], { PLUME_SMTP_URL: "smtps://u:hunter2@mail:465" });
    if (command.kind !== "check") throw new Error(command.kind);
    expect(JSON.stringify(command.inForce)).toContain("smtps://u:***@mail:465");
    expect(JSON.stringify(command.inForce)).not.toContain("hunter2");
    expect(command.settings.mail).toMatchObject({ relay: { login: { user: "u", password: "hunter2" } } });
  });

  test("makes a token for a name and an address, in production without a mail server too", () => {
    const argv = ["token", "--name", "Ada", "--email", "ada@example.org", "--secret-file", "s"];
    expect(parseCommand(argv, { NODE_ENV: "production" })).toMatchObject({
      kind: "token",
      name: "Ada",
      email: "ada@example.org",
      settings: { secret: { kind: "file", path: "s" } },
    });
  });

  test("signs with the file that is named, rather than with the state directory's own", () => {
    const env = { PLUME_STATE_DIR: "d" };
    expect(parseCommand([], env)).toMatchObject({ settings: { secret: { kind: "state", directory: "d" } } });
    expect(parseCommand(["--secret-file", "s"], env)).toMatchObject({
      settings: { secret: { kind: "file", path: "s" } },
    });
  });

  test("has a help that lists every setting with unit, range, default and variable", () => {
    for (const argv of [
      ["--help"],
      ["-h"],
      ["check", "--help"],
      ["token", "--help"],
      ["--port", "x", "--help"],
    ]) {
      const command = parseCommand(argv, { PLUME_NONSENSE: "1" });
      if (command.kind !== "help") throw new Error(command.kind);
      const text = command.text.replace(/\s+/g, " ");
      for (const { flag, unit, kind, fallbackText, environment } of settingRows) {
        expect(text).toContain(flag);
        expect(text).toContain(`[${unit}: ${kind.allowed}; default: ${fallbackText}; ${environment}]`);
      }
    }
  });

  test("tells the version of package.json", async () => {
    const { default: packageJson } = await import("../../package.json", { with: { type: "json" } });
    expect(parseCommand(["--version"], {})).toEqual({ kind: "version", text: `${packageJson.version}\n` });
  });
});

describe("a wrong setting is one sentence:", () => {
  test.each<[argv: string[], env: Env, says: string[]]>([
    [["--prot", "1"], {}, ["'--prot'", "did you mean --port?", "plume --help"]],
    [["check", "--prot=1"], {}, ["'--prot'", "did you mean --port?"]],
    [["--port"], {}, ["--port", "missing"]],
    [["--port", "abc"], {}, ['--port is "abc"', "0 to 65535", "default (4884)"]],
    [["--port", "65536"], {}, ['--port is "65536"', "0 to 65535"]],
    [["--port=-1"], {}, ['--port is "-1"', "0 to 65535"]],
    [[], { PLUME_PORT: "1e3" }, ['PLUME_PORT is "1e3"', "a whole number"]],
    [[], { PLUME_PORT: "" }, ["PLUME_PORT is empty", "leave it out"]],
    [[], { PLUME_PORT: " 80" }, ['PLUME_PORT is " 80"']],
    [[], { PLUME_PORT: "9\n9\u202e" }, ['"9\\u000a9\\u202e"']],
    [[], { PLUME_PROT: "1" }, ["PLUME_PROT", "did you mean PLUME_PORT?", "plume --help"]],
    [[], { PLUME_NONSENSE: "1" }, ["PLUME_NONSENSE", "is no setting"]],
    [["--host", "[::1]"], {}, ['"[::1]"', "without brackets"]],
    [["--host", "300.1.1.1"], {}, ['"300.1.1.1"', "an IP address"]],
    [["--origins", "chat.example.org"], {}, ['"chat.example.org"', "like https://chat.example.org"]],
    [["--origins", "https://a.example/"], {}, ["did you mean https://a.example?"]],
    [["--origins", "https://*.example"], {}, ['"https://*.example"', "exact origins"]],
    [["--origins", "https://a.example,"], {}, ['has ""']],
    [["--origins", "ftp://a.example"], {}, ['"ftp://a.example"']],
    [["--smtp-url", "mail:25"], {}, ['the scheme "mail:"', "smtp://host:25"]],
    [["--smtp-url", "smtp://"], {}, ["names no host"]],
    [["--smtp-url", "smtp://mail/x?y"], {}, ["more after host and port"]],
    [["--smtp-url", "smtp://mail?pool=true"], {}, ['the option "pool"', "?requireTLS, ignoreTLS, name"]],
    [["--mail-from", "Plume <a@b.example>", "--smtp-url", "smtp://m"], {}, ["without a display name"]],
    [["--log-level", "INFO"], {}, ['"INFO"', "info, warn"]],
    [["--trusted-proxies", "10.0.0.0/33"], {}, ['"10.0.0.0/33"', "CIDR"]],
    [["--trusted-proxies", "0.0.0.0/0"], {}, ["every address there is"]],
    [["--trusted-proxies", "proxy.lan"], {}, ['"proxy.lan"', "IP addresses"]],
    [["--history", "9"], {}, ["10 to 1000000"]],
    [["chek"], {}, ['"chek"', "did you mean check?"]],
    [["serve"], {}, ['"serve"', "none to start the server"]],
    [["check", "all"], {}, ['"all"', "leave it out"]],
    [["repair"], {}, ["plume repair needs PLUME_STATE_DIR", "set it to the directory"]],
    [["token", "--name", "Ada"], {}, ["--email"]],
    [
      ["token", "--name", "A", "--email", "a@b.example"],
      {},
      ["needs PLUME_STATE_DIR or PLUME_SECRET_FILE", "set it to"],
    ],
    [[], { NODE_ENV: "production" }, ["PLUME_SMTP_URL is not set", "NODE_ENV=production", "smtp://host:25"]],
    [["--mail-from", "a@b.example"], {}, ["--mail-from is set", "without PLUME_SMTP_URL"]],
    [["--max-clients", "5"], { PLUME_MAX_CLIENTS_PER_IP: "6" }, ["--max-clients", "at most 5"]],
    [["--mails-per-minute", "1", "--mails-per-address-per-hour", "61"], {}, ["at most 60"]],
    [["--mails-per-minute", "1", "--mails-per-ip-per-hour", "61"], {}, ["at most 60"]],
  ])("%j %j", (argv, env, says) => {
    const sentence = sentenceOf(parseCommand(argv, env));
    for (const part of says) expect(sentence).toContain(part);
    expect(sentence).toMatch(/^[^\n\r]+\.$/);
  });

  test.each([
    [["--smtp-url", "http://u:hunter2@mail"], {}],
    [["--smtp-url", "smtp://u:hunter2%@mail"], {}],
    [["--smtp-ulr=smtp://u:hunter2@mail"], {}],
    [["--smtp-url=hunter2"], {}],
    [[], { PLUME_SMTP_URL: "hunter2" }],
  ])("%j %j, without the password in it", (argv, env) => {
    expect(sentenceOf(parseCommand(argv, env))).not.toContain("hunter2");
  });
});

test("parseCommand never throws, and whatever is wrong is one line", () => {
  const flag = fc.constantFrom(
    ...settingRows.map((row) => row.flag),
    "--help",
    "--version",
    "--name",
    "--",
    "-x",
  );
  const word = fc.oneof(flag, fc.constantFrom("check", "repair", "token", "0", "1"), anyString());
  const argv = fc.array(
    fc.oneof(
      word,
      fc.tuple(flag, word).map(([a, b]) => `${a}=${b}`),
    ),
    { maxLength: 6 },
  );
  const name = fc.oneof(
    fc.constantFrom(...settingRows.map((row) => row.environment), "NODE_ENV"),
    anyString().map((rest) => `PLUME_${rest}`),
  );
  const value = fc.oneof(anyString(), fc.nat().map(String), fc.webUrl(), fc.ipV6());
  const env = fc.dictionary(name, value, { maxKeys: 4 });
  fc.assert(
    fc.property(argv, env, (someArgv, someEnv) => {
      const command = parseCommand(someArgv, someEnv);
      if (command.kind === "wrong") expect(command.sentence).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]+\.$/u);
    }),
    { numRuns: 2000 },
  );
});
