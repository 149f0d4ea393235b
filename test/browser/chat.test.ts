import { describe, expect, test } from "vitest";
import { setStage } from "./stage.ts";

const stage = setStage();
const { visit, enter } = stage;

describe("two people", () => {
  test("log in with mailed codes and chat", async () => {
    const [ada, bo] = await Promise.all([visit("Ada"), visit("Bo", { device: "phone" })]);
    await ada.logIn();
    await bo.logIn();
    await ada.line("Bo came in").waitFor();
    await ada.say("Hello\nover two lines, see example.org");
    const heard = bo.line("over two lines");
    expect(await heard.locator("p[dir]").textContent()).toBe("Hello\nover two lines, see example.org");
    expect(await heard.locator(".name").textContent()).toBe("Ada");
    expect(await heard.locator("time").textContent()).toMatch(/^\d\d:\d\d$/);
    const link = heard.getByRole("link", { name: "example.org" });
    expect(await link.getAttribute("href")).toBe("https://example.org/");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    expect(await ada.line("over two lines").getAttribute("class")).toContain("own");
    await bo.logOut();
    await ada.line("Bo left").waitFor();
  });

  test("see what anybody types as text, never as page", async () => {
    const [eve, ada] = [await enter("Eve"), await enter("Ada")];
    const attacks = [
      "<img src=x onerror=\"document.title='owned'\">",
      "<script>document.title='owned'</script>",
      "javascript:document.title='owned' https://example.org/\"onmouseover=\"document.title='owned'",
      "<style>body{display:none}</style><svg onload=document.title='owned'>",
    ];
    for (const attack of attacks) await eve.say(attack);
    for (const attack of attacks) expect(await ada.line(attack).locator("p[dir]").textContent()).toBe(attack);
    await ada.log.getByRole("link").last().hover();
    expect(await ada.page.title()).toBe("Plume");
    expect(await ada.log.locator("img, script, style, [onmouseover]").count()).toBe(0);
  });
});

describe("one person", () => {
  test("stays in after a reload and in a second tab, until they log out", async () => {
    const ada = await visit("Ann");
    await ada.logIn();
    await ada.page.reload();
    await ada.composer.waitFor();
    const tab = await ada.page.context().newPage();
    await tab.goto(stage.server.url);
    await tab.getByLabel("Your message").fill("from my other tab");
    await tab.keyboard.press("Enter");
    await ada.line("from my other tab").waitFor();
    await ada.logOut();
    await tab.getByText("You logged out in another tab.").waitFor();
    await ada.page.reload();
    await ada.page.getByLabel("Name").waitFor();
  });

  test("is told at the field when a name or an address is not possible, and keeps what was typed", async () => {
    const person = await visit("Zoe");
    await person.ask("plumebot");
    const problem = person.page.locator("#name-remark");
    await problem.getByText("plumebot").waitFor();
    await expect.poll(() => person.focused()).toBe("Name");
    expect(await person.page.getByLabel("Name").getAttribute("aria-invalid")).toBe("true");
    expect(await person.page.getByLabel("Mail address").inputValue()).toBe(person.email);
    await person.ask("Zoe", "zoe@nowhere");
    await person.page.locator("#email-remark").getByText("mail address").waitFor();
    await expect.poll(() => person.focused()).toBe("Mail address");
  });

  test("hears at once that the name is somebody’s, and after the code that it is somebody else’s", async () => {
    const owner = await enter("Max");
    const other = await visit("Max");
    await other.ask("Max", "another.max@example.org");
    await other.page.getByText("Max is somebody’s name already").waitFor();
    await other.code.fill(await stage.server.codeFor("another.max@example.org"));
    await other.page.getByText("If it is yours, give the address that you took it with").waitFor();
    await expect.poll(() => other.focused()).toBe("Name");
    await owner.say("Still me.");
    await owner.line("Still me.").waitFor();
  });

  test("comes in by the link in the mail, in a tab of its own", async () => {
    const person = await visit("Lin");
    await person.ask();
    await person.code.waitFor();
    const tab = await person.page.context().newPage();
    await tab.goto(`${stage.server.url}/#code=${await stage.server.codeFor(person.email)}`);
    await tab.getByLabel("Your message").waitFor();
    expect(new URL(tab.url()).hash).toBe("");
  });

  test.each(["each frame", "slow frames"])(
    "may type a wrong code, then the right one in any shape: %s",
    async (frames) => {
      const person = await visit("Kim");
      await person.ask();
      await person.code.waitFor();
      if (frames === "slow frames") await person.drawSlowly();
      await person.code.fill("wrong1");
      await person.page.getByText("4 tries left").waitFor();
      expect(await person.page.evaluate("getSelection().toString()")).toBe("WRONG1");
      const code = await stage.server.codeFor(person.email);
      // What has no code in it costs no try, and the code is found among what a mail has around it.
      await person.paste("Your Plume login code is in this mail");
      await person.page.getByText("There is no code in this").waitFor();
      await person.code.fill("");
      await person.paste(`code is\n\n    ${code}\n\nIt logs you in as Kim.`);
      await person.composer.waitFor();
    },
  );

  test("can ask for another code when one is void", async () => {
    const person = await visit("Lou");
    await person.ask();
    await stage.server.codeFor(person.email);
    for (let tries = 4; tries >= 0; tries -= 1) {
      await person.code.fill("wrong1");
      await person.page
        .getByText(tries > 0 ? new RegExp(`${tries} (try|tries) left`) : "this one is void")
        .waitFor();
    }
    await expect.poll(() => person.focused()).toBe("Send another code");
    await person.button("Send another code").click();
    await person.code.fill(await stage.server.codeFor(person.email));
    await person.composer.waitFor();
  });

  test("hears that no mail can be sent to an address", async () => {
    const person = await visit("Pat");
    stage.server.mail.failNext(550);
    await person.ask();
    await person.page.getByRole("alert").getByText("No mail can be sent to this address").waitFor();
    await person.button("Use another name or address").click();
    expect(await person.page.getByLabel("Mail address").inputValue()).toBe(person.email);
  });
});
