import { isBrowserKey, type StoreKey, storeIn } from "./store.ts";

/** The folder that the page is in. Another Plume on this origin, under another path, has a store of its own. */
const folder = location.pathname.replace(/[^/]*$/, "");
/** Of all that is kept: `plume.token` at the root, `plume./chat/token` under `/chat/`. */
export const storePrefix = `plume.${folder === "/" ? "" : folder}`;

export const browserStore = storeIn(areaOf, storePrefix);

/**
 * Calls back when another tab of this browser logged out, which forgets the name, or in, which writes it last; whoever only needs a
 * new code keeps it.
 */
export function onLogInOrOutElsewhere(loggedIn: () => void, loggedOut: () => void): void {
  addEventListener("storage", ({ storageArea, key, newValue }) => {
    if (storageArea !== localStorage || (key !== null && key !== `${storePrefix}name`)) return;
    if (newValue) loggedIn();
    else loggedOut();
  });
}

/**
 * The name of this tab, which stays over reloads. It is taken out of the store while the page is open, so that
 * a copy of the tab, which gets a copy of the store, is a tab of its own.
 */
export function takeTabName(newId: () => string): string {
  const name = browserStore.read("tab") || newId();
  const takeOut = () => browserStore.write("tab", "");
  takeOut();
  addEventListener("pagehide", () => browserStore.write("tab", name));
  addEventListener("pageshow", takeOut);
  return name;
}

function areaOf(key: StoreKey): Storage {
  return isBrowserKey(key) ? localStorage : sessionStorage;
}
