import { useComputed } from "@preact/signals";
import type { Conversation } from "../conversation.ts";
import { isStuck, type Outgoing } from "../outbox.ts";
import { canAskOlder, canWrite, firstNew, type Room } from "../room.ts";
import { blocksOf, rowsOf } from "../rows.ts";
import type { Person, Said } from "../timeline.ts";
import { words } from "../words.ts";
import { Announcer } from "./announcer.tsx";
import { Feather } from "./feather.tsx";
import { useToday } from "./hooks.ts";
import { MessageBlock } from "./message-block.tsx";
import { OutgoingList } from "./outgoing.tsx";
import { useReading } from "./reading.ts";
import { UndoBar } from "./undo-bar.tsx";

/** The conversation. It follows the newest message only for someone who is at the end. */
export function MessageList(props: {
  conversation: Conversation;
  me: Person;
  entered: boolean;
  onEdit: () => void;
  onUndo: () => void;
  /** The room that lets nobody in is to go. */
  onLeave: () => void;
}) {
  const { conversation, me, entered, onEdit, onUndo, onLeave } = props;
  const room = conversation.list.room.value;
  const rows = useComputed(() => rowsOf(conversation.list.room.value.timeline)).value;
  const outbox = conversation.sender.outbox.value.filter((line) => line.room === room.name);
  // Not what is still in the outbox: where the ack comes within a frame, the line is never drawn there.
  const newest = conversation.sender.newest.value;
  const isOpen = canWrite(room);
  const { pending, said } = sorted(outbox, room, isOpen);
  const reading = useReading({
    room,
    newestLine: newest?.room === room.name ? newest.nonce : undefined,
    sought: conversation.sought,
    askOlder: () => conversation.askOlder(),
  });
  const edit = (line: Said) => {
    conversation.draft.edit(line);
    onEdit();
  };

  return (
    <div class="messages" data-heir="messages">
      <section
        id="messages"
        class="messages-scroller"
        ref={reading.scroller}
        aria-label={words.chat.messages}
        onScroll={reading.scrolled}
        onWheel={reading.touched}
        onPointerDown={reading.touched}
        onKeyDown={reading.touched}
      >
        <div class="messages-content" ref={reading.content}>
          <OlderButton room={room} onAsk={() => conversation.askOlder()} />
          {said.length === 0 && isQuiet(room) && <EmptyRoom />}
          <MessageLog
            rows={rows}
            reader={me.name}
            firstNew={firstNew(room)}
            epoch={isOpen ? room.epoch : ""}
            pending={pending}
            onEdit={edit}
            onDelete={(line) => conversation.deleteLine(line)}
          />
          <OutgoingList
            conversation={conversation}
            room={room.name}
            lines={said}
            me={me}
            before={rows.at(-1)}
            way={isOpen ? (entered ? "open" : "away") : "refused"}
            onEdit={onEdit}
          />
          <NoEntry room={room} onAsk={() => conversation.open(room.name)} onLeave={onLeave} />
        </div>
      </section>
      <Announcer room={room} />
      <UndoBar conversation={conversation} onUndo={onUndo} />
      {!reading.atEnd.value && <EndButton fresh={reading.news().length} onGo={reading.toEnd} />}
    </div>
  );
}

/** What the room's log has, in blocks of one person's lines; a screen reader hears what is new from the `Announcer`. */
function MessageLog({
  rows,
  ...block
}: { rows: Parameters<typeof blocksOf>[0] } & Omit<Parameters<typeof MessageBlock>[0], "block" | "today">) {
  const today = useToday();
  return (
    <div role="log" aria-live="off" aria-label={words.chat.messages}>
      <ol class="message-list">
        {blocksOf(rows).map((one) => (
          <MessageBlock key={one.id} block={one} today={today} {...block} />
        ))}
      </ol>
    </div>
  );
}

/** Whether nothing has been said there. */
function isQuiet({ stage, timeline }: Room): boolean {
  return stage.kind === "in" && !timeline.some((item) => item.kind === "said");
}

/** What is shown at the line that it changes, and what below the others. What can't be done is not on its way. */
function sorted(outbox: readonly Outgoing[], { epoch }: Room, isOpen: boolean) {
  return {
    pending: isOpen ? pendingChanges(outbox, epoch) : none,
    said: outbox.filter((line) => line.act.kind === "say" || isStuck(line) || !isOpen),
  };
}

/** Changes to lines that are on their way, by the number of the line. */
function pendingChanges(outbox: readonly Outgoing[], epoch: string): ReadonlyMap<number, Outgoing> {
  const changes = outbox.flatMap((line) =>
    line.act.kind !== "say" && line.act.epoch === epoch && !isStuck(line)
      ? [[line.act.of, line] as const]
      : [],
  );
  return changes.length === 0 ? none : new Map(changes);
}

/** Always the same one: a new one has all rows drawn again. */
const none: ReadonlyMap<number, Outgoing> = new Map();

function OlderButton({ room, onAsk }: { room: Room; onAsk: () => void }) {
  const isAsking = room.older === "asking";
  return !canAskOlder(room) ? null : (
    <button type="button" class="quiet older" aria-disabled={isAsking} onClick={onAsk}>
      {isAsking ? words.chat.askingOlder : words.chat.older}
    </button>
  );
}

function EndButton({ fresh, onGo }: { fresh: number; onGo: () => void }) {
  return (
    <button type="button" class="to-end" onClick={onGo}>
      {fresh > 0 ? words.chat.fresh(fresh) : words.chat.toEnd}
    </button>
  );
}

/** In place of the composer, of which there is none: why nothing can be said here, and what can be done. */
function NoEntry({ room, onAsk, onLeave }: { room: Room; onAsk: () => void; onLeave: () => void }) {
  if (room.stage.kind !== "refused") return null;
  const { reason } = room.stage;
  return (
    <div class="no-entry">
      <div role="alert">
        <h2>{words.rooms.mayNotEnter}</h2>
        <p>{reason}</p>
      </div>
      <p class="no-entry-choices">
        <button type="button" class="outlined" onClick={onAsk}>
          {words.rooms.askAgain}
        </button>
        <button type="button" class="quiet" onClick={onLeave}>
          {room.wasIn ? words.rooms.leave : words.rooms.goBack}
        </button>
      </p>
    </div>
  );
}

function EmptyRoom() {
  return (
    <div class="empty-room">
      <Feather class="empty-room-feather" barbs={40} />
      <h2>{words.chat.emptyHeading}</h2>
      <p>{words.chat.empty}</p>
    </div>
  );
}
