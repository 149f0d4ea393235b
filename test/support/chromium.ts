import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The browser that the tests drive. Throws a sentence that says what to install when there is none. */
export function findChromium(): string {
  const path = findOnPath("chromium");
  if (path === undefined) {
    throw new Error("The browser tests need chromium on PATH: on Debian run `apt-get install chromium`.");
  }
  return path;
}

/** Where a command is, as a shell would find it. */
export function findOnPath(command: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
