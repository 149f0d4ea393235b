/** A member in a process of its own: started with its options as JSON, says what it is told on stdin, prints its book when it ends. */
import { createInterface } from "node:readline";
import * as v from "valibot";
import { WireMember } from "../../support/wire-member.ts";

const options = v.parse(
  v.object({ name: v.string(), token: v.string(), room: v.string(), url: v.string(), isHasty: v.boolean() }),
  JSON.parse(process.argv[2] ?? ""),
);
const member = new WireMember(options);
await member.until("Joined", ({ since }) => since !== undefined);
process.stdout.write("in\n");

for await (const line of createInterface(process.stdin)) {
  const [order = "", ...words] = line.split(" ");
  const text = words.join(" ");
  if (order === "say") member.say(text);
  else if (order === "reconnect") member.reconnect();
  else await member.until(text, ({ stay }) => [...stay.entries.values()].includes(text), 60_000);
  if (order === "hear") break;
}
const { stay, outbox, acked, stays } = member.book;
process.stdout.write(
  `${JSON.stringify({ entries: [...stay.entries], outbox, acked: [...acked], stays: stays.size })}\n`,
);
process.exit(0);
