import { effect } from "@preact/signals";
import { render } from "preact";
import { browserStore, onLoggedOutElsewhere } from "./browser-store.ts";
import { drawOncePerFrame } from "./frames.ts";
import { Page } from "./page.ts";
import { App } from "./view/app.tsx";
import { openWebSocket } from "./wire.ts";
import { words } from "./words.ts";
import "./style/base.css";
import "./style/login.css";
import "./style/chat.css";
import "./style/messages.css";
import "./style/outgoing.css";
import "./style/composer.css";

drawOncePerFrame();

const watched = () => !document.hidden && document.hasFocus();

const page = new Page(
  {
    openWire: openWebSocket,
    now: () => Date.now(),
    random: () => Math.random(),
    after(ms, callback) {
      const timeout = setTimeout(callback, ms);
      return () => clearTimeout(timeout);
    },
  },
  browserStore,
  watched,
);

addEventListener("online", () => page.connection.hurry());
addEventListener("focus", () => page.conversation.seen());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  page.connection.hurry();
  if (watched()) page.conversation.seen();
});
onLoggedOutElsewhere(() => page.happened({ kind: "logged-out" }));

effect(() => {
  const unread = page.conversation.unread.value;
  document.title = unread === 0 ? words.title : words.chat.unread(unread);
});

const root = document.querySelector("#page");
if (root !== null) render(<App page={page} />, root);
