import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { LogLevel } from "../../src/system/logger.ts";
import { createLogger } from "../../src/system/logger.ts";

function collect({ level = "info", terminal = false }: { level?: LogLevel; terminal?: boolean } = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ level, terminal, destination }), lines };
}

describe("the logger writes", () => {
  test("one JSON object a line: level, time in ISO, fields, message, and nothing else", () => {
    const { logger, lines } = collect();
    logger.info({ room: "lobby" }, "opened");
    const [line = ""] = lines;
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      room: "lobby",
      msg: "opened",
    });
  });

  test("only what is important enough", () => {
    const { logger, lines } = collect({ level: "warn" });
    logger.info("not this");
    logger.warn("this");
    expect(lines).toHaveLength(1);
  });

  test("an error with its stack, and its causes with theirs", () => {
    const { logger, lines } = collect();
    logger.error({ err: new Error("outer", { cause: new TypeError("inner") }) }, "failed");
    expect(JSON.parse(lines.join(""))).toMatchObject({
      err: {
        message: "outer",
        stack: expect.stringContaining("logger.test.ts"),
        cause: { type: "TypeError", message: "inner", stack: expect.stringContaining("logger.test.ts") },
      },
    });
  });

  test("no secret that is logged by mistake, at the top or one level down", () => {
    const { logger, lines } = collect();
    logger.info({ token: "hunter2", mail: { email: "hunter2@example.org", loginCode: "hunter2" } }, "oops");
    expect(lines.join("")).not.toContain("hunter2");
  });

  test("the code of an error, which is no login code", () => {
    const { logger, lines } = collect();
    logger.info({ err: Object.assign(new Error("no"), { code: "ENOENT" }), code: 4003 }, "closed");
    expect(JSON.parse(lines.join(""))).toMatchObject({ err: { code: "ENOENT" }, code: 4003 });
  });

  test("no character raw that acts on a terminal or starts a line, and means the same", () => {
    const { logger, lines } = collect();
    const name = 'a\u001b[2J\u009b\u202e\u2028\ud800\\u001b\n"';
    logger.info({ name }, name);
    const line = lines.join("");
    expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
    expect(JSON.parse(line)).toMatchObject({ name, msg: name });
  });

  test("for a terminal a line that a person reads, with such characters spelt out", () => {
    const { logger, lines } = collect({ terminal: true });
    logger.warn({ who: "\u001b[31m\u202e" }, "said \u001b[2J\r\u009b");
    const text = lines.join("");
    expect(text).toMatch(/WARN.*said \\u001b\[2J\\r\\u009b/);
    expect(text).toMatch(/who.*\\u001b\[31m\\u202e/);
    expect(stripVTControlCharacters(text)).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });

  test("everything before the process ends, to stderr and not to stdout", () => {
    const script = `
      const { createLogger } = await import(${JSON.stringify(built("logger"))});
      const { Output, writeToDescriptor } = await import(${JSON.stringify(built("output"))});
      const { systemClock: clock } = await import(${JSON.stringify(built("clock"))});
      const destination = new Output({ clock, write: writeToDescriptor(2) });
      process.on("exit", () => destination.end());
      const logger = createLogger({ level: "info", terminal: process.argv[1] === "pretty", destination });
      for (let n = 0; n < 1000; n++) logger.info({ n }, "line");
      process.exit(0);`;
    for (const mode of ["json", "pretty"]) {
      const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, mode], {
        encoding: "utf8",
      });
      expect(stdout).toBe("");
      expect(stderr.match(/line/g)).toHaveLength(1000);
    }
  });
});

/** What `npm run build` made, as the process that ends has no TypeScript. */
const built = (name: string) => new URL(`../../dist/system/${name}.js`, import.meta.url).href;
