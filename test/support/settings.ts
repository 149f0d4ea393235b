import { parseCommand, type Settings } from "../../src/settings/settings.ts";

/** What the server runs with in this environment. */
export function settingsOf(env: Record<string, string>): Settings {
  const command = parseCommand([], env);
  if (command.kind !== "serve") throw new Error(`wrong settings: ${JSON.stringify(command)}`);
  return command.settings;
}
