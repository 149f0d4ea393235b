import type { Answer, Entry, Leaving } from "./client.ts";
import type { Post } from "./message.ts";
import type { Place } from "./transcript.ts";
import type { User } from "./user.ts";

/** What a room can be asked. Its mailbox holds nothing else. */
export type RoomCommand =
  | { kind: "enter"; user: User; since: Since; answer: (entry: Entry | "closed") => void }
  | PostCommand
  | { kind: "typing"; user: User }
  | { kind: "leave"; user: User; how: Leaving }
  /** A timer has come. */
  | { kind: "due" };

export interface PostCommand {
  kind: "post";
  user: User;
  post: Post;
  nonce: string | undefined;
  answer: (answer: Answer) => void;
}

/** Where somebody goes on who comes in; "now": with what happens from then on. */
export type Since = Place | "now" | undefined;

/** A string holds up to 2 bytes a character. */
export function commandBytes(command: RoomCommand): number {
  return command.kind === "post" && "text" in command.post ? 2 * command.post.text.length : 0;
}
