import { execFileSync } from "node:child_process";

/** A network of its own on this machine, joined to it by one link that can go down without a word. */
export interface Namespace extends Disposable {
  /** This machine's address, as those in the network see it. */
  readonly host: string;
  /** What starts a program in it. */
  readonly enter: readonly string[];
  setLink(state: "up" | "down"): void;
}

/** @param number from 0 to 255, another for each that is there at once. */
export function openNamespace(number: number): Namespace {
  const name = `plume-${process.pid}-${number}`;
  const [outside, inside] = [`pl${number}a${process.pid % 10_000}`, `pl${number}b${process.pid % 10_000}`];
  const [host, guest] = [`10.213.${number}.1`, `10.213.${number}.2`];
  ip("netns", "add", name);
  ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name);
  ip("address", "add", `${host}/24`, "dev", outside);
  ip("link", "set", outside, "up");
  ip("-n", name, "address", "add", `${guest}/24`, "dev", inside);
  ip("-n", name, "link", "set", inside, "up");
  return {
    host,
    enter: ["ip", "netns", "exec", name],
    setLink: (state) => ip("link", "set", outside, state),
    [Symbol.dispose]: () => ip("netns", "delete", name), // and its link with it
  };
}

function ip(...args: string[]): void {
  execFileSync("ip", args);
}
