import { execFileSync } from "node:child_process";
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "./chromium.ts";

/** Runs once before all tests: what they need is there, and the product is built, unless it was. */
export default function setup(): void {
  ensureTools();
  if (isBuilt()) return;
  say("building …");
  const now = new Date();
  run("npm", ["run", "build", "--silent"]);
  writeFileSync(stamp, "");
  utimesSync(stamp, now, now); // what is changed while it builds is newer
}

const root = join(import.meta.dirname, "../..");
/** Written when a build is done: nothing that it was made of is newer. */
const stamp = join(root, "dist/.built");
const madeOf = ["src", "public", "package.json", "package-lock.json", "tsconfig.json"];

function isBuilt(): boolean {
  const builtMs = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return madeOf.every((name) => changedMs(join(root, name)) < builtMs);
}

/** When a file, or anything in a folder, was changed last; a folder itself is changed by what comes and goes in it. */
function changedMs(path: string): number {
  const inside = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: "utf8" }) : [];
  return Math.max(...["", ...inside].map((name) => statSync(join(path, name)).mtimeMs));
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
    cwd: root,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function say(line: string): void {
  process.stdout.write(`set-up: ${line}\n`);
}
