/** Everything the page says, in one place. */
export const words = {
  locale: "en-GB",
  title: "Plume",

  join: {
    heading: "Come in and talk.",
    pitch: "Plume is one room for everyone who is here right now. No password: we mail you a code.",
    name: "Name",
    nameHint: "What the others see",
    email: "Mail address",
    emailHint: "Nobody else sees it",
    submit: "Send me a code",
    asking: "Asking for a code…",
    nameMissing: "Please choose a name.",
    nameLong: "That name is too long: 120 bytes at most.",
    emailWrong: "Please give your whole mail address, like ada@example.org.",
    emailLong: "That address is too long: 120 bytes at most.",
    mayNotEnter: "This name or address can’t be used here.",
    loggedOut: "You logged out in another tab.",
    sessionLost:
      "The connection was lost, and the server can’t tell any more who you are. Please log in again.",
    sessionEnded: (why: string) => `You need a new code to come back in. ${why}`,
  },

  code: {
    heading: "Check your mail.",
    sentTo: "We sent a code to",
    valid: "It is good for 10 minutes.",
    noMailHeading: "No mail this time.",
    voidHeading: "One more time.",
    label: "Code from the mail",
    hint: "Keep this page open while you look",
    submit: "Come in",
    checking: "Checking…",
    resend: "Send another code",
    resendIn: (time: string) => `Send another code in ${time}`,
    resending: "Asking for another code…",
    incomplete: "The code has 6 characters.",
    tooLong: "That took too long, and the server hung up. The code is no good any more.",
    lost: "The connection was lost, and the code with it: it fits only the visit that asked for it.",
    reloaded:
      "The page was loaded again, so the code is no good any more: it fits only the visit that asked for it.",
    back: "Use another name or address",
  },

  chat: {
    room: "The room",
    messages: "Messages",
    you: "you",
    logOut: "Log out",
    today: "Today",
    yesterday: "Yesterday",
    emptyHeading: "Nothing said yet.",
    empty: "You hear everything from the moment you came in. Say hello, and see who is here.",
    came: (name: string) => `${name} came in`,
    youCame: "You came in",
    went: (name: string) => `${name} left`,
    youWent: "You left",
    gap: (span: string) => `You were away for ${span}. What was said meanwhile is not shown here.`,
    showAll: (bytes: string) => `Show all of it (${bytes})`,
    fresh: (count: number) => (count === 1 ? "1 new message" : `${count} new messages`),
    toEnd: "Go to the newest message",
    unread: (count: number) => `(${count}) Plume`,
  },

  composer: {
    label: (name: string) => `Your message, as ${name}`,
    placeholder: "Say something",
    send: "Send",
    hint: "Enter sends, Shift + Enter starts a new line",
    left: (bytes: string) => `${bytes} bytes left`,
    over: (bytes: string) => `${bytes} bytes too long`,
    tooLong: (bytes: string, limit: string) =>
      `Not sent: this is ${bytes} bytes long, and ${limit} is the most. Nothing was cut.`,
    refused: (reason: string) => `Not sent: ${reason}`,
    full: (lines: number) =>
      `${lines} lines are waiting already. This one stays here until some of them are gone.`,
  },

  outgoing: {
    heading: "Not delivered yet",
    sending: "sending…",
    waiting: "waiting for the connection",
    queued: "waiting for its turn",
    unsure: "maybe not sent",
    refused: (reason: string) => `not sent: ${reason}`,
    again: "Send again",
    tryAgain: "Try again",
    edit: "Edit",
    discard: "Discard",
  },

  status: {
    connecting: "Connecting…",
    lost: "No connection.",
    keepWriting: "You can still write.",
    next: (seconds: number) => `Next try in ${seconds} s`,
    tryNow: "Try now",
    stopped: "The server ended the connection.",
    stoppedBecause: (why: string) => `The server ended the connection: ${why}.`,
    connect: "Connect again",
  },
} as const;

/** A server's reason ("the server restarts") as a sentence ("The server restarts."). */
export function sentence(reason: string): string {
  const text = reason.trim();
  if (text === "") return "";
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

const numbers = new Intl.NumberFormat(words.locale);

/** 65536 as "65,536". */
export function grouped(number: number): string {
  return numbers.format(number);
}
