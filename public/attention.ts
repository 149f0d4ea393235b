import { browserStore } from "./browser-store.ts";
import type { News } from "./conversation.ts";
import { mentions } from "./mentions.ts";
import { wordsOf } from "./parts.ts";
import { isolated } from "./words.ts";

/** How this person wants to be told of what they did not see; both are off until they are turned on. */
type Way = "notifications" | "sound";

export const canNotify = "Notification" in globalThis;

export function isOn(way: Way): boolean {
  return browserStore.read(way) === "on" && (way === "sound" || Notification.permission === "granted");
}

export function turn(way: Way, on: boolean): void {
  browserStore.write(way, on ? "on" : "");
}

/** Whether the browser's person allows it. */
export async function askToNotify(): Promise<boolean> {
  return canNotify && (await Notification.requestPermission()) === "granted";
}

/** Tells of a line that nobody saw. `onOpen`: somebody wants to see it. */
export function tell({ room, line }: News, onOpen: () => void): void {
  if (isOn("sound")) ring();
  if (!canNotify || !isOn("notifications") || !mentions(line.text, browserStore.read("name"))) return;
  const options = { body: wordsOf(line.text.slice(0, 200)), tag: `${room} ${line.id}`, icon: "favicon.svg" };
  try {
    new Notification(`${isolated(line.by.name)} – ${isolated(room)}`, options).addEventListener(
      "click",
      () => {
        window.focus();
        onOpen();
      },
    );
  } catch {
    // Phones want a service worker for this; the title and the sound are left.
  }
}

let audio: AudioContext | undefined;
let rangAt = Number.NEGATIVE_INFINITY;

/** Two soft notes, at most once a second. */
function ring(): void {
  audio ??= new AudioContext();
  const now = audio.currentTime;
  if (audio.state !== "running") void audio.resume();
  if (now - rangAt < 1) return;
  rangAt = now;
  for (const [hertz, start] of [
    [660, 0],
    [880, 0.12],
  ] as const) {
    const [note, loudness] = [audio.createOscillator(), audio.createGain()];
    note.frequency.value = hertz;
    loudness.gain.setValueAtTime(0.0001, now + start);
    loudness.gain.exponentialRampToValueAtTime(0.12, now + start + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, now + start + 0.3);
    note.connect(loudness).connect(audio.destination);
    note.start(now + start);
    note.stop(now + start + 0.35);
  }
}
