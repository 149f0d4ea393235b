import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { BOT_NAME } from "../../src/protocol/message.ts";
import { colorOfName } from "../colors.ts";
import type { Item } from "../timeline.ts";
import { clockTime, dayName, fullTime, span } from "../times.ts";
import { words } from "../words.ts";
import { Feather } from "./feather.tsx";
import { Text } from "./text.tsx";

/** One entry of the conversation. Entries never change, so each is drawn once. */
export function Message(props: { item: Item; continued: boolean; newDay: boolean }) {
  const { item, continued, newDay } = props;
  const folded = useSignal(true);
  const isFolded = folded.value;
  return useMemo(
    () => (
      <>
        {newDay && (
          <li class="day">
            <time dateTime={new Date(item.at).toISOString().slice(0, 10)}>
              {dayName(item.at, Date.now())}
            </time>
          </li>
        )}
        <Entry
          item={item}
          continued={continued}
          folded={isFolded}
          onUnfold={() => {
            folded.value = false;
          }}
        />
      </>
    ),
    [item, continued, newDay, isFolded, folded],
  );
}

function Entry(props: { item: Item; continued: boolean; folded: boolean; onUnfold: () => void }) {
  const { item, continued, folded, onUnfold } = props;
  switch (item.kind) {
    case "said":
      return (
        <li class={`message ${item.own ? "own" : ""} ${continued ? "continued" : ""}`}>
          <Name name={item.name} own={item.own} />
          <Text text={item.text} folded={folded} onUnfold={onUnfold} />
          <Time at={item.at} />
        </li>
      );
    case "house":
      return (
        <li class={`message house ${continued ? "continued" : ""}`}>
          <p class="name">
            <Feather class="house-feather" barbs={9} />
            {BOT_NAME}
          </p>
          <Text text={item.text} folded={folded} onUnfold={onUnfold} />
          <Time at={item.at} />
        </li>
      );
    case "came":
      return <Quiet at={item.at}>{item.own ? words.chat.youCame : words.chat.came(item.name)}</Quiet>;
    case "went":
      return <Quiet at={item.at}>{item.own ? words.chat.youWent : words.chat.went(item.name)}</Quiet>;
    case "gap":
      return (
        <li class="gap">
          <p>{words.chat.gap(span(item.awayMs))}</p>
        </li>
      );
  }
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

export function Time({ at }: { at: number }) {
  return (
    <time class="time" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {clockTime(at)}
    </time>
  );
}

function Quiet({ at, children }: { at: number; children: ComponentChildren }) {
  return (
    <li class="quiet-line">
      <p>
        <bdi>{children}</bdi>
      </p>
      <Time at={at} />
    </li>
  );
}
