import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation.ts";
import { continues, isNews, startsDay } from "../timeline.ts";
import { words } from "../words.ts";
import { Feather } from "./feather.tsx";
import { Message } from "./message.tsx";
import { OutgoingList } from "./outgoing.tsx";

/** This close to the end, in CSS pixels, counts as the end. */
const endTolerance = 48;

/** The conversation. It follows the newest message only for someone who is at the end. */
export function MessageList(props: { conversation: Conversation; entered: boolean; onEdit: () => void }) {
  const { conversation, entered, onEdit } = props;
  const timeline = conversation.timeline.value;
  const outbox = conversation.outbox.value;
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  /** The newest item that was there when this person was last at the end. */
  const seenId = useSignal(0);
  const newestId = timeline.at(-1)?.id ?? 0;
  const newestLine = outbox.at(-1)?.id ?? 0;
  const fresh = timeline.filter((item) => item.id > seenId.value && isNews(item)).length;

  const isQuiet = entered && outbox.length === 0 && !timeline.some((item) => item.kind === "said");

  const toEnd = () => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    atEnd.value = true;
    seenId.value = newestId;
  };

  /** The button that had the focus is going away. */
  const keepFocus = () => scroller.current?.focus({ preventScroll: true });

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight <= endTolerance;
    if (atEnd.value) seenId.value = newestId;
  };

  useLayoutEffect(() => {
    if (atEnd.value) toEnd();
  }, [newestId, outbox]);

  // Whoever says something wants to see it.
  useLayoutEffect(() => {
    if (newestLine > 0) toEnd();
  }, [newestLine]);

  // What scrolls must be reachable by keyboard, in every browser.
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.tabIndex = 0;
  }, []);

  // The keyboard on the screen, a growing composer: the end stays the end.
  useEffect(() => {
    const follow = new ResizeObserver(() => {
      const element = scroller.current;
      if (element && atEnd.value) element.scrollTop = element.scrollHeight;
    });
    for (const element of [scroller.current, content.current]) if (element) follow.observe(element);
    return () => follow.disconnect();
  }, [atEnd]);

  return (
    <div class="messages">
      <section class="messages-scroller" ref={scroller} aria-label={words.chat.messages} onScroll={scrolled}>
        <div class="messages-content" ref={content}>
          {isQuiet && <EmptyRoom />}
          <div role="log" aria-live="polite" aria-label={words.chat.messages}>
            <ol class="message-list">
              {timeline.map((item, index) => {
                const before = timeline[index - 1];
                return (
                  <Message
                    key={item.id}
                    item={item}
                    continued={continues(item, before)}
                    newDay={startsDay(item, before)}
                  />
                );
              })}
            </ol>
          </div>
          <OutgoingList conversation={conversation} entered={entered} onEdit={onEdit} onGone={keepFocus} />
        </div>
      </section>
      {!atEnd.value && (
        <button
          type="button"
          class="to-end"
          onClick={() => {
            toEnd();
            keepFocus();
          }}
        >
          {fresh > 0 ? words.chat.fresh(fresh) : words.chat.toEnd}
        </button>
      )}
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
