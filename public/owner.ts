import type { Store } from "./store.ts";

/** Whose the things are that a browser keeps. Empty where it is nobody, or not known. */
export interface Owner {
  readonly id: string;
  readonly email: string;
}

/** By the id, or by the address: a server that keeps no state gives out new ids when it starts. */
export function isSameOwner(one: Owner, other: Owner): boolean {
  const isSameAddress = one.email.toLowerCase() === other.email.toLowerCase();
  return one.id === other.id || (one.email !== "" && isSameAddress);
}

/** Who was logged in last in this browser, unless they logged out. */
export function ownerOfBrowser(store: Store): Owner {
  return { id: store.read("person"), email: store.read("email") };
}

/** What was typed in a tab is theirs who were logged in last in this browser. */
export function markTab(store: Store): void {
  const { id, email } = ownerOfBrowser(store);
  store.write("author", id === "" ? "" : `${id}\n${email}`);
}

/** Forgets what somebody else was typing in this tab, who has logged out in another one since. */
export function forgetStrangers(store: Store): void {
  const [id = "", email = ""] = store.read("author").split("\n", 2);
  if (isSameOwner({ id, email }, ownerOfBrowser(store))) return;
  for (const key of ["author", "drafts", "outbox", "room", "read"] as const) store.write(key, "");
}
