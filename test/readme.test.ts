import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../src/limits.ts";
import { goodbyes } from "../src/protocol/close.ts";
import { MessageType } from "../src/protocol/message.ts";
import { settingRows } from "../src/system/settings-table.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the README", () => {
  it("lists every setting with its default, and no other", () => {
    const rows = settingRows.map(
      ({ environment, fallbackText, meaning, unit }) =>
        `| \`${environment}\` | ${fallbackText} | ${unit} | ${meaning} |`,
    );
    expect(section("settings")).toEqual([
      "| variable | default | unit | meaning |",
      "|---|---|---|---|",
      ...rows,
    ]);
  });

  it("lists every message type and every close code, with its reason and who comes back", () => {
    const rows = section("types");
    const types = rows
      .filter((row) => /^\| \d \|/.test(row))
      .map((row) => row.split(" | ").slice(0, 2).join(" "));
    expect(types).toEqual(Object.entries(MessageType).map(([name, type]) => `| ${type} ${name}`));
    const codes = rows.filter((row) => /^\| \d{4} \|/.test(row));
    const all = Object.values(goodbyes).sort((a, b) => a.code - b.code);
    expect(codes).toEqual(all.map(({ code, reason, retry }) => `| ${code} | ${reason} | ${retry} |`));
  });

  it("gives the limits as they are in the code", () => {
    const figures = [
      `${limits.nameBytesMax} bytes each`,
      `a line: ${limits.textBytesMax.toLocaleString("en")} bytes`,
      `a frame: ${limits.frameBytesMax.toLocaleString("en")} bytes`,
      `${limits.messagesPerSecond} messages a second, ${limits.messageBurst} at once`,
      `${limits.bytesPerSecond / 1024} KiB a second, ${limits.byteBurst / 1024} KiB at once`,
      `${limits.messageBurst * limits.floodBursts} refusals on top`,
      `${limits.inboxFrames.toLocaleString("en")} frames or ${limits.inboxBytes / 1024} KiB`,
      `a code: ${limits.codeValidMs / 60_000} minutes, ${limits.codeTries} tries`,
      `${limits.mailsPerAddressAtOnce} at once and ${limits.mailsPerAddressPerHour} an hour to an address`,
      `${limits.mailsPerPeerAtOnce} at once and ${limits.mailsPerPeerPerHour} an hour from a network address`,
      `${limits.mailsPerMinute} a minute in all`,
      `history: ${limits.history.toLocaleString("en")} lines, ${limits.historyBytes / 1024 ** 2} MiB`,
      `${limits.clientsMax.toLocaleString("en")} sockets`,
      `${limits.nameUnusedMs / 86_400_000} days`,
    ];
    expect(figures.filter((figure) => !readme.includes(figure))).toEqual([]);
  });

  it("links to nothing that is not there, and has every folder of the source in its map", () => {
    const links = [...readme.matchAll(/(?:\]\(|src=")((?!http)[^)#"]+)/g)].map(([, path = ""]) => path);
    const missing = links.filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).map(({ name }) => `src/${name}`);
    expect(folders.filter((folder) => !links.includes(folder))).toEqual([]);
  });
});

/** The lines of a table between its marker and the end. */
function section(name: string): string[] {
  const text = readme.split(`<!-- ${name}`)[1] ?? "";
  const [, ...lines] = (text.split(/<!-- end -->|\n## /)[0] ?? "").split("\n");
  return lines.filter((line) => line.startsWith("|"));
}
