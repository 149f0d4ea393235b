import type { Link } from "../connection.ts";
import type { Page } from "../page.ts";
import { secondsLeft } from "../times.ts";
import { sentence, words } from "../words.ts";
import { useTicking } from "./hooks.ts";

/** Says how the connection is, where it is not as it should be. `onConnect`: its button was pressed, and goes. */
export function StatusBar({ page, onConnect }: { page: Page; onConnect: () => void }) {
  const link = page.link.value;
  const session = page.session.value;
  const entering = session.kind === "chat" && session.stage === "away";
  const text = describe(link, entering);
  return (
    <div class={`status-bar status-${link.kind}`} data-shown={text !== ""}>
      <p class="status-words">
        <output>{text}</output> {link.kind === "waiting" && <Countdown page={page} until={link.until} />}
      </p>
      {(link.kind === "waiting" || link.kind === "stopped") && (
        <button
          type="button"
          onClick={() => {
            page.connection.connect();
            onConnect();
          }}
        >
          {link.kind === "waiting" ? words.status.tryNow : words.status.connect}
        </button>
      )}
    </div>
  );
}

function describe(link: Link, entering: boolean): string {
  switch (link.kind) {
    case "off":
      return "";
    case "open":
      return entering ? words.status.connecting : "";
    case "connecting":
      return words.status.connecting;
    case "waiting": {
      const why = link.reason === "" ? words.status.lost : sentence(link.reason);
      return entering ? `${why} ${words.status.keepWriting}` : why;
    }
    case "stopped":
      return link.reason === "" ? words.status.stopped : words.status.stoppedBecause(link.reason);
  }
}

/** Not read out: a voice that counts is a nuisance. */
function Countdown({ page, until }: { page: Page; until: number }) {
  const left = secondsLeft(until, useTicking(page.now, true));
  return (
    <span class="status-countdown" aria-hidden="true">
      {words.status.next(left)}
    </span>
  );
}
