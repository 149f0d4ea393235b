import type { Conversation } from "../conversation.ts";
import type { Outgoing } from "../outbox.ts";
import { words } from "../words.ts";

interface OutgoingProps {
  conversation: Conversation;
  entered: boolean;
  /** A line went back into the composer. */
  onEdit: () => void;
  /** A line went, and with it the button that had the focus. */
  onGone: () => void;
}

/** What this person said and nobody has heard yet, under the conversation. */
export function OutgoingList(props: OutgoingProps) {
  const lines = props.conversation.outbox.value;
  if (lines.length === 0) return null;
  return (
    <ol class="message-list outgoing" aria-label={words.outgoing.heading}>
      {lines.map((line) => (
        <li key={line.id} class={`message own outgoing-${line.state.kind}`}>
          <div class="text">
            <p dir="auto">{line.text}</p>
            <State {...props} line={line} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function State({ line, conversation, entered, onEdit, onGone }: OutgoingProps & { line: Outgoing }) {
  const { id, state } = line;
  const again = () => {
    conversation.again(id);
    onGone();
  };
  const edit = () => {
    conversation.edit(id);
    onEdit();
  };
  const drop = () => {
    conversation.discard(id);
    onGone();
  };
  const discard = <Action label={words.outgoing.discard} line={line} act={drop} />;
  switch (state.kind) {
    case "sent":
      return <p class="delivery delivery-sending">{words.outgoing.sending}</p>;
    case "waiting":
      return (
        <p class="delivery">
          <span>{entered ? words.outgoing.queued : words.outgoing.waiting}</span>
          {!entered && <span class="delivery-actions">{discard}</span>}
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
            <Action label={words.outgoing.tryAgain} line={line} act={again} />
            <Action label={words.outgoing.edit} line={line} act={edit} />
          </span>
        </p>
      );
  }
}

/** A button that says to a screen reader which line it is for. */
function Action({ label, line, act }: { label: string; line: Outgoing; act: () => void }) {
  return (
    <button type="button" class="quiet" onClick={act}>
      {label}
      <span class="unseen">: {line.text.slice(0, 40)}</span>
    </button>
  );
}
