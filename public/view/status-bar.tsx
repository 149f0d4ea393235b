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
  // The same from try to try: what comes and goes every second is read out each time, and takes the focus with it.
  const isLost = link.kind === "waiting" || (link.kind === "connecting" && link.after !== undefined);
  return (
    <div class={`status-bar status-${isLost ? "waiting" : link.kind}`} data-shown={text !== ""}>
      <p class="status-words">
        <output>{text}</output> {isLost && <Countdown page={page} link={link} />}
      </p>
      {(isLost || link.kind === "stopped") && (
        <button
          type="button"
          onClick={() => {
            page.connection.connect();
            onConnect();
          }}
        >
          {link.kind === "stopped" ? words.status.connect : words.status.tryNow}
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
      return link.after === undefined ? words.status.connecting : describeLoss(link.after, entering);
    case "waiting":
      return describeLoss(link.reason, entering);
    case "stopped":
      return link.reason === "" ? words.status.stopped : words.status.stoppedBecause(link.reason);
  }
}

function describeLoss(reason: string, entering: boolean): string {
  const why = reason === "" ? words.status.lost : sentence(reason);
  return entering ? `${why} ${words.status.keepWriting}` : why;
}

/** Not read out: a voice that counts is a nuisance. */
function Countdown({ page, link }: { page: Page; link: Link }) {
  const now = useTicking(page.now, true);
  return (
    <span class="status-countdown" aria-hidden="true">
      {link.kind === "waiting" ? words.status.next(secondsLeft(link.until, now)) : words.status.trying}
    </span>
  );
}
