import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../src/limits.ts";
import { metricsTable } from "../src/metrics/table.ts";
import { goodbyes } from "../src/protocol/close.ts";
import { MessageType } from "../src/protocol/v1.ts";
import {
  clientMessage,
  entryCodes,
  refusalCodes,
  rejectionCodes,
  serverMessage,
  Type,
} from "../src/protocol/v2.ts";
import { settingRows } from "../src/settings/table.ts";

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

  it("lists every metric, and no other", () => {
    const info = "| `plume_build_info` | gauge | version, transport, node | 1, with what is running |";
    const rows = metricsTable.map(
      ({ name, type, label, help }) => `| \`${name}\` | ${type} | ${label ?? ""} | ${help} |`,
    );
    expect(section("metrics")).toEqual([
      "| metric | type | label | meaning |",
      "|---|---|---|---|",
      ...rows,
      info,
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

  it("lists every message of version 2 with its direction and fields, and every code in one", () => {
    const documented = section("v2").map((row) => row.split(" | ").slice(0, 4).join(" | "));
    const rows = [
      ...clientMessage.options.map((schema) => inTable(schema, "client → server")),
      ...serverMessage.options.map((schema) => inTable(schema, "server → client")),
    ];
    expect(documented.slice(2)).toEqual(rows);
    expect(codesOf("Refused")).toEqual(refusalCodes);
    expect(codesOf("AuthRst")).toEqual(rejectionCodes);
    expect(codesOf("MayNotEnter")).toEqual(entryCodes);
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
    const flat = readme.replace(/\s+/g, " ");
    expect(figures.filter((figure) => !flat.includes(figure))).toEqual([]);
  });

  it("links to nothing that is not there, and has every folder of the source in its map", () => {
    const links = [...readme.matchAll(/(?:\]\(|src=")((?!http)[^)#"]+)/g)].map(([, path = ""]) => path);
    const missing = links.filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).map(({ name }) => `src/${name}`);
    expect(folders.filter((folder) => !links.includes(folder))).toEqual([]);
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
  const [, codes = ""] = readme.split(`\n${message} has one of these codes: `);
  const [paragraph = ""] = codes.split("\n\n");
  return [...paragraph.matchAll(/`([a-z-]+)`/g)].map(([, code = ""]) => code);
}

/** The lines of a table between its marker and the end. */
function section(name: string): string[] {
  const text = readme.split(`<!-- ${name}`)[1] ?? "";
  const [, ...lines] = (text.split(/<!-- end -->|\n##+ (?!Close)/)[0] ?? "").split("\n");
  return lines.filter((line) => line.startsWith("|"));
}
