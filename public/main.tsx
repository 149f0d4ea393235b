import { effect } from "@preact/signals";
import { render } from "preact";
import { tell } from "./attention.ts";
import { browserStore, onLogInOrOutElsewhere, takeTabName } from "./browser-store.ts";
import { claim, openTabs } from "./browser-tabs.ts";
import type { World } from "./connection.ts";
import { catchDrops } from "./drops.ts";
import { drawNow, drawOncePerFrame } from "./frames.ts";
import { chooseLanguage } from "./languages.ts";
import { Page } from "./page.ts";
import { App } from "./view/app.tsx";
import { isPrinting } from "./view/hooks.ts";
import { onWake } from "./wake.ts";
import { askServer, openWebSocket } from "./wire.ts";
import { speak, words } from "./words.ts";
import "./style/base.css";
import "./style/status-bar.css";
import "./style/login.css";
import "./style/chat.css";
import "./style/messages.css";
import "./style/own-lines.css";
import "./style/outgoing.css";
import "./style/composer.css";
import "./style/panels.css";
import "./style/rooms.css";
import "./style/print.css";

drawOncePerFrame();
speak(chooseLanguage(browserStore.read("language"), navigator.languages));

const watched = () => !document.hidden && document.hasFocus();

const newId = () => [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("");

const world: World = {
  openWire: openWebSocket,
  askServer,
  origin: () => location.origin,
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  after(ms, callback) {
    const timeout = setTimeout(callback, ms);
    return () => clearTimeout(timeout);
  },
  openTabs,
  claim,
  newId,
  address: () => location.hash,
  path: () => new URL(".", location.href).pathname,
  setAddress: (hash) => history.replaceState(null, "", hash === "" ? location.pathname : hash),
};
const page = new Page(world, browserStore, {
  tab: takeTabName(newId),
  watched,
  told: (news) => tell(news, () => page.openLine(news)),
});

onWake(world, () => page.hurrySpread());
addEventListener("online", () => page.hurrySpread());
// A page that the browser had put away, and brings back as it was: its timers stood still, and its socket may be closed.
addEventListener("pageshow", ({ persisted }) => persisted && page.hurry());
document.addEventListener("resume", () => page.hurry());
addEventListener("hashchange", () => page.arrived());
addEventListener("focus", () => page.conversation.seen("back"));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  page.hurry();
  page.conversation.seen("back");
});
addEventListener("pagehide", () => page.conversation.sender.decide());
catchDrops(document, () => {
  if (page.session.value.kind === "chat") page.conversation.draft.refuseFiles();
});
addEventListener("beforeprint", () => {
  isPrinting.value = true;
  drawNow();
});
addEventListener("afterprint", () => {
  isPrinting.value = false;
});
onLogInOrOutElsewhere(
  // Whoever waits for a code here is the same person: the link in the mail was opened in a tab of its own.
  () => page.isAtLogin() && location.reload(),
  () => page.happened({ kind: "logged-out" }),
);

document.documentElement.lang = words.locale;
effect(() => {
  const unread = page.conversation.list.unread.value;
  document.title = unread === 0 ? words.title : words.chat.unread(unread);
});

const root = document.querySelector("#page");
if (root !== null) render(<App page={page} />, root);
