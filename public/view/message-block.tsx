import { useMemo, useRef } from "preact/hooks";
import type { Outgoing } from "../outbox.ts";
import { type Block, continues, isSameBlock, startsDay } from "../rows.ts";
import type { Said } from "../timeline.ts";
import { Message } from "./message.tsx";

interface BlockProps {
  block: Block;
  /** The name of who reads it. */
  reader: string;
  /** Another one for each day, and each zone: what is told by them is told anew. */
  today: string;
  /** The id of the first row that is new since this person was here. */
  firstNew: string | undefined;
  /** Lines of another one can't be changed any more. */
  epoch: string;
  /** Changes that are on their way, by the number of the line. */
  pending: ReadonlyMap<number, Outgoing>;
  onEdit: (line: Said) => void;
  onDelete: (line: Said) => void;
}

/** Some rows of the conversation, which are looked at again only where one of them is new. */
export function MessageBlock({
  block,
  reader,
  today,
  firstNew,
  epoch,
  pending,
  onEdit,
  onDelete,
}: BlockProps) {
  const drawn = useRef(block);
  if (!isSameBlock(drawn.current, block)) drawn.current = block;
  const { rows, before } = drawn.current;
  const firstNewHere = rows.some(({ id }) => id === firstNew) ? firstNew : undefined;
  return useMemo(
    () => (
      <>
        {rows.map((row, index) => {
          const above = index === 0 ? before : rows[index - 1];
          const isOfNow = row.kind === "said" && row.epoch === epoch;
          return (
            <Message
              key={row.id}
              row={row}
              reader={reader}
              continued={row.kind === "said" && row.id !== firstNewHere && continues(row, above)}
              isFirstNew={row.id === firstNewHere}
              newDay={startsDay(row, above)}
              today={today}
              pending={isOfNow ? pending.get(row.seq) : undefined}
              canChange={isOfNow && row.own && !row.deleted}
              onEdit={onEdit}
              onDelete={onDelete}
            />
          );
        })}
      </>
    ),
    [rows, before, reader, today, firstNewHere, epoch, pending],
  );
}
