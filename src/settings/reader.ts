import { printable, quote } from "../system/printable.ts";
import { type Setting, settingRows } from "./table.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as it is in force: what `plume check` prints. Passwords are masked. */
export interface InForce {
  readonly setting: Setting<unknown>;
  readonly text: string;
  readonly source: "flag" | "environment" | "default";
}

/** Reads settings one by one from flags and environment, and keeps the first problem. */
export class SettingsReader {
  readonly #flags: ReadonlyMap<string, string>;
  readonly #env: Environment;
  #problem: string | undefined;

  constructor(flags: ReadonlyMap<string, string>, env: Environment) {
    this.#flags = flags;
    this.#env = env;
    this.#problem = unknownVariable(env);
  }

  /** The first problem, as a sentence: a variable that is no setting, or a value that is not allowed. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The value in force. A wrong one becomes the problem, and the fallback stands in for it. */
  read<T>(setting: Setting<T>): T {
    const text = this.#given(setting);
    if (text === undefined) return setting.fallback;
    const reading = text === "" ? ({ kind: "wrong", problem: "is empty" } as const) : setting.kind.read(text);
    if (reading.kind === "value") return reading.value;
    this.#problem ??=
      `${this.label(setting)} ${reading.problem}, but it takes ${setting.kind.allowed}: ` +
      `correct it, or leave it out for the default (${setting.fallbackText}).`;
    return setting.fallback;
  }

  /** The setting's name where it was given, for sentences; its variable when it was not. */
  label(setting: Setting<unknown>): string {
    return this.#flags.has(setting.flag) ? setting.flag : setting.environment;
  }

  isGiven(setting: Setting<unknown>): boolean {
    return this.#given(setting) !== undefined;
  }

  /** The setting as it is in force, once all were read without a problem. */
  inForce(setting: Setting<unknown>): InForce {
    const text = this.#given(setting);
    if (text === undefined) return { setting, text: setting.fallbackText, source: "default" };
    const source = this.#flags.has(setting.flag) ? "flag" : "environment";
    return { setting, text: printable(setting.kind.mask?.(text) ?? text), source };
  }

  #given(setting: Setting<unknown>): string | undefined {
    return this.#flags.get(setting.flag) ?? this.#env[setting.environment];
  }
}

function unknownVariable(env: Environment): string | undefined {
  const known = settingRows.map((row) => row.environment);
  const unknown = Object.keys(env).find((name) => name.startsWith("PLUME_") && !known.includes(name));
  if (unknown === undefined) return undefined;
  const meant = closest(unknown, known);
  return (
    `The environment variable ${quote(unknown)}${meant ? ` (did you mean ${meant}?)` : ""} is no setting: ` +
    "correct or unset it; plume --help lists what there is."
  );
}

/** The candidate a mistyped `word` most likely meant; `undefined` when none is near (a third of its letters wrong at most). */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > candidate.length / 3) continue;
    const distance = editDistance(word, candidate);
    if (distance > candidate.length / 3) continue;
    if (!best || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Letters to insert, delete or replace to get from one word to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
