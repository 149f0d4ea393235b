import type { Page } from "../page.ts";
import type { Chat } from "../session.ts";
import { words } from "../words.ts";
import { Composer } from "./composer.tsx";
import { Feather } from "./feather.tsx";
import { MessageList } from "./message-list.tsx";
import { StatusBar } from "./status-bar.tsx";

/** The room. */
export function ChatView({ page, chat }: { page: Page; chat: Chat }) {
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
        <MessageList conversation={page.conversation} entered={chat.entered} />
        <StatusBar page={page} />
        <Composer conversation={page.conversation} name={chat.name} />
      </main>
    </div>
  );
}
