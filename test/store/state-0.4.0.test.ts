import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mintToken } from "../../src/cli/token.ts";
import { parseEmail } from "../../src/login/address.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { SessionTokens } from "../../src/login/session-tokens.ts";
import { type ClientMessageV2, Type } from "../../src/protocol/v2.ts";
import { openState } from "../../src/server/open-state.ts";
import type { LoadedSecret } from "../../src/store/secret-file.ts";
import { loadStateSecret } from "../../src/store/state-directory.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { askServer } from "../support/state-content.ts";

let folder = "";
let directory = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plume-state-"));
  directory = join(folder, "state");
  cpSync(join(import.meta.dirname, "state-0.4.0"), directory, { recursive: true });
  rmSync(join(directory, "README.txt"));
  chmodSync(directory, 0o700);
  chmodSync(join(directory, "secret"), 0o600);
});
afterEach(() => rmSync(folder, { recursive: true }));

function tokenOf(name: string): string {
  const loaded = loadStateSecret(directory);
  if (loaded.kind === "wrong") throw new Error(loaded.sentence);
  const keys = keysFromSecret(loaded.secret);
  const minted = mintToken({ name, email: `${name}@example.org` }, keys, {
    clock: systemClock,
    random: systemRandom,
  });
  if (minted.kind === "wrong") throw new Error(minted.sentence);
  return minted.token;
}

const ask = (
  server: ServerProcess,
  name: string,
  messages: ClientMessageV2[],
  until: [type: number, count: number],
) => askServer(server.url, tokenOf(name), messages, until);

async function open(secret: LoadedSecret) {
  const effects = { clock: systemClock, random: systemRandom, logger: pino({ level: "silent" }) };
  const opened = await openState(directory, () => secret, effects);
  if (opened.kind !== "opened") throw new Error(opened.sentence);
  return opened;
}

it("the key that 0.4.0 made of its secret is written down, so that another secret makes nobody's name somebody else's", async () => {
  const annsHash = "ordCOriU6q12HVKy_TXWBA";
  const other: LoadedSecret = { kind: "loaded", secret: Buffer.alloc(32, "another") };
  for (const secret of [loadStateSecret(directory), other]) {
    const { state, ...keys } = await open(secret);
    await state.store.close();
    expect(new SessionTokens({ ...keys, clock: systemClock }).emailHash(annsEmail())).toBe(annsHash);
  }
  expect(readFileSync(join(directory, "plume-state"), "utf8")).toBe("format 2\n");
});

function annsEmail() {
  const parsed = parseEmail("ann@example.org");
  if (parsed.kind === "refused") throw new Error(parsed.problem);
  return parsed.email;
}

it("in a state directory of 0.4.0 each address becomes a person, whose the name is", async () => {
  const opened = await open(loadStateSecret(directory));
  const { names, people } = opened.state.people;
  const owners = names.map(({ key, owner }) => [key, people.find(({ id }) => id === owner)?.emailHash]);
  expect(owners).toEqual([
    ["ann", "ordCOriU6q12HVKy_TXWBA"],
    ["bob", "XM2zmpA0ywPddcm4btDbPw"],
  ]);
  await opened.state.store.close();
});

it("a state directory of 0.4.0 is carried over: rooms, lines, nonces, guests, and who was there", async () => {
  const env = { PLUME_STATE_DIR: directory, PLUME_SECRET_FILE: join(directory, "secret") };
  await using server = await startServer({ env });
  const epoch = "cY7scKvRc_7X";
  const again = { type: Type.Text, room: "garden", text: "once more", nonce: "b1" } as const;
  const bob = await ask(
    server,
    "bob",
    [
      { type: Type.Join, room: "garden", since: { epoch, seq: 0 } },
      again,
      { ...again, nonce: "b3" },
      { type: Type.Join, room: "cellar" },
    ],
    [Type.Joined, 2],
  );
  expect(bob.filter(({ type }) => type === Type.Joined)).toMatchObject([
    { room: "garden", epoch, first: 1, last: 8, from: 0, private: false },
    { room: "cellar", epoch: "WZVtfP3A5-Bb", first: 1, last: 3, private: true },
  ]);
  expect(bob.filter(({ type }) => type === Type.Ack)).toMatchObject([
    { nonce: "b1", seq: 5 },
    { nonce: "b3", seq: 9 },
  ]);
  expect(bob.filter((message) => "seq" in message && message.type !== Type.Ack).slice(0, 8)).toMatchObject([
    { type: Type.Entered, seq: 1, user: { name: "ann" } },
    { type: Type.Text, seq: 2, user: { name: "ann" }, text: "Good mornng" },
    { type: Type.Edited, seq: 3, of: 2, text: "Good morning" },
    { type: Type.Entered, seq: 4, user: { name: "bob" } },
    { type: Type.Text, seq: 5, text: "", deleted: true },
    { type: Type.Deleted, seq: 6, of: 5 },
    { type: Type.Departed, seq: 7, user: { name: "bob" } },
    { type: Type.Entered, seq: 8, user: { name: "bob" } },
  ]);

  const joinCellar: ClientMessageV2[] = [{ type: Type.Join, room: "cellar" }];
  const eve = await ask(server, "eve", joinCellar, [Type.Refused, 1]);
  expect(eve.at(-1)).toMatchObject({ code: "invite" });
  const ann = await ask(server, "ann", joinCellar, [Type.Presence, 1]);
  expect(ann.at(-1)).toMatchObject({ room: "cellar", count: 2, names: ["ann", "bob"] });

  await server.restart();
  const later = await ask(server, "bob", [{ type: Type.Join, room: "garden" }], [Type.Text, 3]);
  expect(later.filter(({ type }) => type === Type.Text).at(-1)).toMatchObject({ seq: 9, text: "once more" });
}, 60_000);
