import { useMemo } from "preact/hooks";
import { BOT_NAME } from "../../src/protocol/v1.ts";
import { bounds } from "../bounds.ts";
import { colorOfName } from "../colors.ts";
import type { Outgoing } from "../outbox.ts";
import type { Row } from "../rows.ts";
import type { Said } from "../timeline.ts";
import { clockTime, dayName, fullTime, localDate } from "../times.ts";
import { grouped, isolated, listed, words } from "../words.ts";
import { Feather } from "./feather.tsx";
import { LineActions } from "./line-actions.tsx";
import { Sentence } from "./sentence.tsx";
import { Text } from "./text.tsx";

interface MessageProps {
  row: Row;
  /** The name of who reads it. */
  reader: string;
  continued: boolean;
  /** It is the first that is new since this person was here. */
  isFirstNew: boolean;
  newDay: boolean;
  /** Another one for each day, and each zone. */
  today: string;
  /** A change to this line that is on its way. */
  pending: Outgoing | undefined;
  canChange: boolean;
  onEdit: (line: Said) => void;
  onDelete: (line: Said) => void;
}

/** One row of the conversation. Drawn again only where something about it is new. */
export function Message(props: MessageProps) {
  const { row, reader, continued, isFirstNew, newDay, today, pending, canChange } = props;
  return useMemo(
    () => (
      <>
        {newDay && (
          <li class="day">
            <time dateTime={localDate(row.at)}>{dayName(row.at, Date.now())}</time>
          </li>
        )}
        {isFirstNew && (
          <li class="new-mark">
            <p>{words.chat.newHere}</p>
          </li>
        )}
        <Entry {...props} />
      </>
    ),
    // Rows of comings and goings are put together anew each time, and equal where their version is.
    [
      row.kind === "crossings" ? row.version : row,
      reader,
      continued,
      isFirstNew,
      newDay,
      today,
      pending,
      canChange,
    ],
  );
}

function Entry(props: MessageProps) {
  const { row } = props;
  switch (row.kind) {
    case "said":
      return <Line {...props} line={row} />;
    case "came":
      return (
        <Quiet at={row.at}>{row.own ? words.chat.youCame : words.chat.came(isolated(row.by.name))}</Quiet>
      );
    case "went":
      return (
        <Quiet at={row.at}>{row.own ? words.chat.youWent : words.chat.went(isolated(row.by.name))}</Quiet>
      );
    case "crossings": {
      const parts = [
        row.came.length > 0 ? words.chat.allCame(some(row.came)) : "",
        row.went.length > 0 ? words.chat.allWent(some(row.went)) : "",
      ];
      return <Quiet at={row.at}>{parts.filter((part) => part !== "").join(" · ")}</Quiet>;
    }
    case "gap":
      return (
        <li class="gap">
          <p>{words.chat.gone(grouped(row.seq), grouped(row.last))}</p>
        </li>
      );
    case "lost":
      return (
        <li class="gap">
          <p>{words.chat.lost}</p>
        </li>
      );
  }
}

function Line({
  line,
  reader,
  continued,
  pending,
  canChange,
  onEdit,
  onDelete,
}: MessageProps & { line: Said }) {
  const isHouse = line.by.name === BOT_NAME;
  const kinds = [
    "message",
    line.own && "own",
    continued && "continued",
    isHouse && "house",
    pending && "changing",
    line.deleted && "deleted",
  ];
  const text = pending?.act.kind === "edit" ? pending.text : line.text;
  return (
    <li class={kinds.filter((kind) => typeof kind === "string").join(" ")} data-line={line.id}>
      {isHouse ? <HouseName /> : <Name name={line.by.name} own={line.own} />}
      {line.deleted ? (
        <div class="text">
          <p>{words.chat.deleted}</p>
        </div>
      ) : (
        <Text
          text={text}
          reader={reader}
          mark={
            pending?.act.kind === "delete" ? words.outgoing.deleting : line.edited ? words.chat.edited : ""
          }
        />
      )}
      <Time at={line.at} />
      {canChange && pending === undefined && (
        <LineActions text={line.text} onEdit={() => onEdit(line)} onDelete={() => onDelete(line)} />
      )}
    </li>
  );
}

/** A person's name in their colour. The colour is set on the element: the page's policy forbids style attributes. */
export function Name({ name, own }: { name: string; own: boolean }) {
  const { light, dark } = colorOfName(name);
  return (
    <p class="name" style={{ "--name-light": light, "--name-dark": dark }} title={name}>
      <bdi>{name}</bdi>
      {own && <span class="name-you"> {words.chat.you}</span>}
    </p>
  );
}

function HouseName() {
  return (
    <p class="name">
      <Feather class="house-feather" barbs={9} />
      {BOT_NAME}
    </p>
  );
}

export function Time({ at }: { at: number }) {
  return (
    <time class="time" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clockTime(at)}
    </time>
  );
}

function Quiet({ at, children }: { at: number; children: string }) {
  return (
    <li class="quiet-line">
      <p>
        <Sentence text={children} />
      </p>
      <Time at={at} />
    </li>
  );
}

function some(names: readonly string[]): string {
  const told = names.slice(0, bounds.namesTold);
  return listed(told, names.length - told.length);
}
