/** README.md and docs/ say what the code does. These tests hold them to it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../src/limits.ts";
import { metricsTable } from "../src/metrics/table.ts";
import { goodbyes } from "../src/protocol/close.ts";
import { MessageType } from "../src/protocol/v1.ts";
import {
  clientMessage,
  entryCodes,
  parseClientFrame,
  parseServerFrame,
  refusalCodes,
  rejectionCodes,
  serverMessage,
  Type,
} from "../src/protocol/v2.ts";
import { settingRows } from "../src/settings/table.ts";

const root = join(import.meta.dirname, "..");
const README = "README.md";
const README_LINES_MAX = 250;
const TOUR_FILES_MAX = 20;

/** The pages by their path from the repository's root. */
const pages = new Map(
  [README, ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].map((path) => [
    path,
    readFileSync(join(root, path), "utf8"),
  ]),
);
const readme = page(README);
const protocol = page("docs/protocol.md");
const operating = page("docs/operating.md");

describe("the page on operating", () => {
  it("lists every setting with its default, and no other", () => {
    const rows = settingRows.map(
      ({ environment, fallbackText, meaning, unit }) =>
        `| \`${environment}\` | ${fallbackText} | ${unit} | ${meaning} |`,
    );
    expect(tableOf(operating, "settings")).toEqual([
      "| variable | default | unit | meaning |",
      "|---|---|---|---|",
      ...rows,
    ]);
  });

  it("lists every metric, and no other", () => {
    const info = "| `plume_build_info` | gauge | version, transport, node | 1, with what is running |";
    const rows = metricsTable.map(
      ({ name, type, label, help }) => `| \`${name}\` | ${type} | ${label ?? ""} | ${help} |`,
    );
    expect(tableOf(operating, "metrics")).toEqual([
      "| metric | type | label | meaning |",
      "|---|---|---|---|",
      ...rows,
      info,
    ]);
  });
});

describe("the page on the protocol", () => {
  it("lists every message type of version 1", () => {
    const types = tableOf(protocol, "types").map((row) => row.split(" | ").slice(0, 2).join(" "));
    expect(types.slice(2)).toEqual(Object.entries(MessageType).map(([name, type]) => `| ${type} ${name}`));
  });

  it("lists every close code with its reason and who comes back", () => {
    const all = Object.values(goodbyes).sort((a, b) => a.code - b.code);
    expect(tableOf(protocol, "codes").slice(2)).toEqual(
      all.map(({ code, reason, retry }) => `| ${code} | ${reason} | ${retry} |`),
    );
  });

  it("lists every message of version 2 with its direction and fields, and every code in one", () => {
    const documented = tableOf(protocol, "v2").map((row) => row.split(" | ").slice(0, 4).join(" | "));
    const rows = [
      ...clientMessage.options.map((schema) => inTable(schema, "client → server")),
      ...serverMessage.options.map((schema) => inTable(schema, "server → client")),
    ];
    expect(documented.slice(2)).toEqual(rows);
    expect(codesOf("Refused")).toEqual(refusalCodes);
    expect(codesOf("AuthRst")).toEqual(rejectionCodes);
    expect(codesOf("MayNotEnter")).toEqual(entryCodes);
  });

  it("shows a conversation of which each frame is one of version 2, with no field that is not", () => {
    const [, fenced = ""] = part(protocol, "conversation").split("```");
    const frames = fenced.replaceAll(/\n +/g, "").trim().split("\n");
    expect(frames.length).toBeGreaterThan(10);
    for (const frame of frames) {
      const json = frame.slice(2);
      const read = frame.startsWith("→") ? parseClientFrame(json) : parseServerFrame(json);
      const messages = read.kind === "frame" ? read.messages : [];
      const sent: unknown = JSON.parse(json);
      const meant = (Array.isArray(sent) ? sent : [sent]).map((message) => ({ kind: "message", message }));
      expect(messages, frame).toEqual(meant);
    }
  });
});

describe("the pages", () => {
  it("gives the limits as they are in the code", () => {
    const figures = [
      `${limits.nameBytesMax} bytes each`,
      `a line: ${limits.textBytesMax.toLocaleString("en")} bytes`,
      `a frame: ${limits.frameBytesMax.toLocaleString("en")} bytes`,
      `${limits.messagesPerSecond} messages a second, ${limits.messageBurst} at once`,
      `${limits.bytesPerSecond / 1024} KiB a second, ${limits.byteBurst / 1024} KiB at once`,
      `${limits.messageBurst * limits.floodBursts} refusals on top`,
      `${limits.answeredBytesPerSecond / 1024 ** 2} MiB a second, ${limits.answeredByteBurst / 1024 ** 2} MiB at once`,
      `what ${limits.peoplePerPeer} people may`,
      `${limits.connectionsPerPerson} connections of a person`,
      `Over ${limits.connectionsPerPerson} connections`,
      `${limits.roomsPerPerson} rooms that a person is in, on all connections; ${limits.roomsOpenedPerPerson} that they have opened`,
      `${limits.roomsOpenedPerPeerPerDay} a day opened from a network address`,
      `${limits.guestsPerRoom.toLocaleString("en")} people whom a private room has let in`,
      `${limits.inboxFrames.toLocaleString("en")} frames or ${limits.inboxBytes / 1024} KiB`,
      `a code: ${limits.codeValidMs / 60_000} minutes, ${limits.codeTries} tries`,
      `${limits.codesPerAddress} codes for an address and a network address`,
      `${limits.codeTriesPerPeerAtOnce} at once, ${limits.codeTriesPerPeerPerHour} an hour`,
      `${limits.nameAnswersPerPeerAtOnce} times at once and ${limits.nameAnswersPerPeerPerHour} an hour`,
      `up to ${limits.pagePathCharacters} characters`,
      `${limits.mailPauseMs / 1000}, 4, 8 … ${limits.mailPauseMsMax / 1000} s`,
      `After ${limits.mailLateMs / 1000} s the person is told`,
      `it has ${limits.mailTimeoutMs / 1000} s each time; then it has ${limits.mailAnswerMs / 60_000} minutes`,
      `${limits.mailsPerAddressAtOnce} at once and ${limits.mailsPerAddressPerHour} an hour for each network address that asks, ${limits.mailboxNetworks} times that`,
      `${limits.outputBytes / 1024} KiB of lines`,
      `up to ${limits.outputFlushMs} ms`,
      `a stop: ${limits.stopTimeoutMs / 1000} seconds, of which mails that are under way have ${limits.stopMailMs / 1000}`,
      `over ${limits.sleepMs / 1000} s late`,
      `due up to ${limits.wakeGraceMs / 1000} s after the wake`,
      `${limits.mailsPerPeerPart * limits.mailsPerPeerPerHour} at once and ${limits.mailsPerPeerPerHour} an hour from a network address`,
      `${limits.mailsPerMinute} a minute in all`,
      `history: ${limits.history.toLocaleString("en")} messages; ${limits.historyBytes / 1024 ** 2} MiB in the lobby`,
      `${limits.roomsMax.toLocaleString("en")} rooms, ${limits.roomsPerConnection} for a connection`,
      `the room's last ${limits.nonces.toLocaleString("en")}`,
      `up to ${limits.messagesPerFrame} of them`,
      `empty for ${limits.roomEmptyMs / 3_600_000} hours`,
      `to ${limits.roomNameCharacters} letters, digits`,
      `good for ${limits.inviteValidMs / 86_400_000} days`,
      `still there for ${limits.graceMs / 1000} s`,
      `${limits.connectionsMax.toLocaleString("en")} sockets`,
      `each may have ${limits.receivedShareBytes / 1024} KiB`,
      `${limits.unsentBytesSoft / 1024} KiB unsent to a client`,
      `over ${limits.roomsShare} only as many as are left for all`,
      `the last ${(0.75 * limits.reserveBytes) / 1024 ** 2} MiB`,
      `${limits.nameUnusedMs / 86_400_000} days`,
    ];
    const flat = `${operating} ${protocol}`.replace(/\s+/g, " ");
    expect(figures.filter((figure) => !flat.includes(figure))).toEqual([]);
  });

  it("link to nothing that is not there, neither a file nor a heading", () => {
    const broken = [...pages.keys()].flatMap((path) =>
      linksOf(path)
        .filter(({ target, anchor }) => !isThere(target, anchor))
        .map(({ target, anchor }) => `${path} → ${target}${anchor && `#${anchor}`}`),
    );
    expect(broken).toEqual([]);
  });

  it("are all linked from the README", () => {
    const linked = linksOf(README).map(({ target }) => target);
    expect([...pages.keys()].filter((path) => path !== README && !linked.includes(path))).toEqual([]);
  });

  it("name only scripts of package.json, and only tests that are there", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
    const text = [...pages.values()].join("\n");
    const named = [...text.matchAll(/npm (?:run ([\w:-]+)|(start|test)\b)/g)].map(
      ([, run, short]) => run ?? short ?? "",
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const runs = [...text.matchAll(/npm run test:load -- ([\w/.-]+)/g)];
    expect(runs).not.toEqual([]);
    for (const [run, filter = ""] of runs)
      expect(
        tests.filter((file) => file.startsWith("load/") && file.includes(filter)),
        run,
      ).not.toEqual([]);
  });
});

describe("the README", () => {
  it(`is read in a minute: it has fewer than ${README_LINES_MAX} lines`, () => {
    expect(readme.split("\n").length).toBeLessThanOrEqual(README_LINES_MAX);
  });

  it("gives figures of speed as the page of benchmarks has them", () => {
    const [, paragraph = ""] = readme.split("**Millions of deliveries a second.**");
    const figures = (paragraph.split("\n- ")[0] ?? "").match(/\d[\d,.]*\d(?: ms|\/s)?/g) ?? [];
    expect(figures.length).toBeGreaterThan(3);
    const benchmarks = page("docs/benchmarks.md");
    expect(figures.filter((figure) => !benchmarks.includes(figure))).toEqual([]);
  });

  it("has every part of the source in its code map, each of which imports only what stands above it", () => {
    const parts = [...readme.matchAll(/^\| \[`(src\/[^`]+)`\]/gm)].map(([, part = ""]) => part);
    expect([...parts].sort()).toEqual(
      readdirSync(join(root, "src"))
        .map((name) => `src/${name}`)
        .sort(),
    );
    const partOf = (path: string) => path.split("/").slice(0, 2).join("/");
    const downwards = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => {
        const path = `src/${name}`;
        const text = readFileSync(join(root, path), "utf8");
        return [...text.matchAll(/ from "(\.[^"]+)"/g)]
          .map(([, target = ""]) => posix.join(posix.dirname(path), target))
          .filter((target) => parts.indexOf(partOf(target)) > parts.indexOf(partOf(path)))
          .map((target) => `${path} → ${target}`);
      });
    expect(downwards).toEqual([]);
  });
});

describe("the tour", () => {
  const lines = part(page("docs/tour.md"), "tour").match(/^\d+\. .*$/gm) ?? [];
  const steps = lines.map((line) => {
    const [, number, file = "", link, sentence] = /^(\d+)\. \[`(.+?)`\]\((.+?)\): (.+)$/.exec(line) ?? [];
    return { number: Number(number), file, link, sentence };
  });

  it(`leads a line from bytes to bytes, back to the same socket, through at most ${TOUR_FILES_MAX} files`, () => {
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
    expect(steps.length).toBeGreaterThan(2);
    expect(new Set(steps.map(({ file }) => file)).size).toBeLessThanOrEqual(TOUR_FILES_MAX);
    expect(steps.at(-1)?.file).toBe(steps[0]?.file);
  });

  it("goes through files that are there", () => {
    expect(steps.map(({ link }) => link)).toEqual(steps.map(({ file }) => `../${file}`));
    expect(steps.map(({ file }) => file).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it("says one sentence of each", () => {
    expect(lines.filter((_, index) => !/^\p{Lu}[^.]*\.$/u.test(steps[index]?.sentence ?? ""))).toEqual([]);
  });
});

/** A message's schema as a row of the table, without its meaning. */
function inTable(
  { entries }: { entries: { type: { literal: number } } & object },
  direction: string,
): string {
  const name = Object.entries(Type).find(([, type]) => type === entries.type.literal)?.[0];
  const fields = Object.entries(entries)
    .filter(([field]) => field !== "type")
    .map(([field, schema]) => (isOptional(schema) ? `${field}?` : field));
  return `| ${entries.type.literal} | ${name} | ${direction} | ${fields.join(", ")}`;
}

function isOptional(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "type" in schema && schema.type === "optional";
}

/** The codes that such a message can have; a field beside them has a capital in it. */
function codesOf(message: string): string[] {
  const [, codes = ""] = protocol.split(`\n${message} has one of these codes: `);
  const [paragraph = ""] = codes.split("\n\n");
  return [...paragraph.matchAll(/`([a-z-]+)`/g)].map(([, code = ""]) => code);
}

function page(path: string): string {
  const text = pages.get(path);
  if (text === undefined) throw new Error(`there is no ${path}`);
  return text;
}

/** What stands between a marker and its end. */
function part(text: string, marker: string): string {
  const [, marked = ""] = text.split(`<!-- ${marker}`);
  return marked.split("<!-- end -->")[0] ?? "";
}

/** The lines of the table in a marked part. */
function tableOf(text: string, marker: string): string[] {
  return part(text, marker)
    .split("\n")
    .filter((line) => line.startsWith("|"));
}

/** The links and pictures of a page that lead into the repository; `target` is a path from its root. */
function linksOf(path: string): { target: string; anchor: string }[] {
  return [...page(path).matchAll(/(?:\]\(|src=")((?!https?:)[^)"\s]+)/g)].map(([, link = ""]) => {
    const [file = "", anchor = ""] = link.split("#");
    return { target: file === "" ? path : posix.join(posix.dirname(path), file), anchor };
  });
}

function isThere(target: string, anchor: string): boolean {
  if (anchor === "") return existsSync(join(root, target));
  return headingsOf(pages.get(target) ?? "").includes(anchor);
}

/** The anchors of a page's headings, as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
