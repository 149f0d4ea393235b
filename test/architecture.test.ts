/** The rules of design and style that a program can check. Each check is a function of one file, and is itself tested below. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync, Visitor } from "vite";
import { describe, expect, test } from "vitest";

interface SourceFile {
  /** From the repository's root: `src/chat/room.ts`. */
  path: string;
  text: string;
}

/** What is wrong with a file, one sentence each. */
type Check = (file: SourceFile) => string[];

/**
 * The parts of `src`, from the bottom up, and which of those above it each may import; everything may import from its own
 * folder. `design` says the order; a part that is listed later is never imported.
 */
const mayImport: Record<string, readonly string[]> = {
  "src/limits.ts": [],
  "src/protocol": ["src/limits.ts"],
  "src/system": ["src/limits.ts"],
  "src/memory": ["src/limits.ts", "src/system"],
  "src/settings": ["src/limits.ts", "src/system", "src/memory"],
  "src/metrics": ["src/protocol", "src/limits.ts", "src/system"],
  "src/channel": ["src/system/assert.ts", "src/memory"],
  "src/log": ["src/system/assert.ts", "src/memory", "src/channel"],
  "src/actor": ["src/channel", "src/system"],
  "src/store": ["src/limits.ts", "src/system", "src/actor/wait-list.ts"],
  "src/people": ["src/protocol", "src/limits.ts", "src/system", "src/store/store.ts"],
  "src/journal": ["src/limits.ts", "src/system", "src/channel", "src/actor", "src/store/store.ts"],
  "src/chat": [
    ...["src/protocol", "src/limits.ts", "src/system", "src/memory", "src/channel", "src/log", "src/actor"],
    ...["src/store/store.ts", "src/people", "src/journal"],
  ],
  "src/login": [
    ...["src/protocol", "src/limits.ts", "src/system", "src/metrics", "src/channel", "src/actor"],
    "src/people",
  ],
  "src/transport": [
    ...["src/protocol", "src/limits.ts", "src/system", "src/memory", "src/settings", "src/metrics"],
    ...["src/channel", "src/actor"],
  ],
  "src/server": ["src"],
  "src/cli": ["src"],
  "src/main.ts": ["src"],
  public: ["src/protocol", "src/limits.ts"],
};

/** Packages that only one part knows. */
const homes: Record<string, string> = {
  "uWebSockets.js": "src/transport",
  ws: "src/transport",
  nodemailer: "src/login",
  commander: "src/settings",
  "prom-client": "src/metrics",
  "classic-level": "src/store",
};

/** Parts that run in a browser too, or come before everything: nothing of Node's, and no package but the schemas'. */
const pure = ["src/protocol", "src/limits.ts"];
/** Runs everywhere, and has no dependencies. */
const SCHEMAS = "valibot";

/** The only homes of globals: everyone else is given time, randomness, settings and a log. */
const globalHomes = ["src/system", "src/main.ts"];
const globals = new Set([
  ...["process", "console", "globalThis", "performance"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
]);
const globalCalls = new Set(["Date.now", "Math.random"]);

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

const checkDirections: Check = (file) => {
  const part = partOf(file.path);
  if (part === undefined) return [`${file.path} belongs to no part; say in mayImport what it may import`];
  const allowed = [part, ...(mayImport[part] ?? [])];
  return importsOf(file).flatMap((target) => {
    if (target.startsWith(".")) {
      const path = posix.join(posix.dirname(file.path), target);
      return allowed.some((place) => isIn(path, place)) ? [] : [`${file.path} may not import ${path}`];
    }
    const home = homes[target];
    const isAllowed = home === undefined ? !pure.includes(part) || target === SCHEMAS : home === part;
    return isAllowed ? [] : [`${file.path} may not import ${target}`];
  });
};

const checkGlobals: Check = (file) => {
  if (!file.path.startsWith("src/") || globalHomes.some((home) => isIn(file.path, home))) return [];
  const { program } = parse(file);
  const used: { name: string; start: number }[] = [];
  /** Where identifiers stand that only name a member: the `process` of `mail.process`. */
  const members = new Set<number>();
  new Visitor({
    Identifier: ({ name, start }) => void (globals.has(name) && used.push({ name, start })),
    MemberExpression({ computed, object, property, start }) {
      if (!computed) members.add(property.start);
      if (object.type !== "Identifier" || property.type !== "Identifier") return;
      const name = `${object.name}.${property.name}`;
      if (globalCalls.has(name)) used.push({ name, start });
    },
    NewExpression({ callee, arguments: given, start }) {
      const isNow = callee.type === "Identifier" && callee.name === "Date" && given.length === 0;
      if (isNow) used.push({ name: "new Date()", start });
    },
    Property: ({ key, shorthand }) => void (shorthand || members.add(key.start)),
    MethodDefinition: ({ key }) => void members.add(key.start),
    PropertyDefinition: ({ key }) => void members.add(key.start),
    TSPropertySignature: ({ key }) => void members.add(key.start),
    TSMethodSignature: ({ key }) => void members.add(key.start),
  }).visit(program);
  return used
    .filter(({ start }) => !members.has(start))
    .map(({ name, start }) => `${at(file, start)} uses ${name}; have it passed in`);
};

/** Types that say nothing, and orders to be silent. */
const checkEscapes: Check = (file) => {
  const problems: string[] = [];
  const found = (start: number, what: string) => problems.push(`${at(file, start)} has ${what}`);
  const { program, comments } = parse(file);
  new Visitor({
    TSAnyKeyword: ({ start }) => void found(start, "the type any"),
    TSNonNullExpression: ({ start }) => void found(start, "a non-null !"),
    TSAsExpression: ({ expression, start }) => {
      if (expression.type === "TSAsExpression") found(start, "a double cast");
    },
  }).visit(program);
  for (const { value, start } of comments) {
    const word = /@ts-[\w-]+|biome-ignore|\b(?:TODO|FIXME|XXX)\b/.exec(value)?.[0];
    if (word !== undefined) found(start, word);
  }
  return problems;
};

const checkFileLength: Check = ({ path, text }) => {
  const lines = text.split("\n").length - 1;
  return lines > FILE_LINES_MAX
    ? [`${path} has ${lines} lines; ${FILE_LINES_MAX} are allowed: split it`]
    : [];
};

/** Functions of any kind, by the lines from their first to their last. A test's `describe` is a chapter, not a function. */
const checkFunctionLength: Check = (file) => {
  const problems: string[] = [];
  const lineOf = (offset: number) => file.text.slice(0, offset).split("\n").length;
  const measure = ({ start, end }: { start: number; end: number }) => {
    const lines = lineOf(end) - lineOf(start) + 1;
    if (lines > FUNCTION_LINES_MAX)
      problems.push(
        `${at(file, start)} is a function of ${lines} lines; ${FUNCTION_LINES_MAX} are allowed: split it`,
      );
  };
  const chapters = new Set<number>();
  new Visitor({
    CallExpression({ callee, arguments: given }) {
      const name = file.text.slice(callee.start, callee.end);
      if (/^describe\b/.test(name)) for (const one of given) chapters.add(one.start);
    },
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: (one) => void (chapters.has(one.start) || measure(one)),
  }).visit(parse(file).program);
  return problems;
};

/** Names that two files of `src` export for two things: one word is one thing. */
function findSharedNames(files: readonly SourceFile[]): string[] {
  const homesOf = new Map<string, string[]>();
  for (const file of files) {
    // A function's overloads are one thing.
    for (const name of new Set(exportsOf(file))) homesOf.set(name, [...(homesOf.get(name) ?? []), file.path]);
  }
  return [...homesOf]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} is exported by ${paths.join(" and ")}: give one of them another name`);
}

/** What a file declares and exports; a name it only hands on is its home's. */
function exportsOf(file: SourceFile): string[] {
  const names: string[] = [];
  new Visitor({
    ExportNamedDeclaration({ declaration }) {
      if (declaration === null) return;
      if ("declarations" in declaration) {
        for (const { id } of declaration.declarations) if (id.type === "Identifier") names.push(id.name);
      } else if ("id" in declaration && declaration.id?.type === "Identifier")
        names.push(declaration.id.name);
    },
  }).visit(parse(file).program);
  return names;
}

/** Tests stand on the product and on their own support, never on the benchmarks. */
const checkTestImports: Check = (file) =>
  importsOf(file)
    .filter((target) => target.startsWith("."))
    .map((target) => posix.join(posix.dirname(file.path), target))
    .filter((path) => isIn(path, "bench"))
    .map((path) => `${file.path} may not import ${path}`);

/** Files that import each other in a circle, types or not: each circle as its path. */
function findCycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(
    files.map((file) => [
      file.path,
      importsOf(file).map((target) => posix.join(posix.dirname(file.path), target)),
    ]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (trail.includes(path) || done.has(path)) return;
    for (const target of imports.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) walk(path, []);
  return cycles;
}

/** What a file imports, in any way: statically, dynamically, as a type, by exporting it again. */
function importsOf(file: SourceFile): string[] {
  const targets: string[] = [];
  new Visitor({
    ImportDeclaration: ({ source }) => void targets.push(source.value),
    ExportAllDeclaration: ({ source }) => void targets.push(source.value),
    ExportNamedDeclaration: ({ source }) => void (source && targets.push(source.value)),
    ImportExpression: ({ source }) =>
      void targets.push(source.type === "Literal" ? String(source.value) : "something computed"),
    TSImportType: ({ source }) => void targets.push(source.value),
  }).visit(parse(file).program);
  return targets;
}

function parse({ path, text }: SourceFile): ReturnType<typeof parseSync> {
  const parsed = parseSync(path, text);
  if (parsed.errors.length > 0) throw new Error(`${path} does not parse: ${parsed.errors[0]?.message}`);
  return parsed;
}

function partOf(path: string): string | undefined {
  return Object.keys(mayImport).find((part) => isIn(path, part));
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function at({ path, text }: SourceFile, offset: number): string {
  return `${path}:${text.slice(0, offset).split("\n").length}`;
}

const root = join(import.meta.dirname, "..");

/** Every file with that ending in a folder of the repository; what was built does not count. */
function filesIn(folder: string, ending: RegExp): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name) && !/(^|\/)(dist|node_modules|\.vite)\//.test(name))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), "utf8") }));
}

describe("the repository", () => {
  const code = /\.tsx?$/;
  const source = [...filesIn("src", code), ...filesIn("public", code)];
  const tests = filesIn("test", code);
  const all = (files: readonly SourceFile[], check: Check) => files.flatMap(check);

  test("imports in one direction", () => expect(all(source, checkDirections)).toEqual([]));
  test("has no import cycles", () => expect(findCycles(source)).toEqual([]));
  test("keeps globals in src/system and main.ts", () => expect(all(source, checkGlobals)).toEqual([]));
  test("has nothing that silences the compiler or the linter, and nothing left to do", () => {
    expect(all([...source, ...tests], checkEscapes)).toEqual([]);
  });
  test("has files and functions that fit in a head", () => {
    const styles = filesIn("public", /\.(css|html)$/);
    const bench = filesIn("bench", code);
    expect(all([...source, ...styles, ...bench, ...tests], checkFileLength)).toEqual([]);
    expect(all([...source, ...bench, ...tests], checkFunctionLength)).toEqual([]);
  });
  test("uses one word for one thing: no name is exported twice", () => {
    expect(findSharedNames(filesIn("src", code))).toEqual([]);
  });
  test("has no test that stands on a benchmark", () => expect(all(tests, checkTestImports)).toEqual([]));
  test("lists its parts from the bottom up: none may import what is listed after it", () => {
    const parts = Object.keys(mayImport).filter((part) => part.startsWith("src/"));
    const places = parts.map((part) => mayImport[part]?.filter((place) => place !== "src") ?? []);
    const upwards = parts.flatMap((part, index) =>
      (places[index] ?? [])
        .filter((place) => parts.indexOf(partOf(place) ?? "") >= index)
        .map((place) => `${part} → ${place}`),
    );
    expect(upwards).toEqual([]);
  });
});

describe("the check", () => {
  test.each<[title: string, check: Check, path: string, text: string, problems: string[]]>([
    [
      "lets a room import a channel",
      checkDirections,
      "src/chat/room.ts",
      'import { Channel } from "../channel/channel.ts"; import { X } from "./x.ts";',
      [],
    ],
    [
      "keeps a room from importing a socket",
      checkDirections,
      "src/chat/room.ts",
      'import type { Socket } from "../transport/socket.ts";',
      ["src/chat/room.ts may not import src/transport/socket.ts"],
    ],
    [
      "keeps a login from importing more of the chat than a user",
      checkDirections,
      "src/login/login.ts",
      'import "../people/user.ts"; export * from "../chat/room.ts";',
      ["src/login/login.ts may not import src/chat/room.ts"],
    ],
    [
      "keeps the page from importing the server, as a type, dynamically or again",
      checkDirections,
      "public/page.tsx",
      'type L = import("../src/chat/room.ts").L; import("../src/main.ts"); export { x } from "../src/system/x.ts";',
      ["src/chat/room.ts", "src/main.ts", "src/system/x.ts"].map(
        (path) => `public/page.tsx may not import ${path}`,
      ),
    ],
    [
      "keeps packages out of the protocol",
      checkDirections,
      "src/protocol/parse.ts",
      'import "node:util"; import "./message.ts";',
      ["src/protocol/parse.ts may not import node:util"],
    ],
    [
      "keeps uWebSockets in the transport",
      checkDirections,
      "src/server/server.ts",
      'import type uWS from "uWebSockets.js"; import "node:util";',
      ["src/server/server.ts may not import uWebSockets.js"],
    ],
    [
      "wants every file to belong somewhere",
      checkDirections,
      "src/misc/x.ts",
      "",
      ["src/misc/x.ts belongs to no part; say in mayImport what it may import"],
    ],
    [
      "finds globals",
      checkGlobals,
      "src/chat/room.ts",
      "Date.now();\nMath.random();\nlater({ turn: setImmediate });\nprocess.exit();\nconst at = new Date();",
      [
        "1 uses Date.now",
        "2 uses Math.random",
        "3 uses setImmediate",
        "4 uses process",
        "5 uses new Date()",
      ].map((use) => `src/chat/room.ts:${use}; have it passed in`),
    ],
    [
      "takes members, parameters and dates of a given time for no globals",
      checkGlobals,
      "src/chat/room.ts",
      "mail.process(); const a = { console: 1 }; class C { setTimeout() {} } new Date(1); Math.max(1);",
      [],
    ],
    ["lets the system use globals", checkGlobals, "src/system/clock.ts", "Date.now(); setTimeout(f);", []],
    [
      "finds what silences the compiler",
      checkEscapes,
      "src/chat/room.ts",
      "let a: any;\na!.b;\na as unknown as B;\na as B;",
      ["1 has the type any", "2 has a non-null !", "3 has a double cast"].map(
        (has) => `src/chat/room.ts:${has}`,
      ),
    ],
    [
      "finds orders to be silent and things left to do, in comments only",
      checkEscapes,
      "test/x.test.ts",
      ["// @ts", "-expect-error\n/* biome", "-ignore x */\n// TO", 'DO\n"TODO"'].join(""),
      ["1 has @ts-expect-error", "2 has biome-ignore", "3 has TODO"].map((has) => `test/x.test.ts:${has}`),
    ],
    ["allows 500 lines in a file", checkFileLength, "src/a.ts", "\n".repeat(500), []],
    [
      "refuses one more",
      checkFileLength,
      "src/a.ts",
      "\n".repeat(501),
      ["src/a.ts has 501 lines; 500 are allowed: split it"],
    ],
    [
      "allows 70 lines in a function",
      checkFunctionLength,
      "src/a.ts",
      `function f() {${"\n".repeat(69)}}`,
      [],
    ],
    [
      "refuses one more in a function of any kind",
      checkFunctionLength,
      "src/a.ts",
      `class A { m() {${"\n".repeat(70)}} }\nconst f = () => {${"\n".repeat(70)}};`,
      ["1", "72"].map((line) => `src/a.ts:${line} is a function of 71 lines; 70 are allowed: split it`),
    ],
    [
      "takes a chapter of tests for no function",
      checkFunctionLength,
      "test/a.test.ts",
      `describe("a", () => {${"\n".repeat(100)}});`,
      [],
    ],
    [
      "keeps the benchmarks out of the tests",
      checkTestImports,
      "test/wire/x.test.ts",
      'import "../../bench/usage.ts"; import "../support/server-process.ts";',
      ["test/wire/x.test.ts may not import bench/usage.ts"],
    ],
  ])("%s", (_, check, path, text, problems) => expect(check({ path, text })).toEqual(problems));

  test("finds a name that two files export, and lets one hand on another's", () => {
    const files = [
      { path: "src/a.ts", text: "export interface Entry {}\nexport const a = 1;" },
      { path: "src/b.ts", text: 'export class Entry {}\nexport { a } from "./a.ts";' },
    ];
    expect(findSharedNames(files)).toEqual([
      "Entry is exported by src/a.ts and src/b.ts: give one of them another name",
    ]);
  });

  test("finds cycles, through types too", () => {
    const files = [
      { path: "src/a.ts", text: 'import "./b.ts";' },
      { path: "src/b.ts", text: 'import type { C } from "./c.ts"; import "node:fs";' },
      { path: "src/c.ts", text: 'import "./b.ts";' },
    ];
    expect(findCycles(files)).toEqual(["src/b.ts → src/c.ts → src/b.ts"]);
    expect(findCycles(files.slice(0, 2))).toEqual([]);
  });
});
