import type { Page } from "../page.ts";
import { ChatView } from "./chat.tsx";
import { CodeView } from "./code.tsx";
import { JoinView } from "./join.tsx";

export function App({ page }: { page: Page }) {
  const session = page.session.value;
  switch (session.kind) {
    case "join":
      return <JoinView page={page} join={session} />;
    case "code":
      return <CodeView page={page} code={session} />;
    case "chat":
      return <ChatView page={page} chat={session} />;
  }
}
