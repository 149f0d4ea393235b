import type { Conversation } from "../conversation.ts";
import { lastUndoable } from "../outbox.ts";
import { words } from "../words.ts";

/** Over the conversation, which does not move: the way back from a deletion, for `bounds.undoMs`. Its words are read out. */
export function UndoBar({ conversation, onUndo }: { conversation: Conversation; onUndo: () => void }) {
  const { sender, list } = conversation;
  const line = lastUndoable(sender.outbox.value, list.room.value.name);
  const undo = (nonce: string) => {
    sender.discard(nonce);
    onUndo();
  };
  return (
    <div class="undo" data-shown={line !== undefined}>
      <output>{line !== undefined && words.chat.isDeleted}</output>
      {line !== undefined && (
        <button type="button" class="quiet" onClick={() => undo(line.nonce)}>
          {words.chat.undo}
        </button>
      )}
    </div>
  );
}
