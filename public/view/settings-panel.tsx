import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { askToNotify, canNotify, isOn, turn } from "../attention.ts";
import { browserStore } from "../browser-store.ts";
import { languages } from "../languages.ts";
import type { Page } from "../page.ts";
import type { Chat } from "../session.ts";
import { words } from "../words.ts";
import { Name } from "./message.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";

/** What a person can set for this browser, and the way out. */
export function SettingsPanel({ page, chat }: { page: Page; chat: Chat }) {
  const notifications = useSignal(isOn("notifications"));
  const sound = useSignal(isOn("sound"));
  const isDenied = useSignal(false);

  const setNotifications = async (wanted: boolean) => {
    const on = wanted && (await askToNotify());
    isDenied.value = wanted && !on;
    notifications.value = on;
    turn("notifications", on);
  };
  const setSound = (on: boolean) => {
    sound.value = on;
    turn("sound", on);
  };
  const setLanguage = (code: string) => {
    browserStore.write("language", code);
    location.reload();
  };

  return (
    <div class="settings">
      <div class="settings-who">
        <p>{words.settings.loggedInAs}</p>
        <Name name={chat.me.name} own={false} />
      </div>
      {canNotify && (
        <Check on={notifications} onChange={(on) => void setNotifications(on)}>
          {words.settings.notifications}
        </Check>
      )}
      {isDenied.value && (
        <p class="field-problem" role="alert">
          {words.settings.notificationsDenied}
        </p>
      )}
      <Check on={sound} onChange={setSound}>
        {words.settings.sound}
      </Check>
      <div class="field">
        <label for="language">{words.settings.language}</label>
        <select id="language" onChange={(event) => setLanguage(event.currentTarget.value)}>
          {Object.entries(languages).map(([code, { language }]) => (
            <option key={code} value={code} lang={code} selected={language === words.language}>
              {language}
            </option>
          ))}
        </select>
      </div>
      <SessionsPanel page={page} chat={chat} />
    </div>
  );
}

function Check(props: {
  on: ReadonlySignal<boolean>;
  onChange: (on: boolean) => void;
  children: ComponentChildren;
}) {
  const { on, onChange } = props;
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          onChange(!on.value);
          // Stays as it is until it is known whether it may change.
          event.currentTarget.checked = on.value;
        }}
      />
      {props.children}
    </label>
  );
}
