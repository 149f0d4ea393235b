import { useRef } from "preact/hooks";
import type { Page } from "../page.ts";
import type { Chat } from "../session.ts";
import { words } from "../words.ts";
import { Composer } from "./composer.tsx";
import { Feather } from "./feather.tsx";
import { MessageList } from "./message-list.tsx";
import { StatusBar } from "./status-bar.tsx";

/** The room. */
export function ChatView({ page, chat }: { page: Page; chat: Chat }) {
  const composer = useRef<HTMLTextAreaElement>(null);
  return (
    <div class="chat">
      <header class="chat-header">
        <div class="chat-column">
          <h1 class="wordmark">
            <Feather class="wordmark-feather" barbs={15} />
            {words.title}
          </h1>
          <p class="chat-me">
            <bdi>{chat.name}</bdi>
          </p>
          <button type="button" class="quiet" onClick={() => page.happened({ kind: "log-out" })}>
            {words.chat.logOut}
          </button>
        </div>
      </header>
      <main class="chat-main">
        <MessageList
          conversation={page.conversation}
          entered={chat.entered}
          onEdit={() => composer.current?.focus()}
        />
        <StatusBar page={page} />
        <Composer conversation={page.conversation} name={chat.name} input={composer} />
      </main>
    </div>
  );
}
