/** A line that keeps somebody safe, and the same line broken. */
export interface Mutant {
  /** What is broken, as somebody would notice it. */
  breaks: string;
  file: string;
  /** Occurs once in the file. */
  line: string;
  /** Takes its place. */
  broken: string;
  /** Tests of which at least one has to fail: parts of their paths. */
  tests: readonly string[];
}

export const mutants: readonly Mutant[] = [
  {
    breaks: "a code can be guessed for ever",
    file: "src/login/codes.ts",
    line: "if (this.#triesLeft === 0) return this.#giveUp();",
    broken: "",
    tests: ["login/codes"],
  },
  {
    breaks: "a code works twice",
    file: "src/login/codes.ts",
    line: 'this.end("used");',
    broken: "",
    tests: ["login/codes"],
  },
  {
    breaks: "any code is the right one",
    file: "src/login/codes.ts",
    line: "if (timingSafeEqual(this.#hashOf(readCode(typed)), this.#hash)) {",
    broken: "if (this.#hashOf(readCode(typed)).length === this.#hash.length) {",
    tests: ["login/codes"],
  },
  {
    breaks: "a code does not expire",
    file: "src/login/codes.ts",
    line: "return this.#clock.elapsed() >= this.expiresAtMs;",
    broken: "return this.#clock.elapsed() > 2 * this.expiresAtMs;",
    tests: ["login/codes"],
  },
  {
    breaks: "a mailbox is flooded with codes",
    file: "src/login/mail-pace.ts",
    line: "this.#addresses.spend(address);",
    broken: "",
    tests: ["login/mail-pace"],
  },
  {
    breaks: "a mail goes to a second recipient",
    file: "src/login/address.ts",
    line: "/^(?<local>[!-?A-~]+)@(?<domain>[\\p{L}\\p{M}\\p{Nd}.-]+)$/u",
    broken: "/^(?<local>[!-?A-~]+)@(?<domain>[\\p{L}\\p{M}\\p{Nd}.-]+)/u",
    tests: ["login/address"],
  },
  {
    breaks: "a name is mark-up in a mail",
    file: "src/login/mailer.ts",
    line: "validator.escape(who)",
    broken: "who",
    tests: ["login/mailer"],
  },
  {
    breaks: "sessions can be forged",
    file: "src/login/sessions.ts",
    line: "if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;",
    broken: "if (given.length !== expected.length) return undefined;",
    tests: ["login/sessions"],
  },
  {
    breaks: "sessions do not expire",
    file: "src/login/sessions.ts",
    line: "if (this.#clock.now() >= expiresAtMs)",
    broken: "if (this.#clock.now() >= 2 * expiresAtMs)",
    tests: ["login/sessions"],
  },
  {
    breaks: "a name is taken from its owner",
    file: "src/chat/names.ts",
    line: 'if (entry !== undefined && entry.owner !== emailHash && !this.#isExpired(entry)) return "taken";',
    broken: "",
    tests: ["chat/names"],
  },
  {
    breaks: "somebody speaks as the bot",
    file: "src/chat/user.ts",
    line: "if (bare(key) === bareBot)",
    broken: "if (name === BOT_NAME)",
    tests: ["chat/names"],
  },
  {
    breaks: "names have invisible and turning characters",
    file: "src/chat/user.ts",
    line: "if (stranger !== undefined)",
    broken: "if (stranger === name)",
    tests: ["chat/names"],
  },
  {
    breaks: "two names look alike",
    file: "src/chat/user.ts",
    line: "return unhomoglyph(unhomoglyph(letters).toLowerCase());",
    broken: "return letters.toLowerCase();",
    tests: ["chat/names"],
  },
  {
    breaks: "one client may say as much as it likes",
    file: "src/server/requests.ts",
    line: 'if (messages.kind === "wait") {',
    broken: 'if (messages.kind === "wait" && bytes === 0) {',
    tests: ["server/connection"],
  },
  {
    breaks: "whoever is refused may go on for ever",
    file: "src/server/requests.ts",
    line: 'if (this.#refusals.take(1).kind === "wait")',
    broken: 'if (this.#refusals.take(0).kind === "wait")',
    tests: ["server/connection"],
  },
  {
    breaks: "a socket may stay without logging in",
    file: "src/server/connection.ts",
    line: 'if (event.from === "late") return goodbyes.loginTimeout;',
    broken: "",
    tests: ["server/connection"],
  },
  {
    breaks: "one network address takes all places",
    file: "src/server/connections.ts",
    line: "this.#perPeer.set(peer.key, (this.#perPeer.get(peer.key) ?? 0) + 1);",
    broken: "",
    tests: ["server/connections"],
  },
  {
    breaks: "the silent keep everybody else out",
    file: "src/server/connections.ts",
    line: "oldest.makeRoom();",
    broken: "",
    tests: ["server/connections"],
  },
  {
    breaks: "pings have no pace",
    file: "src/transport/socket.ts",
    line: 'if (this.#controlPace.take().kind === "wait") this.end(goodbyes.flooding);',
    broken: "",
    tests: ["transport/socket"],
  },
  {
    breaks: "private rooms are open",
    file: "src/chat/rules.ts",
    line: "if (needsInvitation && !invited) return",
    broken: "if (needsInvitation && !invited && since === undefined) return",
    tests: ["chat/rules", "server/v2"],
  },
  {
    breaks: "an invitation to one room opens another",
    file: "src/server/invitations.ts",
    line: "#mac({ name, epoch }: RoomIdentity, expiresAtMs: number): string {",
    broken: '#mac(_: RoomIdentity, expiresAtMs: number, name = "", epoch = ""): string {',
    tests: ["server/v2"],
  },
  {
    breaks: "people change what others said",
    file: "src/chat/rules.ts",
    line: 'return line?.kind === "text" && !line.deleted && line.user.key === user.key;',
    broken: 'return line?.kind === "text" && !line.deleted && user.key !== undefined;',
    tests: ["chat/"],
  },
  {
    breaks: "what was taken back can still be read in its edits",
    file: "src/chat/rules.ts",
    line: 'if (entry?.kind === "edited" && entry.of === of)',
    broken: 'if (entry?.kind === "edited" && entry.of === -of)',
    tests: ["chat/"],
  },
  {
    breaks: "a line that is sent again is posted twice",
    file: "src/chat/rules.ts",
    line: "const known = nonce === undefined ? undefined : room.nonces.get(user.key, nonce);",
    broken: "const known: number | undefined = undefined;",
    tests: ["chat/", "server/v2"],
  },
  {
    breaks: "what could not be saved is published",
    file: "src/chat/room.ts",
    line: 'if (saving !== undefined && (await saving) === "failed") this.#state.drop();',
    broken: "if (saving !== undefined) await saving;",
    tests: ["chat/", "server/", "journal/"],
  },
  {
    breaks: "numbers of another epoch are believed",
    file: "src/chat/rules.ts",
    line: 'return since?.epoch === room.epoch && since.seq <= room.last ? since.seq : "recent";',
    broken: 'return since && since.seq <= room.last ? since.seq : "recent";',
    tests: ["chat/", "server/"],
  },
  {
    breaks: "a reader that was full misses what it did not take",
    file: "src/chat/client.ts",
    line: "this.#feed.rewind(news.first + taken - 1);",
    broken: "",
    tests: ["chat/"],
  },
  {
    breaks: "a reader that fell behind is not told",
    file: "src/log/log.ts",
    line: 'if (cursor + 1 < first) return { kind: "gap", first: cursor + 1, last: first - 1 };',
    broken: "if (cursor + 1 < first) return this.#batch(first - 1, first);",
    tests: ["log/"],
  },
  {
    breaks: "a channel holds more than it may",
    file: "src/channel/core.ts",
    line: "return this.#bytes === undefined || this.#buffer.bytes + bytes <= this.#bytes.max;",
    broken: "return true;",
    tests: ["channel/channel"],
  },
  {
    breaks: "a tab that comes back hears everything twice",
    file: "src/server/connection.ts",
    line: "this.#closers.get(key)?.();",
    broken: "",
    tests: ["server/v2"],
  },
  {
    breaks: "any page may connect in a visitor's name",
    file: "src/transport/origins.ts",
    line: 'return origin === "" || this.#allowed.has(origin);',
    broken: 'return origin === "" || this.#allowed.size > 0;',
    tests: ["transport/origins"],
  },
  {
    breaks: "a client says itself what its address is",
    file: "src/transport/peer.ts",
    line: "const client = isTrusted(direct) ? clientBehind(direct, forwardedFor, isTrusted) : direct;",
    broken: "const client = clientBehind(direct, forwardedFor, isTrusted);",
    tests: ["transport/peer"],
  },
];
