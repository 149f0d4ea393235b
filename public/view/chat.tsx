import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Page } from "../page.ts";
import { canWrite, type Room } from "../room.ts";
import type { Chat } from "../session.ts";
import { grouped, words } from "../words.ts";
import { Composer } from "./composer.tsx";
import { Feather } from "./feather.tsx";
import { onTouchScreen, useMedia } from "./hooks.ts";
import { Icon } from "./icons.tsx";
import { MessageList } from "./message-list.tsx";
import { RoomPanel } from "./room-panel.tsx";
import { RoomsPanel } from "./rooms-panel.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import { Sheet } from "./sheet.tsx";
import { StatusBar } from "./status-bar.tsx";
import { TypingLine } from "./typing-line.tsx";

/** The rooms, the one that is shown, and who is there; as much beside each other as the screen has room for. */
export function ChatView({ page, chat }: { page: Page; chat: Chat }) {
  const { conversation } = page;
  const composer = useRef<HTMLTextAreaElement>(null);
  const hasRoomsBeside = useMedia("(min-width: 60rem)");
  const hasPeopleBeside = useMedia("(min-width: 76rem)");
  const rooms = useSignal(false);
  const people = useSignal(false);
  const settings = useSignal(false);
  const room = conversation.list.room.value;
  const focusComposer = () => composer.current?.focus();
  const closePeople = () => {
    people.value = false;
  };

  return (
    <div class="chat" data-heir="messages">
      {hasRoomsBeside && (
        <nav class="side side-rooms" aria-label={words.rooms.heading}>
          <p class="wordmark">
            <Feather class="wordmark-feather" barbs={15} />
            {words.title}
          </p>
          <RoomsPanel page={page} onGo={focusComposer} />
        </nav>
      )}
      <div class="chat-center">
        <header class="chat-header">
          {!hasRoomsBeside && <RoomsButton page={page} onOpen={() => (rooms.value = true)} />}
          <RoomTitle room={room} />
          {!hasPeopleBeside && <PeopleButton room={room} onOpen={() => (people.value = true)} />}
          <SettingsButton onOpen={() => (settings.value = true)} />
        </header>
        <main class="chat-main" data-heir="composer">
          <MessageList
            key={room.name}
            conversation={conversation}
            me={chat.me}
            entered={chat.stage !== "away"}
            onEdit={focusComposer}
            onLeave={() => page.leaveRoom(room.name)}
            onUndo={() => onTouchScreen() || focusComposer()}
          />
          <StatusBar page={page} onConnect={focusComposer} />
          <TypingLine typing={room.typing} />
          {canWrite(room) && <Composer conversation={conversation} name={chat.me.name} input={composer} />}
        </main>
      </div>
      {hasPeopleBeside && (
        <aside class="side side-people" aria-label={words.people.heading}>
          <PeopleHeading room={room} />
          <RoomPanel key={room.name} page={page} room={room} me={chat.me.name} onLeave={focusComposer} />
        </aside>
      )}
      {!hasRoomsBeside && (
        <Sheet heading={words.rooms.heading} side="start" open={rooms}>
          <RoomsPanel page={page} onGo={() => (rooms.value = false)} />
        </Sheet>
      )}
      {!hasPeopleBeside && (
        <Sheet heading={words.people.heading} side="end" open={people}>
          <RoomPanel key={room.name} page={page} room={room} me={chat.me.name} onLeave={closePeople} />
        </Sheet>
      )}
      <Sheet heading={words.settings.heading} side="end" open={settings}>
        <SettingsPanel page={page} chat={chat} />
      </Sheet>
    </div>
  );
}

function RoomTitle({ room }: { room: Room }) {
  return (
    <h1 class="room-title">
      <bdi>{room.name}</bdi>
      {room.isPrivate && (
        <>
          <Icon name="lock" />
          <span class="unseen"> {words.rooms.private}</span>
        </>
      )}
    </h1>
  );
}

function PeopleHeading({ room }: { room: Room }) {
  return (
    <h2>
      {words.people.heading} <span class="people-count">{grouped(room.present.count)}</span>
    </h2>
  );
}

/** Opens the list of who is there, and says how many they are. */
function PeopleButton({ room, onOpen }: { room: Room; onOpen: () => void }) {
  const { count } = room.present;
  return (
    <button
      type="button"
      class="icon-button people-button"
      aria-label={words.people.open(grouped(count), count === 1)}
      onClick={onOpen}
    >
      <Icon name="people" />
      <span>{grouped(count)}</span>
    </button>
  );
}

function SettingsButton({ onOpen }: { onOpen: () => void }) {
  return (
    <button type="button" class="icon-button" aria-label={words.settings.open} onClick={onOpen}>
      <Icon name="settings" />
    </button>
  );
}

/** Opens the list of rooms, and says that there is something new in one of them. */
function RoomsButton({ page, onOpen }: { page: Page; onOpen: () => void }) {
  const { list } = page.conversation;
  const elsewhere = list.unread.value - list.room.value.unread;
  return (
    <button
      type="button"
      class="icon-button rooms-button"
      aria-label={elsewhere === 0 ? words.rooms.open : words.rooms.openUnread(elsewhere)}
      onClick={onOpen}
    >
      <Icon name="menu" />
      {elsewhere > 0 && <span class="dot" />}
    </button>
  );
}
