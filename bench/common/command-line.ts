import { Command, CommanderError, Option } from "commander";

/** The values that a numeric option takes. */
interface NumberRange {
  min: number;
  max: number;
  kind: "numbers" | "whole numbers";
}

/** Exit code of every program here for wrong usage, and for an error that is no finding. */
export const EXIT_FAILED = 2;

/**
 * The command line of a program. Each declaration returns a getter for the option's value, which throws a RangeError with
 * a sentence for people where the value is out of range.
 */
export class CommandLine {
  readonly #script: string;
  readonly #command: Command;
  #help = "";

  /** @param script how the program is started. @param after what `--help` says below the options. */
  constructor(script: string, { description, after }: { description: string; after: string }) {
    this.#script = script;
    this.#command = new Command(script)
      .description(description)
      .addHelpText("after", `\n${after}`)
      .helpOption("--help", "print this help")
      .allowExcessArguments(false)
      .configureOutput({
        writeOut: (text) => {
          this.#help += text;
        },
        writeErr: () => {},
        getOutHelpWidth: () => 120,
        getOutHasColors: () => false,
      })
      .exitOverride();
  }

  flag(flags: string, meaning: string): () => boolean {
    const value = this.#declare(new Option(flags, meaning));
    return () => value() === true;
  }

  text(flags: string, meaning: string): () => string | undefined {
    return this.#textOf(new Option(flags, meaning));
  }

  requiredText(flags: string, meaning: string): () => string {
    const value = this.#textOf(new Option(flags, meaning).makeOptionMandatory());
    return () => value() ?? "";
  }

  choice<Choice extends string>(
    flags: string,
    meaning: string,
    { choices, usual }: { choices: readonly Choice[]; usual: Choice },
  ): () => Choice {
    const value = this.#textOf(new Option(flags, `${meaning} [default: ${usual}]`).choices(choices));
    return () => choices.find((choice) => choice === value()) ?? usual;
  }

  /** Names separated by commas; all of `choices` where the option is not given. */
  choices(flags: string, meaning: string, choices: readonly string[]): () => readonly string[] {
    const value = this.#textOf(new Option(flags, `${meaning} [${choices.join(", ")}; default: all]`));
    return () => {
      const given = value()?.split(",") ?? choices;
      const wrong = given.find((name) => !choices.includes(name));
      if (wrong === undefined) return given;
      throw new RangeError(`${nameOf(flags)} takes ${choices.join(", ")}, not "${wrong}"`);
    };
  }

  /** @param usual the value where the option is not given; the getter takes another one. */
  number(flags: string, meaning: string, range: NumberRange, usual: number): (fallback?: number) => number {
    const value = this.#textOf(new Option(flags, describeNumber(meaning, range, usual)));
    return (fallback = usual) => {
      const text = value();
      return text === undefined ? fallback : parseNumber(flags, text, range);
    };
  }

  /** Numbers separated by commas. @param usual as of `number`. */
  numbers(
    flags: string,
    meaning: string,
    range: NumberRange,
    usual: readonly number[],
  ): (fallback?: readonly number[]) => readonly number[] {
    const value = this.#textOf(new Option(flags, describeNumber(meaning, range, usual)));
    return (fallback = usual) => {
      const texts = value()?.split(",");
      return texts?.map((text) => parseNumber(flags, text, range)) ?? fallback;
    };
  }

  /**
   * Runs the program: `read` turns the values into options, `main` returns the exit code. Wrong usage and errors go to
   * stderr, with exit code 2.
   */
  async run<Options>(read: () => Options, main: (options: Options) => Promise<number>): Promise<void> {
    let options: Options;
    try {
      this.#command.parse(process.argv.slice(2), { from: "user" });
      options = read();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    process.exitCode = await main(options).catch((cause: unknown) => {
      sayError(cause instanceof Error ? cause.message : String(cause));
      return EXIT_FAILED;
    });
  }

  #refuse(error: unknown): void {
    if (error instanceof CommanderError && error.code === "commander.helpDisplayed") {
      process.stdout.write(this.#help);
      return;
    }
    if (!(error instanceof CommanderError || error instanceof RangeError)) throw error;
    const problem = error.message.replace(/^error: /, "").replace("\n(Did", " (did");
    const clause = problem.charAt(0).toUpperCase() + problem.slice(1).replace(/\.$/, "");
    sayError(`${clause}; ${this.#script} --help lists what there is.`);
    process.exitCode = EXIT_FAILED;
  }

  #textOf(option: Option): () => string | undefined {
    const value = this.#declare(option);
    return () => {
      const text = value();
      return typeof text === "string" ? text : undefined;
    };
  }

  #declare(option: Option): () => unknown {
    this.#command.addOption(option);
    return () => this.#command.getOptionValue(option.attributeName());
  }
}

/** Progress and problems go to stderr; stdout has the results. */
export function sayError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A range of numbers. */
export function from(min: number, max: number): NumberRange {
  return { min, max, kind: "numbers" };
}

/** A range of whole numbers. */
export function wholeFrom(min: number, max: number): NumberRange {
  return { min, max, kind: "whole numbers" };
}

function describeNumber(
  meaning: string,
  { min, max }: NumberRange,
  usual: number | readonly number[],
): string {
  return `${meaning} [${min} to ${max}; default: ${usual}]`;
}

function parseNumber(flags: string, text: string, { min, max, kind }: NumberRange): number {
  const value = Number(text);
  const isFit = text.trim() !== "" && value >= min && value <= max;
  if (isFit && (kind === "numbers" || Number.isInteger(value))) return value;
  throw new RangeError(`${nameOf(flags)} takes ${kind} from ${min} to ${max}, not "${text}"`);
}

/** "--clients" of "--clients <n>". */
function nameOf(flags: string): string {
  return flags.replace(/ .*/, "");
}
