import { bounds } from "./bounds.ts";
import { joining, type Session, voidCode } from "./session.ts";
import type { Store } from "./store.ts";
import { words } from "./words.ts";

/** Where this person was before a reload. */
export function restoreSession(store: Store, now: number): Session {
  const token = store.read("token");
  if (token !== "") return { kind: "chat", name: store.read("name"), token, entered: false };
  const form = unpack(store.read("form"));
  const email = form.email ?? "";
  const { name, askedAt } = form;
  // The code was good for the connection it was asked for on, and that is gone.
  if (name !== undefined && askedAt !== undefined && now - askedAt < bounds.codeValidMs) {
    return voidCode(name, email, words.code.reloaded);
  }
  return joining(form.name ?? store.read("name"), email);
}

/** Keeps in the tab what a reload must not lose: what was typed, and that a code was asked for. */
export function keepSession(store: Store, session: Session, now: number): void {
  switch (session.kind) {
    case "join":
      store.write("form", JSON.stringify({ name: session.name, email: session.email }));
      break;
    case "code": {
      const { name, email } = session;
      store.write("form", JSON.stringify({ name, email, askedAt: now }));
      break;
    }
    case "chat":
      store.write("form", "");
  }
}

function unpack(packed: string): { name?: string; email?: string; askedAt?: number } {
  let json: unknown;
  try {
    json = JSON.parse(packed);
  } catch {
    return {};
  }
  if (typeof json !== "object" || json === null) return {};
  return {
    ...("name" in json && typeof json.name === "string" && { name: json.name }),
    ...("email" in json && typeof json.email === "string" && { email: json.email }),
    ...("askedAt" in json && typeof json.askedAt === "number" && { askedAt: json.askedAt }),
  };
}
