import * as v from "valibot";
import { type Code, joining, type Session, voidCode } from "./session.ts";
import type { Store } from "./store.ts";
import { words } from "./words.ts";

/** Where this person was before a reload. */
export function restoreSession(store: Store, now: number): Session {
  const token = store.read("token");
  const [name, email] = [store.read("name"), store.read("email")];
  if (token !== "") {
    return { kind: "chat", me: { id: store.read("person"), name }, email, token, stage: "away" };
  }
  const kept = unpack(store.read("form"));
  const code = restoreAttempt(store, now);
  if (kept === undefined) return joining(name, email, undefined, undefined, code);
  if (!("attempt" in kept)) return joining(kept.name, kept.email, undefined, undefined, code);
  if (kept.attempt === "" || kept.validUntil <= now) {
    return voidCode(kept.name, kept.email, words.code.expired);
  }
  return waitingFor(kept);
}

/** The code that some tab of this browser waits for: a link in a mail opens a tab of its own. */
export function restoreAttempt(store: Store, now: number): Code | undefined {
  const kept = unpack(store.read("attempt"));
  return kept !== undefined && "attempt" in kept && kept.validUntil > now ? waitingFor(kept) : undefined;
}

/** Keeps what a reload must not lose: what was typed, and the attempt that a code was asked for with. */
export function keepSession(store: Store, session: Session): void {
  switch (session.kind) {
    case "join":
      store.write("form", JSON.stringify({ name: session.name, email: session.email }));
      store.write("attempt", session.code === undefined ? "" : packCode(session.code));
      break;
    case "code":
      store.write("form", packCode(session));
      store.write("attempt", session.stage.kind === "void" ? "" : packCode(session));
      break;
    case "chat":
      store.write("form", "");
      store.write("attempt", "");
  }
}

function packCode({ name, email, attempt, validUntil, taken, delivery, resendAt }: Code): string {
  return JSON.stringify({ name, email, attempt, validUntil, taken, delivery, resendAt });
}

type Kept = v.InferOutput<typeof form>;

function waitingFor(kept: Extract<Kept, { attempt: string }>): Code {
  return { ...kept, kind: "code", stage: { kind: "typing" }, problem: undefined, notice: undefined };
}

function unpack(packed: string): Kept | undefined {
  try {
    return v.parse(form, JSON.parse(packed));
  } catch {
    return undefined;
  }
}

const typed = { name: v.string(), email: v.string() };

const form = v.union([
  v.object({
    ...typed,
    attempt: v.string(),
    validUntil: v.number(),
    taken: v.boolean(),
    delivery: v.optional(v.picklist(["mail", "late", "terminal"]), "mail"),
    resendAt: v.number(),
  }),
  v.object(typed),
]);
