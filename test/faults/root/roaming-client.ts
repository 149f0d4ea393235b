/** A client in a process of its own: started with its options as JSON, says what it is told on stdin, prints its record when it ends. */
import { createInterface } from "node:readline";
import * as v from "valibot";
import { ResumingSocketClient } from "../../support/socket-client.ts";

const options = v.parse(
  v.object({ name: v.string(), token: v.string(), room: v.string(), url: v.string(), isHasty: v.boolean() }),
  JSON.parse(process.argv[2] ?? ""),
);
const client = new ResumingSocketClient(options);
await client.until("Joined", ({ since }) => since !== undefined);
process.stdout.write("in\n");

for await (const line of createInterface(process.stdin)) {
  const [order = "", ...words] = line.split(" ");
  const text = words.join(" ");
  if (order === "say") client.say(text);
  else if (order === "reconnect") client.reconnect();
  else await client.until(text, ({ current }) => [...current.entries.values()].includes(text), 60_000);
  if (order === "hear") break;
}
const { current, outbox, acked, epochs } = client.record;
process.stdout.write(
  `${JSON.stringify({ entries: [...current.entries], outbox, acked: [...acked], epochs: epochs.size })}\n`,
);
process.exit(0);
