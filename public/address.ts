import { checkRoomName, findCode } from "./fields.ts";

/** What the part of the page's address after the `#` asks for. */
export type Address =
  | { kind: "none" }
  /** `#kitchen`, or `#kitchen?invite=…` for a private room. */
  | { kind: "room"; room: string; invite: string }
  /** No room can have this name. */
  | { kind: "no-room"; problem: string }
  /** `#code=ABC123`, from a mail. */
  | { kind: "code"; code: string };

/** Never throws; what is not understood asks for nothing. */
export function readAddress(hash: string): Address {
  const plain = hash.replace(/^#/, "");
  if (plain.startsWith("code=")) {
    const code = findCode(decode(plain.slice("code=".length)));
    return code === undefined ? { kind: "none" } : { kind: "code", code };
  }
  const [path = "", query = ""] = plain.split("?", 2);
  const room = cleanRoomName(decode(path));
  if (room === "") return { kind: "none" };
  const problem = checkRoomName(room);
  if (problem !== undefined) return { kind: "no-room", problem };
  return { kind: "room", room, invite: new URLSearchParams(query).get("invite") ?? "" };
}

export function roomAddress(room: string, invite = ""): string {
  const path = `#${encodeURIComponent(room)}`;
  return invite === "" ? path : `${path}?${new URLSearchParams({ invite })}`;
}

/** A room's name as it was typed, "# Kitchen Table", as rooms are named: "kitchen-table". The server has the last word. */
export function cleanRoomName(typed: string): string {
  return typed
    .normalize("NFKC")
    .trim()
    .replace(/^#+\s*/, "")
    .toLowerCase()
    .replace(/\s+/g, "-")
    .normalize("NFKC");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
