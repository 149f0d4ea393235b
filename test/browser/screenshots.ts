import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../support/server-process.ts";
import { openBrowser, Person } from "./support.ts";

/** Takes the pictures of README and docs from the built page: real people, in two real rooms, one of them on a phone. */
const folder = join(import.meta.dirname, "../../public/screenshots");
mkdirSync(folder, { recursive: true });

await using server = await startServer();
const browser = await openBrowser();
const linus = await Person.visit(browser, server, "Linus");
await linus.logIn();
const nora = await Person.visit(browser, server, "Nora", { device: "phone", colorScheme: "dark" });
await nora.logIn();
const olga = await Person.visit(browser, server, "Ольга", { colorScheme: "dark" });
await olga.ask("Ольга", "olga@example.org");
await olga.code.fill(await server.codeFor("olga@example.org"));
await olga.composer.waitFor();

const say = async (person: Person, text: string, heard: Person = linus) => {
  await person.say(text);
  await heard.line(text.slice(0, 14)).waitFor();
};
await say(nora, "Morning! Is the new build up?");
await say(linus, "Since an hour ago. https://example.org/builds/4884");
await say(linus, "I typed through the whole tunnel on the train, and everything was there when we came out.");
await say(olga, "Доброе утро! ☕");
await say(nora, "Lovely. What is left for today:\n– the poster\n– the photos\n– lunch at one?");
await say(olga, "@Linus can you bring the photos? `npm run build` is green 🎉");
await say(linus, "I will. Lunch at one.");

await olga.page.goto(`${server.url}/#kitchen`);
await olga.composer.waitFor();
await linus.page.goto(`${server.url}/#kitchen`);
await say(olga, "The oven is on.");
await say(linus, "Then I bring bread.", olga);
await say(nora, "@Linus where do we meet?", nora);
await linus.page.getByText("@ 1").waitFor();
await linus.page.screenshot({ path: join(folder, "rooms.png") });
await linus.page.goto(`${server.url}/#lobby`);
await linus.line("where do we meet").waitFor();
await nora.composer.pressSequentially("See you the");
await linus.page.screenshot({ path: join(folder, "chat.png") });
await nora.page.screenshot({ path: join(folder, "phone.png") });
await browser.close();
