import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../support/server.ts";
import { openBrowser, Person } from "./support.ts";

/** Takes the README's pictures of the built page, with real people in a real room. */
const folder = join(import.meta.dirname, "../../public/screenshots");
mkdirSync(folder, { recursive: true });

await using server = await startServer();
const browser = await openBrowser();
const linus = await Person.visit(browser, server, "Linus");
await linus.page.screenshot({ path: join(folder, "join.png") });
await linus.logIn();
const nora = await Person.visit(browser, server, "Nora", { device: "phone", colorScheme: "dark" });
await nora.logIn();
const olga = await Person.visit(browser, server, "Ольга");
await olga.ask("Ольга", "olga@example.org");
await olga.code.fill(await server.codeFor("olga@example.org"));

const say = async (person: Person, text: string) => {
  await person.composer.fill(text);
  await person.button("Send").click();
  await linus.line(text.split("\n")[0] ?? "").waitFor();
};
await say(nora, "Morning! Is the new build up?");
await say(linus, "Since an hour ago. https://example.org/builds/4884");
await say(
  linus,
  "I typed through the whole tunnel on the train, and everything was still there when we came out on the other side.",
);
await say(olga, "Доброе утро! ☕");
await say(nora, "Lovely. What is left for today:\n– the poster\n– the photos\n– lunch at one?");
await say(linus, "Lunch at one. I will bring the photos 📷");
await nora.composer.fill("See you the");
await linus.page.screenshot({ path: join(folder, "chat.png") });
await nora.page.screenshot({ path: join(folder, "phone.png") });
await browser.close();
