import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { mintToken } from "../../src/cli/token.ts";
import { limits } from "../../src/limits.ts";
import { keysFromSecret } from "../../src/login/keys.ts";
import { BOT_NAME, MessageType } from "../../src/protocol/v1.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { withJumpingClock } from "../support/node-options.ts";
import { type ServerProcess, startServer, transports } from "../support/server-process.ts";
import { ResumingSocketClient, SocketClient } from "../support/socket-client.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Wall time that is not jumped over: what the test itself takes. */
const exactMs = 10_000;

it.concurrent.each(transports)(
  "with %s, when the wall clock jumps, lines have the new time and nothing else is another",
  async (transport) => {
    const shiftsMs = [hourMs, -hourMs, dayMs, -dayMs, 0];
    await using server = await startServer({
      env: { PLUME_TRANSPORT: transport },
      nodeOptions: withJumpingClock(shiftsMs),
    });
    const absent = await SocketClient.enter(server.url, server.token("absent"));
    absent.close();
    await using ann = ResumingSocketClient.of(server, "ann");
    const quiet = await SocketClient.enter(server.url, server.token("quiet"));
    const pings: boolean[] = [];
    const old = expiredToken(server, 2 * dayMs);

    for (const [n, shiftMs] of shiftsMs.entries()) {
      const newcomer = await SocketClient.connect(server.url);
      newcomer.hello(`newcomer ${n}`, `newcomer${n}@example.org`);
      const code = await server.codeFor(`newcomer${n}@example.org`);
      const talker = await SocketClient.enter(server.url, server.token(`talker ${n}`));
      const from = performance.now();
      const heard = await sayTooMuch(talker, 1);

      server.kill("SIGUSR2");
      const pinged = quiet.pinged(500);
      await saysAt(ann, Date.now() + shiftMs);
      const heardNow = await sayTooMuch(talker, 2);
      const seconds = (performance.now() - from) / 1000;
      expect(heard + heardNow).toBeLessThanOrEqual(
        limits.messageBurst + limits.messagesPerSecond * seconds + 1,
      );
      await refuses(server, server.token("absent", "attacker@example.org"), MessageType.MayNotEnter);
      await SocketClient.enter(server.url, server.token("absent")).then((back) => back.close());
      newcomer.send(
        MessageType.Auth,
        code.replace(/./g, (symbol) => (symbol === "Z" ? "Y" : "Z")),
      );
      expect(await newcomer.next()).toMatchObject({ type: MessageType.AuthRst });
      await newcomer.auth(code);
      await refuses(server, code, MessageType.AuthRst);
      await refuses(server, old, MessageType.AuthRst);
      pings.push(await pinged);
      await sleep(200); // the pace goes on: two more lines may be said
      talker.say(`again ${n}`);
      await talker.until(({ text }) => text === `again ${n}`);
      for (const client of [newcomer, talker]) client.close();
    }
    expect(pings.filter((isPinged) => isPinged).length).toBeLessThan(2); // one in half a minute is due
    expect(ann.closeCodes).toEqual([]);
    quiet.say("still here");
    await quiet.until(({ text }) => text === "still here");
  },
);

/** Says more than is allowed at once, until some of it is refused. Returns how many lines the room has heard. */
async function sayTooMuch(client: SocketClient, round: number): Promise<number> {
  const lines = 2 * limits.messageBurst;
  for (let n = 1; n <= lines; n += 1) client.say(`too much ${round} ${n}`);
  let heard = 0;
  for (let answers = 0; answers < lines; ) {
    const { user, text } = await client.next();
    const isRefusal =
      user.name === BOT_NAME && /^not sent: too many messages .*, try again in 1 s/.test(text);
    const isHeard = text.startsWith(`too much ${round} `);
    heard += Number(isHeard);
    answers += Number(isRefusal || isHeard);
  }
  return heard;
}

/** Says lines until one has this time, for a signal takes a moment to arrive. */
async function saysAt(member: ResumingSocketClient, wallMs: number): Promise<void> {
  for (let n = 1; Math.abs(member.record.lastAtMs - wallMs) > exactMs; n += 1) {
    const { size } = member.record.acked;
    member.say(`what time is it, ${wallMs}, ${n}`);
    await member.until("an ack", ({ acked }) => acked.size > size);
    await sleep(100);
  }
}

/** A session that ended so long ago. */
function expiredToken({ secretFile }: ServerProcess, agoMs: number): string {
  const clock = { ...systemClock, now: () => Date.now() - limits.sessionValidMs - agoMs };
  const minted = mintToken(
    { name: "old", email: "old@example.org" },
    keysFromSecret(readFileSync(secretFile)),
    {
      clock,
      random: systemRandom,
    },
  );
  return minted.kind === "token" ? minted.token : minted.sentence;
}

async function refuses({ url }: ServerProcess, codeOrToken: string, answer: number): Promise<void> {
  const client = await SocketClient.connect(url);
  client.send(MessageType.Auth, codeOrToken);
  expect(await client.next()).toMatchObject({ type: answer });
  client.close();
}
