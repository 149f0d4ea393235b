import { useSignal } from "@preact/signals";
import type { Conversation } from "../conversation.ts";
import { isHeld, type Outgoing } from "../outbox.ts";
import { continues, type Row } from "../rows.ts";
import type { Sender } from "../sender.ts";
import type { Person } from "../timeline.ts";
import { secondsLeft, span } from "../times.ts";
import { words } from "../words.ts";
import { useTicking } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { Name } from "./message.tsx";
import { Text } from "./text.tsx";

interface OutgoingProps {
  conversation: Conversation;
  room: string;
  lines: readonly Outgoing[];
  me: Person;
  /** The row above. */
  before: Row | undefined;
  /** Whether what waits goes out by itself: now, or once there is a connection, or not, for the room refuses this person. */
  way: "open" | "away" | "refused";
  /** A line went back into the composer. */
  onEdit: () => void;
}

/** What this person said that is not in the log yet: under the conversation, just as it will stand in it. */
export function OutgoingList(props: OutgoingProps) {
  const { conversation, room, lines, me, before, onEdit } = props;
  if (lines.length === 0) return null;
  const held = lines.filter((line) => isHeld(line, room)).length;
  return (
    <>
      {held > 0 && <Held count={held} room={room} sender={conversation.sender} onDecide={onEdit} />}
      <ol class="message-list outgoing" aria-label={words.outgoing.heading}>
        {lines.map((line, index) => {
          const said = { kind: "said" as const, by: me, at: line.at };
          const continued = index > 0 || continues(said, before);
          return (
            <li
              key={line.nonce}
              class={`message own outgoing-${line.state.kind} ${continued ? "continued" : ""}`}
            >
              <Name name={me.name} own={true} />
              <div>
                <Text text={line.text} reader={me.name} mark="" />
                <State {...props} line={line} />
              </div>
              {isMoving(line, props.way) && <Sending />}
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** What was to be said to a room that has begun anew since, and what can be done with it. */
function Held(props: { count: number; room: string; sender: Sender; onDecide: () => void }) {
  const { count, room, sender, onDecide } = props;
  return (
    <div class="held" role="alert">
      <p>{words.outgoing.held(count)}</p>
      <div class="held-choices">
        <button
          type="button"
          class="outlined"
          onClick={() => {
            sender.release(room);
            onDecide();
          }}
        >
          {words.outgoing.sendHere(count)}
        </button>
        <button
          type="button"
          class="quiet bad"
          onClick={() => {
            sender.discardHeld(room);
            onDecide();
          }}
        >
          {words.outgoing.discard}
        </button>
      </div>
    </div>
  );
}

function State({ line, conversation, way, onEdit }: OutgoingProps & { line: Outgoing }) {
  const { nonce, state } = line;
  const edit = () => {
    conversation.draft.takeBack(nonce);
    onEdit();
  };
  const again = () => conversation.sender.again(nonce);
  const discard = (
    <Action label={words.outgoing.discard} line={line} act={() => conversation.sender.discard(nonce)} />
  );
  switch (state.kind) {
    case "undoable":
    case "sent":
    case "acked":
    case "held":
      return null;
    case "waiting":
      return way === "open" ? null : (
        <p class="delivery">
          <span>{way === "away" ? words.outgoing.waiting : words.outgoing.notIn}</span>
          <span class="delivery-actions">
            {way === "refused" && <Copy line={line} />}
            {discard}
          </span>
        </p>
      );
    case "unsure":
      return (
        <p class="delivery">
          <strong>{words.outgoing.unsure}</strong>
          <span class="delivery-actions">
            <Action label={words.outgoing.again} line={line} act={again} />
            {discard}
          </span>
        </p>
      );
    case "refused":
      return (
        <p class="delivery">
          <strong>{words.outgoing.refused(state.reason)}</strong>
          <span class="delivery-actions">
            {Number.isFinite(state.retryAt) && <TryAgain line={line} retryAt={state.retryAt} act={again} />}
            {way === "refused" && <Copy line={line} />}
            {way !== "refused" && line.text !== "" && (
              <Action label={words.outgoing.edit} line={line} act={edit} />
            )}
            {discard}
          </span>
        </p>
      );
  }
}

/** On its way, and nothing to be done about it. */
function isMoving({ state }: Outgoing, way: OutgoingProps["way"]): boolean {
  return state.kind === "sent" || state.kind === "acked" || (state.kind === "waiting" && way === "open");
}

function Sending() {
  return (
    <span class="time sending" title={words.outgoing.sending}>
      <Icon name="clock" />
      <span class="unseen">{words.outgoing.sending}</span>
    </span>
  );
}

/** Not sooner than the server would take it. */
function TryAgain({ retryAt, act, ...action }: Omit<ActionProps, "label"> & { retryAt: number }) {
  const left = secondsLeft(retryAt, useTicking(now, Date.now() < retryAt));
  const label = left === 0 ? words.outgoing.tryAgain : words.outgoing.tryAgainIn(span(left * 1000));
  return <Action {...action} label={label} act={left === 0 ? act : undefined} />;
}

/** There is no composer that it could go back into. */
function Copy({ line }: { line: Outgoing }) {
  const isCopied = useSignal(false);
  // Not there on a page without TLS, where the text is copied by hand.
  if (line.text === "" || navigator.clipboard === undefined) return null;
  const copied = () => {
    isCopied.value = true;
  };
  return (
    <Action
      label={isCopied.value ? words.outgoing.copied : words.outgoing.copy}
      line={line}
      act={() => void navigator.clipboard.writeText(line.text).then(copied, () => {})}
    />
  );
}

interface ActionProps {
  label: string;
  line: Outgoing;
  /** `undefined`: not yet. */
  act: (() => void) | undefined;
}

/** A button that says to a screen reader which line it is for. */
function Action({ label, line, act }: ActionProps) {
  return (
    <button type="button" class="quiet" aria-disabled={act === undefined} onClick={act}>
      {label}
      <span class="unseen">: {line.text.slice(0, 40)}</span>
    </button>
  );
}

function now(): number {
  return Date.now();
}
