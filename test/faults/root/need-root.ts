import { findOnPath } from "../../support/chromium.ts";

/** Runs once before: tells what is missing, for nothing is left out in silence. */
export default function setup(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(
      "npm run test:faults needs root, for network namespaces and a disk of its own: run it as root, or in a container " +
        "with CAP_NET_ADMIN and CAP_SYS_ADMIN. What needs no root is in npm test, in a short version.",
    );
  }
  if (findOnPath("ip") === undefined) {
    throw new Error("npm run test:faults needs ip: on Debian run `apt-get install -y iproute2`.");
  }
}
