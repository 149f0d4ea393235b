import { describe, expect, it } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import type { Writing } from "../../src/journal/disk.ts";
import type { Inbox, Journal } from "../../src/journal/journal.ts";

/** What comes of the commands of these tests. */
export type Effect =
  | { kind: "line"; seq: number; text: string }
  | { kind: "here"; name: string }
  | { kind: "gone"; name: string };

export interface Command {
  sender: string;
  n: number;
}

/** A journal under test, and where it keeps things. Each test has its own. */
export interface Setup {
  /** Opens a journal over what the one before it has kept. */
  open(inbox: Inbox<Command>): Promise<Journal<Command, Effect>>;
  /** What was kept, by key. */
  kept(): Promise<Record<string, string>>;
  /** From now on nothing can be kept, or it can again. */
  breakDown(isBroken: boolean): void;
  /** Has what is under way go on. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Writes down an effect, for journals that are given that. */
export function write(effect: Effect, { draft, owed }: Writing): void {
  switch (effect.kind) {
    case "line":
      draft.set(`line/${effect.seq}`, effect.text);
      break;
    case "here":
      owed.set(`here/${effect.name}`, "");
      break;
    case "gone":
      owed.set(`here/${effect.name}`, undefined);
  }
}

/** What every journal does. @param keeps whether what it keeps is there when it is opened again. */
export function describeJournal(
  name: string,
  setUp: () => Promise<Setup>,
  { keeps }: { keeps: boolean },
): void {
  /** Has a test run on a journal of its own. */
  const on = (test: (setup: Setup) => Promise<void>) => async () => {
    const setup = await setUp();
    try {
      await test(setup);
    } finally {
      await setup.close();
    }
  };
  describe(`the order of ${name}`, () => describeOrder(on));
  if (keeps) describe(`what ${name} keeps`, () => describeKeeping(on));
}

type On = (test: (setup: Setup) => Promise<void>) => () => Promise<void>;

function describeOrder(on: On): void {
  it(
    "is each sender's own, and has every command once that was accepted, and no other",
    on(async (setup) => {
      const { inbox, journal } = await opened(setup, 4);
      const accepted: Command[] = [];
      const send = async (sender: string) => {
        for (let n = 0; n < 50; n += 1) {
          const command = { sender, n };
          if (await journal.send(command)) accepted.push(command);
          if (n % 7 === 0) await setup.settle();
        }
      };
      const sending = Promise.all(["ann", "bob", "cleo"].map(send));
      const got: Command[] = [];
      for await (const command of inbox) {
        got.push(command);
        if (got.length === 100) journal.close();
      }
      await sending;
      expect(got.length).toBeGreaterThanOrEqual(100);
      expect(new Set(got)).toEqual(new Set(accepted));
      expect(got).toHaveLength(accepted.length);
      for (const sender of ["ann", "bob", "cleo"]) {
        const numbers = got.filter((command) => command.sender === sender).map(({ n }) => n);
        expect(numbers).toEqual(numbers.map((_, index) => index));
      }
    }),
  );

  it(
    "ends with what was accepted before it was closed; what comes after is refused",
    on(async (setup) => {
      const { inbox, journal } = await opened(setup, 2);
      const sent = [0, 1, 2].map((n) => journal.send({ sender: "ann", n }));
      await setup.settle();
      journal.close();
      journal.close();
      sent.push(journal.send({ sender: "ann", n: 3 }));
      expect(await Promise.all(sent)).toEqual([true, true, false, false]); // the third had no room
      const got = [];
      for await (const { n } of inbox) got.push(n);
      expect(got).toEqual([0, 1]);
    }),
  );

  it(
    "has a command come out as the very one that was sent, so that its sender can be answered",
    on(async (setup) => {
      const { inbox, journal } = await opened(setup, 1);
      const command = { sender: "ann", n: 1 };
      await journal.send(command);
      expect(inbox.tryReceive()).toEqual({ kind: "value", value: command });
      journal.close();
    }),
  );
}

function describeKeeping(on: On): void {
  it(
    "is there when it is opened again",
    on(async (setup) => {
      const { journal, keep } = await opened(setup);
      expect(await keep({ kind: "line", seq: 1, text: "hello" }, { kind: "here", name: "ann" })).toBe(
        "saved",
      );
      expect(await keep({ kind: "line", seq: 1, text: "" }, { kind: "line", seq: 2, text: "more" })).toBe(
        "saved",
      );
      journal.close();
      await opened(setup);
      expect(await setup.kept()).toEqual({ "here/ann": "", "line/1": "", "line/2": "more" });
    }),
  );

  it(
    "is, of a group that failed, nothing; but what is owed goes along with the next",
    on(async (setup) => {
      const { keep } = await opened(setup);
      await keep({ kind: "line", seq: 1, text: "hello" }, { kind: "here", name: "ann" });
      setup.breakDown(true);
      expect(await keep({ kind: "line", seq: 2, text: "lost" }, { kind: "here", name: "bob" })).toBe(
        "failed",
      );
      expect(await keep({ kind: "gone", name: "ann" })).toBe("failed");
      expect(await setup.kept()).toEqual({ "here/ann": "", "line/1": "hello" });
      setup.breakDown(false);
      expect(await keep({ kind: "here", name: "cleo" })).toBe("saved");
      const kept = { "here/bob": "", "here/cleo": "", "line/1": "hello" };
      expect(await setup.kept()).toEqual(kept);
      expect(await keep({ kind: "line", seq: 2, text: "found" })).toBe("saved");
      expect(await setup.kept()).toEqual({ ...kept, "line/2": "found" });
    }),
  );

  it(
    "is, of what is owed, the latest",
    on(async (setup) => {
      const { keep } = await opened(setup);
      setup.breakDown(true);
      await keep({ kind: "here", name: "ann" });
      await keep({ kind: "gone", name: "ann" }, { kind: "here", name: "bob" });
      setup.breakDown(false);
      expect(await keep()).toBe("saved");
      expect(await keep()).toBeUndefined(); // there is nothing to wait for
      expect(await setup.kept()).toEqual({ "here/bob": "" });
    }),
  );

  it(
    "is nothing once it is erased, nor what is still owed",
    on(async (setup) => {
      const { journal, keep } = await opened(setup);
      await keep({ kind: "here", name: "ann" }, { kind: "here", name: "bob" });
      setup.breakDown(true);
      await keep({ kind: "gone", name: "ann" }, { kind: "here", name: "cleo" });
      setup.breakDown(false);
      await setup.settle();
      journal.close();
      journal.erase([{ kind: "gone", name: "bob" }]);
      await setup.settle();
      expect(await setup.kept()).toEqual({});
    }),
  );
}

async function opened(setup: Setup, capacity = 8) {
  const inbox = new Channel<Command>({ capacity });
  const journal = await setup.open(inbox);
  const keep = async (...effects: Effect[]) => {
    const keeping = journal.keep(effects);
    await setup.settle();
    return keeping;
  };
  return { inbox, journal, keep };
}
