/** Runs once before all tests: builds the product. */
import { execFileSync } from "node:child_process";

export default function setup(): void {
  execFileSync("npm", ["run", "build", "--silent"], {
    stdio: "inherit",
    cwd: `${import.meta.dirname}/../..`,
  });
}
