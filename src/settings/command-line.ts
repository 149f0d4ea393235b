import { Command, CommanderError, Option } from "commander";
import { printable, quote } from "../system/printable.ts";
import { version } from "../system/version.ts";
import { closest } from "./reader.ts";
import { type Setting, settingRows } from "./table.ts";

/** A command to run, and the text of each flag that was given, not read yet. */
export type Run = { kind: "run"; flags: ReadonlyMap<string, string> } & (
  | { command: "serve" | "check" | "repair" }
  | { command: "token"; name: string; email: string }
);

/** The arguments, understood. A `sentence` is one line for people. */
export type ParsedArguments =
  | Run
  | { kind: "help" | "version"; text: string }
  | { kind: "wrong"; sentence: string };

/** Reads the arguments after the program's name. Settings' values are not looked at yet. Never throws. */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  let parsed: ParsedArguments = wrong("Nothing was asked for");
  let printed = "";
  const program = createProgram({
    onPrint: (text) => {
      printed += text;
    },
    onParsed: (result) => {
      parsed = result;
    },
  });
  try {
    program.parse(separate(argv), { from: "user" });
    return parsed;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return { kind: "help", text: printed };
    if (error.code === "commander.version") return { kind: "version", text: printed };
    return wrong(sentenceOf(error));
  }
}

/** What commander calls, within `parse`. */
interface Callbacks {
  onPrint(text: string): void;
  onParsed(result: ParsedArguments): void;
}

/** Declares flags and commands. */
function createProgram({ onPrint, onParsed }: Callbacks): Command {
  const program = bareProgram(onPrint);
  const options = settingRows.map((row) => ({ row, option: optionFor(row) }));
  for (const { option } of options) program.addOption(option);

  const flags = () => {
    const given = new Map<string, string>();
    for (const { row, option } of options) {
      const text: unknown = program.getOptionValue(option.attributeName());
      if (typeof text === "string") given.set(row.flag, text);
    }
    return given;
  };
  program.action(() => {
    const [word] = program.args;
    onParsed(word === undefined ? { kind: "run", command: "serve", flags: flags() } : unknownCommand(word));
  });
  const check = program
    .command("check")
    .description("check the settings, print those in force and the memory ceiling")
    .action(() => onParsed(excess(check) ?? { kind: "run", command: "check", flags: flags() }));
  const token = program
    .command("token")
    .description("print a session token, signed with the server's secret")
    .requiredOption("--name <name>", "whose session it is")
    .requiredOption("--email <email>", "the mail address the name belongs to")
    .action(({ name, email }: { name: string; email: string }) =>
      onParsed(excess(token) ?? { kind: "run", command: "token", flags: flags(), name, email }),
    );
  const repair = program
    .command("repair")
    .description(
      "make a damaged state directory one that opens, with what can be read of it; for a stopped server",
    )
    .action(() => onParsed(excess(repair) ?? { kind: "run", command: "repair", flags: flags() }));
  return program;
}

/** Commander without side effects: it ends no process and writes nothing. Its options name no variables, which it would read. */
function bareProgram(onPrint: Callbacks["onPrint"]): Command {
  return new Command("plume")
    .description(
      "A real-time chat server, and the page people chat on. Without a command it starts the server.",
    )
    .usage("[command] [settings]")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: onPrint,
      writeErr: () => {},
      getOutHelpWidth: () => 110,
      getOutHasColors: () => false,
    })
    .exitOverride()
    .allowExcessArguments();
}

function optionFor(row: Setting<unknown>): Option {
  const { flag, placeholder, meaning, unit, kind, fallbackText, environment } = row;
  const description = `${meaning} [${unit}: ${kind.allowed}; default: ${fallbackText}; ${environment}]`;
  return new Option(`${flag} ${placeholder}`, description);
}

/** `--flag=value` as two arguments, so that no message about an unknown flag repeats a value, which may be a password. */
function separate(argv: readonly string[]): string[] {
  return argv.flatMap((argument) => {
    const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(argument) ?? [];
    return flag === undefined || value === undefined ? [argument] : [flag, value];
  });
}

/** Commander's message in Plume's words: "error: unknown option '--prot'\n(Did you mean --port?)" is one clause. */
function sentenceOf(error: CommanderError): string {
  const clause = error.message.replace(/^error: /, "").replace("\n(Did", " (did");
  return clause.charAt(0).toUpperCase() + clause.slice(1);
}

function unknownCommand(word: string): ParsedArguments {
  const meant = closest(word, ["check", "repair", "token"]);
  const hint = meant ? ` (did you mean ${meant}?)` : "";
  return wrong(
    `There is no command ${quote(word)}${hint}: it takes check, repair, token, or none to start the server`,
  );
}

function excess(command: Command): ParsedArguments | undefined {
  const [word] = command.args;
  if (word === undefined) return undefined;
  return wrong(`plume ${command.name()} takes no further argument, but got ${quote(word)}: leave it out`);
}

function wrong(problem: string): ParsedArguments {
  const shown = problem.length > 300 ? `${problem.slice(0, 300)}…` : problem;
  return { kind: "wrong", sentence: `${printable(shown)}; plume --help lists what there is.` };
}
