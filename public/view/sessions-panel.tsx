import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Page } from "../page.ts";
import type { Chat } from "../session.ts";
import type { OwnSession } from "../session-list.ts";
import { clockTime, dayName } from "../times.ts";
import { words } from "../words.ts";
import { useToday } from "./hooks.ts";

/** Where somebody is logged in, and the ways out: of here, of one of the others, and of all. */
export function SessionsPanel({ page, chat }: { page: Page; chat: Chat }) {
  const { sessions } = page;
  useToday();
  const isHere = chat.stage !== "away";
  useEffect(() => {
    if (isHere) sessions.ask();
  }, [isHere, sessions]);
  const all = sessions.all.value;
  const problem = sessions.problem.value;
  const logOut = () => page.happened({ kind: "log-out", everywhere: false });
  return (
    <section class="sessions" aria-labelledby="sessions" data-heir="sessions">
      <h3 id="sessions" tabIndex={-1}>
        {words.settings.devices}
      </h3>
      {all === undefined ? (
        <p class="field-hint">{isHere ? "" : words.settings.askingDevices}</p>
      ) : (
        <ul>
          {all.map((session) => (
            <SessionItem
              key={session.session}
              session={session}
              onEnd={() => (session.isThis ? logOut() : sessions.end(session))}
            />
          ))}
        </ul>
      )}
      <p class="field-problem" aria-live="assertive">
        {problem}
      </p>
      <button type="button" class="outlined" aria-disabled={chat.stage === "leaving"} onClick={logOut}>
        {chat.stage === "leaving" ? words.settings.loggingOut : words.settings.logOut}
      </button>
      <LogOutEverywhere onSure={() => page.happened({ kind: "log-out", everywhere: true })} />
    </section>
  );
}

function SessionItem({ session, onEnd }: { session: OwnSession; onEnd: () => void }) {
  const { device, usedAt, connections, isThis } = session;
  const name = words.settings.device(device);
  const use = isThis
    ? words.settings.thisOne
    : connections > 0
      ? words.settings.inUse
      : words.settings.lastUsed(dayName(usedAt, Date.now()), clockTime(usedAt));
  return (
    <li class="session">
      <p>
        <bdi>{name}</bdi>
        <span class="field-hint">{isThis ? <strong>{use}</strong> : use}</span>
      </p>
      <button type="button" class="quiet" onClick={onEnd}>
        {words.settings.end}
        <span class="unseen">
          : {name}, {use}
        </span>
      </button>
    </li>
  );
}

/** Asks once more, for it cannot be undone on devices that are elsewhere. */
function LogOutEverywhere({ onSure }: { onSure: () => void }) {
  const isAsking = useSignal(false);
  const stay = useRef<HTMLButtonElement>(null);
  const ask = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useLayoutEffect(() => {
    if (isAsking.value) stay.current?.focus();
    else if (wasAsking.current) ask.current?.focus();
    wasAsking.current = isAsking.value;
  }, [isAsking.value]);
  if (!isAsking.value) {
    return (
      <button type="button" class="quiet bad" ref={ask} onClick={() => (isAsking.value = true)}>
        {words.settings.logOutEverywhere}
      </button>
    );
  }
  return (
    <fieldset class="sure">
      <legend>{words.settings.sureEverywhere}</legend>
      <button type="button" class="outlined" ref={stay} onClick={() => (isAsking.value = false)}>
        {words.settings.stay}
      </button>
      <button type="button" class="quiet bad" onClick={onSure}>
        {words.settings.logOutEverywhere}
      </button>
    </fieldset>
  );
}
