import { once } from "node:events";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import WebSocket from "ws";
import { findChromium } from "../support/chromium.ts";
import type { ServerProcess } from "../support/server-process.ts";

const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

/** The real browser. Close it when the tests of a file are done. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: flags.split(" ") });
}

/** Script of the page. */
const labelOf =
  "({ labels, ariaLabel, textContent }) => labels?.[0]?.textContent ?? ariaLabel ?? textContent";

export const devices = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  narrowPhone: { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 800 } },
} as const;

export interface Look {
  device?: keyof typeof devices;
  colorScheme?: "light" | "dark";
}

/**
 * Says many lines in the lobby at once, as a program does, until `reader` has the last one. A mark behind the number keeps it
 * apart from the time.
 */
export async function flood(
  server: ServerProcess,
  reader: Person,
  text: string,
  lines: number,
): Promise<void> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/connect`);
  await once(socket, "open");
  const send = (type: number, line: string) => socket.send(JSON.stringify({ type, text: line }));
  send(2, server.token("Flo"));
  for (let n = 0; n < lines; n += 1) {
    send(1, `${text} ${n};`);
    if (n % 50 === 0) await new Promise((later) => setTimeout(later, 20));
  }
  await reader.line(`${text} ${lines - 1};`).waitFor();
  socket.close();
}

/** One person at a browser of their own. */
export class Person {
  readonly page: Page;
  readonly name: string;
  readonly email: string;
  /** What must never happen: violations of the page's policy, and errors nobody caught. */
  readonly faults: string[] = [];
  readonly #server: ServerProcess;
  #look: Required<Look>;

  private constructor(page: Page, name: string, server: ServerProcess, look: Required<Look>) {
    this.page = page;
    this.#look = look;
    this.name = name;
    const letters = name.toLowerCase().replace(/[^a-z0-9]+/g, ".");
    this.email = `${letters === "." ? Buffer.from(name).toString("hex") : letters}@example.org`;
    this.#server = server;
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (/policy|violat/i.test(message.text())) this.faults.push(message.text());
    });
  }

  /** Opens the page. @param url where it is opened. */
  static async visit(
    browser: Browser,
    server: ServerProcess,
    name: string,
    look: Look = {},
    url = server.url,
  ): Promise<Person> {
    const person = await Person.#arrive(browser, server, name, look);
    await person.page.goto(url);
    return person;
  }

  /** Opens the page and is in the room, by a token instead of a mail. @param url where it is opened. */
  static async enter(
    browser: Browser,
    server: ServerProcess,
    name: string,
    look: Look = {},
    url = server.url,
  ): Promise<Person> {
    const person = await Person.#arrive(browser, server, name, look);
    const kept = {
      "plume.token": server.token(name, person.email),
      "plume.name": name,
      "plume.email": person.email,
    };
    // Once, for who logs out stays out.
    await person.page.context().addInitScript(`if (localStorage.getItem("test.kept") === null)
      Object.assign(localStorage, { "test.kept": "", ...${JSON.stringify(kept)} });`);
    await person.page.goto(url);
    await person.composer.waitFor();
    await person.log.locator("li").first().waitFor();
    return person;
  }

  /** With a blank page. */
  static async #arrive(browser: Browser, server: ServerProcess, name: string, look: Look): Promise<Person> {
    const { device = "desktop", colorScheme = "light" } = look;
    const context = await browser.newContext({ ...devices[device], colorScheme });
    // Chromium's offline mode leaves sockets alone that are open or on their way, so tests close them.
    await context.addInitScript(`globalThis.sockets = [];
      globalThis.WebSocket = class extends WebSocket {
        constructor(...given) {
          super(...given);
          sockets.push(this);
          this.addEventListener("open", () => globalThis.isAway && this.close());
        }
      };`);
    return new Person(await context.newPage(), name, server, { device, colorScheme });
  }

  /** Turns to another look, as a tablet does that is put down at dusk. Settles when nothing moves any more. */
  async wear({ device = "desktop", colorScheme = "light" }: Look): Promise<void> {
    if (device !== this.#look.device) await this.page.setViewportSize(devices[device].viewport);
    if (colorScheme !== this.#look.colorScheme) await this.page.emulateMedia({ colorScheme });
    this.#look = { device, colorScheme };
    await this.page.evaluate(`Promise.allSettled(document.getAnimations()
      .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
      .map(({ finished }) => finished)).then(() => {})`);
  }

  /** Fills in the join form. */
  async ask(name = this.name, email = this.email): Promise<void> {
    await this.nameField.fill(name);
    await this.page.getByLabel("Mail address").fill(email);
    await this.page.getByRole("button", { name: "Send me a code" }).click();
  }

  /** Logs in as people do. */
  async logIn(): Promise<void> {
    await this.ask();
    const code = await this.#server.codeFor(this.email);
    await this.code.fill(code);
    await this.composer.waitFor();
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    if (this.#look.device === "desktop") await this.composer.press("Enter");
    else await this.page.getByRole("button", { name: "Send", exact: true }).click();
  }

  /** Pastes into what has the focus, as a browser does: a field of one line loses the line breaks. `files`: names of pictures. */
  async paste(text: string, files: readonly string[] = []): Promise<void> {
    await this.page.evaluate(`{
      const clipboardData = new DataTransfer();
      if (${text !== ""}) clipboardData.setData("text/plain", ${JSON.stringify(text)});
      for (const name of ${JSON.stringify(files)}) clipboardData.items.add(new File(["x"], name, { type: "image/png" }));
      const input = document.activeElement;
      const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      if (input.dispatchEvent(pasted)) document.execCommand("insertText", false, ${JSON.stringify(text)});
    }`);
  }

  /** What this person has deleted is gone for good, as when they leave the page. */
  async decide(): Promise<void> {
    await this.page.evaluate("dispatchEvent(new Event('pagehide')), dispatchEvent(new Event('pageshow'))");
  }

  /** From now on the page is drawn some 7 times a second, and the server answers in between. */
  async drawSlowly(): Promise<void> {
    await this.page.evaluate("requestAnimationFrame = (draw) => setTimeout(draw, 150)");
  }

  /** Says more than the server takes at once, as no page does, so that lines of this person fail. */
  async sayTooMuch(): Promise<void> {
    this.#server.kill("SIGSTOP");
    for (let n = 1; n <= 8; n += 1) await this.say(`one of many: ${n}`);
    this.#server.kill("SIGCONT");
    await this.outgoing.getByText("not sent:").first().waitFor();
  }

  /** The network is back, says the browser: the page does not wait until its next try. */
  async hurry(): Promise<void> {
    await this.page.evaluate("dispatchEvent(new Event('online'))");
  }

  /** Loses the server while a line is on the wire. It is to be resumed. */
  async loseServerWhileSaying(text: string): Promise<void> {
    this.#server.kill("SIGSTOP");
    await this.say(text);
    await this.outgoing.getByText("sending…").waitFor();
    this.#server.kill("SIGKILL");
    await this.#server.ended();
  }

  /** The network goes away; see the sockets of `#arrive`. `reconnect` brings it back. */
  async disconnect(): Promise<void> {
    await this.page.context().setOffline(true);
    await this.page.evaluate("globalThis.isAway = true, sockets.forEach((socket) => socket.close())");
  }

  async reconnect(): Promise<void> {
    await this.page.evaluate("globalThis.isAway = false");
    await this.page.context().setOffline(false);
  }

  /** Comes into another room by its name. */
  async goTo(room: string): Promise<void> {
    if (this.#look.device !== "desktop") await this.button(/^Show the rooms/).click();
    await this.page.getByLabel("Another room").fill(room);
    await this.button("Go there").click();
    await this.page.getByRole("heading", { name: room, level: 1 }).waitFor();
  }

  async logOut(): Promise<void> {
    await this.button("Settings").click();
    await this.button(/^Log out$/).click();
    await this.nameField.waitFor();
  }

  /** What is shown of the conversation: everybody's lines, in order. */
  async transcript(): Promise<string[]> {
    return await this.log.locator(".message .text p[dir]").allTextContents();
  }

  /** Of the login; the settings speak of names too. */
  get nameField(): Locator {
    return this.page.getByLabel("Name", { exact: true });
  }

  get code(): Locator {
    return this.page.getByLabel("Login code");
  }

  get composer(): Locator {
    return this.page.getByLabel("Your message");
  }

  get log(): Locator {
    return this.page.getByRole("log");
  }

  get status(): Locator {
    return this.page.locator(".status-bar");
  }

  get outgoing(): Locator {
    return this.page.getByRole("list", { name: "Not delivered yet" });
  }

  /** A room in the list of rooms. */
  room(name: string): Locator {
    return this.page.getByRole("link", { name: new RegExp(`^${name}`) });
  }

  /** An entry of the conversation that has this text in it: what is under way is no part of the log. */
  line(text: string): Locator {
    return this.log.locator("li").filter({ hasText: text }).first();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name });
  }

  /** Whatever has the focus, by its label or text. */
  async focused(): Promise<string> {
    return String(await this.page.evaluate(`(${labelOf})(document.activeElement)`));
  }

  /** Whatever could have the focus, by its label or text. */
  async focusable(): Promise<string[]> {
    const labels: unknown = await this.page.evaluate(
      `[...document.querySelectorAll("a, button, input, select, textarea, [tabindex]")].map(${labelOf})`,
    );
    if (!Array.isArray(labels)) throw new Error("the page did not answer with a list");
    return labels.map(String);
  }

  /** What axe finds wrong with the page as it is now, one line each. */
  async axe(): Promise<string[]> {
    const isThere = await this.page.evaluate("'axe' in globalThis");
    if (isThere !== true) {
      const { default: axe } = await import("axe-core"); // half a second, and one file needs it
      await this.page.evaluate(axe.source);
    }
    const found: unknown = await this.page.evaluate(
      "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary])))",
    );
    if (!Array.isArray(found)) throw new Error("axe did not answer with a list");
    return found.map((violation) => violation.join(" "));
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
