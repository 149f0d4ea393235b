import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { roomAddress } from "../address.ts";
import type { Page } from "../page.ts";
import type { Room } from "../room.ts";
import { grouped, words } from "../words.ts";
import { Name } from "./message.tsx";

/** Who is in a room, and what can be done about being there. */
export function RoomPanel(props: { page: Page; room: Room; me: string; onLeave: () => void }) {
  const { page, room, me } = props;
  const { count, names } = room.present;
  const more = Math.max(0, count - names.length);
  const invited = useSignal(false);
  return (
    <div class="room-panel">
      <ul class="people">
        {names.map((name) => (
          <li key={name}>
            <Name name={name} own={name === me} />
          </li>
        ))}
        {more > 0 && <li class="people-more">{words.people.more(grouped(more))}</li>}
      </ul>
      <div class="room-actions">
        {room.isPrivate && room.invite !== "" && (
          <button type="button" class="quiet" onClick={() => (invited.value = true)}>
            {words.rooms.invite}
          </button>
        )}
        {invited.value && <Invitation page={page} room={room} />}
        {page.conversation.list.canLeave(room.name) && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              page.leaveRoom(room.name);
              props.onLeave();
            }}
          >
            {words.rooms.leave}
          </button>
        )}
      </div>
    </div>
  );
}

/** The link that lets people in: in the clipboard where the browser allows it, and here to be copied by hand. */
function Invitation({ page, room }: { page: Page; room: Room }) {
  const input = useRef<HTMLInputElement>(null);
  const isCopied = useSignal(false);
  /** The link that was there when all were made invalid; the one in its place is new. */
  const voided = useSignal("");
  const link = new URL(roomAddress(room.name, room.invite), location.href).href;
  useLayoutEffect(() => {
    input.current?.focus();
    input.current?.select();
    // Not there on a page without TLS.
    navigator.clipboard?.writeText(link).then(
      () => {
        isCopied.value = true;
      },
      () => {},
    );
  }, [link, isCopied]);
  return (
    <div class="field invitation">
      <label for="invitation">{isCopied.value ? words.rooms.invited : words.rooms.invite}</label>
      <input
        id="invitation"
        ref={input}
        readOnly
        value={link}
        aria-describedby="invitation-remark"
        dir="ltr"
      />
      <p id="invitation-remark" class="field-hint">
        {words.rooms.inviteLink}
      </p>
      <p role="status" class="field-hint">
        {voided.value !== "" && voided.value !== link && words.rooms.invitesVoid}
      </p>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          voided.value = link;
          page.conversation.voidInvitations(room.name);
        }}
      >
        {words.rooms.voidInvites}
      </button>
    </div>
  );
}
