import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Page } from "../page.ts";
import { words } from "../words.ts";
import { Feather } from "./feather.tsx";
import { StatusBar } from "./status-bar.tsx";

/** The frame around both steps of logging in. */
export function Entrance(props: { page: Page; heading: string; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const focusFirst = () => main.current?.querySelector<HTMLElement>("input, button")?.focus();
  return (
    <div class="entrance">
      <div class="entrance-art">
        <Feather class="entrance-feather" barbs={84} />
      </div>
      <main class="entrance-main" id="entrance" data-heir="entrance" tabIndex={-1} ref={main}>
        <div class="entrance-column">
          <p class="wordmark">
            <Feather class="wordmark-feather" barbs={15} />
            {words.title}
          </p>
          <h1>{props.heading}</h1>
          {props.children}
        </div>
        <StatusBar page={props.page} onConnect={focusFirst} />
      </main>
    </div>
  );
}
