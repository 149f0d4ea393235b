import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useRef } from "preact/hooks";
import { cleanRoomName, roomAddress } from "../address.ts";
import { bounds } from "../bounds.ts";
import { checkRoomName } from "../fields.ts";
import type { Page } from "../page.ts";
import type { Room } from "../room.ts";
import { words } from "../words.ts";
import { Remark } from "./field.tsx";
import { Icon } from "./icons.tsx";

/** The rooms one is in, with what is new there, and the way into others. */
export function RoomsPanel({ page, onGo }: { page: Page; onGo: () => void }) {
  const { list } = page.conversation;
  const shown = list.room.value.name;
  return (
    <div class="rooms-panel">
      <ul class="rooms">
        {list.rooms.value.map((room) => (
          <RoomLink key={room.name} room={room} isShown={room.name === shown} onGo={onGo} />
        ))}
      </ul>
      <NewRoom page={page} onGo={onGo} />
    </div>
  );
}

function RoomLink({ room, isShown, onGo }: { room: Room; isShown: boolean; onGo: () => void }) {
  const { name, unread, mentioned, isPrivate } = room;
  const label = [
    name,
    isPrivate && words.rooms.private,
    unread > 0 && words.rooms.unread(unread),
    mentioned && words.rooms.mentioned,
  ];
  return (
    <li>
      <a
        class={`room-link ${unread > 0 ? "has-unread" : ""}`}
        href={roomAddress(name)}
        aria-label={label.filter((part) => part !== false).join(", ")}
        aria-current={isShown ? "page" : undefined}
        onClick={onGo}
      >
        <bdi class="room-name">{name}</bdi>
        {isPrivate && <Icon name="lock" />}
        {unread > 0 && (
          <span class={mentioned ? "count mentioned" : "count"}>
            {mentioned && "@ "}
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </a>
    </li>
  );
}

/** Goes into a room by its name, which makes it where there is none. */
function NewRoom({ page, onGo }: { page: Page; onGo: () => void }) {
  const typed = useSignal("");
  const isPrivate = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { list } = page.conversation;
    const name = cleanRoomName(typed.value);
    const isFull = list.rooms.value.length >= bounds.roomsMax && list.find(name) === undefined;
    problem.value = checkRoomName(name) ?? (isFull ? words.rooms.full(bounds.roomsMax) : undefined);
    if (problem.value !== undefined) {
      input.current?.focus();
      return;
    }
    page.openRoom(name, isPrivate.value);
    typed.value = "";
    isPrivate.value = false;
    onGo();
  };

  return (
    <form class="new-room" onSubmit={submit} noValidate>
      <div class="field">
        <label for="new-room">{words.rooms.name}</label>
        <input
          id="new-room"
          ref={input}
          type="text"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          placeholder={words.rooms.nameHint}
          value={typed}
          aria-invalid={problem.value !== undefined}
          aria-describedby="new-room-remark"
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            problem.value = undefined;
          }}
        />
        <Remark id="new-room-remark" hint="" problem={problem.value} />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={isPrivate}
          onChange={(event) => {
            isPrivate.value = event.currentTarget.checked;
          }}
        />
        {words.rooms.makePrivate}
      </label>
      <button type="submit" class="outlined">
        {words.rooms.go}
      </button>
    </form>
  );
}
