import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { SocketClient } from "../support/socket-client.ts";
import { type Look, openBrowser, Person } from "./support.ts";

/** Where the tests of a file play: one browser, one server, and people who are there until a test ends. */
export interface Stage {
  readonly browser: Browser;
  readonly server: ServerProcess;
  /** Opens the page. @param url where that is not the server's own. */
  visit(name: string, look?: Look, url?: string): Promise<Person>;
  /** Opens the page and is in the room. @param server where it is not the stage's. @param url where that is not the server's own. */
  enter(name: string, look?: Look, server?: ServerProcess, url?: string): Promise<Person>;
  /** Comes into the lobby without a page, which costs a tenth: somebody who only talks, or is only there. */
  join(name: string): Promise<SocketClient>;
}

type Environment = Record<string, string>;

/**
 * Sets the stage for the file that calls it. After each test nobody may have seen a fault.
 * @param env settings of the server, as they are or as they are known just before it starts.
 */
export function setStage(env: Environment | (() => Promise<Environment>) = {}): Stage {
  vi.setConfig({ testTimeout: 60_000 });
  let stage: { browser: Browser; server: ServerProcess } | undefined;
  let people: Person[] = [];
  let clients: SocketClient[] = [];

  const standing = () => {
    if (!stage) throw new Error("the stage is there only while tests run");
    return stage;
  };
  const there = async (coming: Promise<Person>) => {
    const person = await coming;
    people.push(person);
    return person;
  };

  beforeAll(async () => {
    const start = async () => startServer({ env: typeof env === "function" ? await env() : env });
    const [browser, server] = await Promise.all([openBrowser(), start()]);
    stage = { browser, server };
  });
  afterEach(async () => {
    const faults = people.flatMap((person) => person.faults);
    await Promise.all(people.map((person) => person.leave()));
    people = [];
    for (const client of clients) client.close();
    clients = [];
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await stage?.browser.close();
    await stage?.server.stop();
  });

  return {
    get browser() {
      return standing().browser;
    },
    get server() {
      return standing().server;
    },
    visit: (name, look, url) => there(Person.visit(standing().browser, standing().server, name, look, url)),
    enter: (name, look, server = standing().server, url = server.url) =>
      there(Person.enter(standing().browser, server, name, look, url)),
    async join(name) {
      const { server } = standing();
      const client = await SocketClient.enter(server.url, server.token(name));
      clients.push(client);
      return client;
    },
  };
}
