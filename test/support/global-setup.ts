import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { findOnPath } from "./chromium.ts";

/** Runs once before all tests: what they need is there, and the product is built. */
export default function setup(): void {
  ensureTools();
  say("building …");
  run("npm", ["run", "build", "--silent"]);
}

/** Programs that the tests run and npm does not bring, with the Debian packages they are in. */
const tools = [
  { command: "chromium", packages: ["chromium", "fonts-noto-color-emoji"] },
  { command: "systemd-analyze", packages: ["systemd"] },
];

function ensureTools(): void {
  const missing = tools.filter(({ command }) => findOnPath(command) === undefined);
  if (missing.length === 0) return;
  const commands = missing.map(({ command }) => command).join(" and ");
  const install = [
    "install",
    "-y",
    "--no-install-recommends",
    ...missing.flatMap(({ packages }) => packages),
  ];
  if (process.getuid?.() !== 0 || findOnPath("apt-get") === undefined) {
    throw new Error(
      `The tests need ${commands} on PATH: on Debian run \`apt-get ${install.join(" ")}\` as root.`,
    );
  }
  say(`${commands} missing: installing, which takes a minute or two …`);
  run("apt-get", ["update", "-q"]);
  run("apt-get", install);
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, {
    stdio: "inherit",
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function say(line: string): void {
  process.stdout.write(`set-up: ${line}\n`);
}
