import { type Stranger, strangers } from "../src/protocol/mail-address.ts";

/** What is to stand in place of what the server says, which is English, by what it is about: see `Saying`. */
type ServerWords = Readonly<Record<string | number, string | undefined>>;

/** English leaves it as it is. */
const asTheServerSays: ServerWords = {};

/** Everything the page says, in English. Other languages have the same type. */
export const english = {
  language: "English",
  locale: "en-GB",
  title: "Plume",

  join: {
    heading: "Come in and talk.",
    pitch: "Plume is a room for everyone who is here right now. No password: we mail you a code.",
    name: "Name",
    nameHint: "What the others see",
    email: "Mail address",
    emailHint: "Nobody else sees it",
    submit: "Send me a code",
    asking: "Asking for a code…",
    nameMissing: "Please choose a name.",
    nameLong: "That name is too long: 120 bytes at most.",
    emailWrong: "Please give your whole mail address, like ada@example.org.",
    emailCharacter: ({ codePoint, visible, kind }: Stranger) =>
      `A mail address can’t have ${visible === undefined ? strangers[kind] : `“${visible}”`} in it (${codePoint}).`,
    emailLong: "That address is too long: 120 bytes at most.",
    mayNotEnter: "This name or address can’t be used here.",
    taken: (name: string) =>
      `${name} is somebody’s name already. If it is yours, give the address that you took it with. If not, choose another name.`,
    haveCode: (address: string) => `Type the code that was sent to ${address}`,
    loggedOut: "You logged out in another tab.",
    sessionLost:
      "The connection was lost, and the server can’t tell any more who you are. Please log in again.",
    forgotten:
      "The server has started afresh and does not know you any more. Please log in once more; what you had not sent is kept here.",
    endedElsewhere:
      "You were logged out from another tab or device. What you had not sent is kept here for when you are back.",
    ending:
      "You are logged out here. The server could not be told yet: it will be as soon as it can be reached, or when this page is open next.",
    ended: "You are logged out, and the server knows.",
    sessionEnded: (why: string) => `You need a new code to come back in. ${why}`,
  },

  code: {
    heading: "Check your mail.",
    sentTo: "We sent a code to",
    valid: (minutes: number) => `It is good for ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`,
    noMailHeading: "No mail this time.",
    terminalHeading: "Look at the terminal.",
    printed: "This server sends no mail: your code is in the terminal where it was started.",
    late: "The mail is late: the mail server has not taken it yet. It may take some minutes, and the code stays good.",
    voidHeading: "One more time.",
    label: "Login code",
    hint: "In upper or lower case, as you like",
    submit: "Come in",
    checking: "Checking…",
    resend: "Send another code",
    resendIn: (time: string) => `Send another code in ${time}`,
    resending: "Asking for another code…",
    incomplete: "The code has 6 characters.",
    notFound: "There is no code in this, and nothing was sent. A code is 6 letters and digits.",
    expired: "The code is no good any more: it was not used in time.",
    taken: (name: string) =>
      `${name} is somebody’s name already. If it is yours, the code lets you in. If not, choose another name.`,
    back: "Use another name or address",
  },

  chat: {
    messages: "Messages",
    you: "you",
    today: "Today",
    yesterday: "Yesterday",
    emptyHeading: "Nothing said yet.",
    empty: "What is said here stays for those who come later. Say hello, and see who is here.",
    came: (name: string) => `${name} came in`,
    youCame: "You came in",
    went: (name: string) => `${name} left`,
    youWent: "You left",
    allCame: (names: string) => `${names} came in`,
    allWent: (names: string) => `${names} left`,
    others: (count: number) => (count === 1 ? "1 other" : `${count} others`),
    gone: (first: string, last: string) =>
      first === last ? `Message ${first} is gone.` : `Messages ${first}–${last} are gone.`,
    lost: "The server has started afresh. What was said before is kept on this page only.",
    older: "Show older messages",
    askingOlder: "Fetching older messages…",
    edited: "edited",
    deleted: "This line was taken back.",
    change: "Change this line",
    edit: "Edit",
    delete: "Delete",
    isDeleted: "Line deleted.",
    undo: "Undo",
    showAll: (bytes: string) => `Show all of it (${bytes} bytes)`,
    showLess: "Show less",
    fresh: (count: number) => (count === 1 ? "1 new message" : `${count} new messages`),
    toEnd: "Go to the newest message",
    newHere: "New since you were here",
    unread: (count: number) => `(${count}) Plume`,
    typing: (names: string, many: boolean) => `${names} ${many ? "are" : "is"} typing…`,
    somebodyTyping: "Somebody is typing…",
    manyTyping: "Several people are typing…",
  },

  rooms: {
    heading: "Rooms",
    open: "Show the rooms",
    openUnread: (count: number) => `Show the rooms, ${count} unread elsewhere`,
    private: "for the invited only",
    unread: (count: number) => (count === 1 ? "1 unread message" : `${count} unread messages`),
    mentioned: "your name is mentioned",
    name: "Another room",
    nameHint: "kitchen",
    makePrivate: "For the invited only",
    go: "Go there",
    nameMissing: "Please type the name of a room.",
    nameCharacter: (character: string) =>
      `A room’s name can’t have ${character} in it. It is made of letters, digits, - and _.`,
    nameBegins: "A room’s name begins with a letter or a digit.",
    nameLong: (characters: number) => `That name is too long: ${characters} characters at most.`,
    full: (count: number) => `You are in ${count} rooms, and that is the limit. Leave one first.`,
    leave: "Leave room",
    invite: "Copy invitation",
    invited: "Invitation copied",
    inviteLink: "Pass this link on. It lets people in for 7 days.",
    voidInvites: "Make all links so far invalid",
    invitesVoid: "Links from before let nobody in any more. This one is new.",
    mayNotEnter: "You can’t come in here.",
    shownOut: "You are not in this room any more.",
    askAgain: "Ask again",
    goBack: "Go back",
  },

  people: {
    heading: "Here now",
    open: (count: string, isOne: boolean) => (isOne ? `${count} person here` : `${count} people here`),
    more: (count: string) => `and ${count} more`,
  },

  settings: {
    heading: "Settings",
    open: "Settings",
    close: "Close",
    loggedInAs: "You are",
    notifications: "Notify me when my name is mentioned",
    notificationsDenied: "Your browser does not allow notifications from this page.",
    sound: "A sound for new messages",
    language: "Language",
    logOut: "Log out",
    loggingOut: "Logging out…",
    logOutEverywhere: "Log out everywhere",
    sureEverywhere: "This logs you out on this device and on all others.",
    stay: "Stay logged in",
    devices: "Where you are logged in",
    /** In the server's words: "Firefox on Linux", "a program". */
    device: (words: string) => words,
    thisOne: "This one, in use now",
    inUse: "In use now",
    lastUsed: (day: string, time: string) => `Last used: ${day}, ${time}`,
    end: "End",
    askingDevices: "The list comes when there is a connection.",
  },

  mention: {
    heading: "People to mention",
    found: (count: number) =>
      count === 1
        ? "1 name fits. Arrow keys choose, Tab takes it."
        : `${count} names fit. Arrow keys choose, Tab takes one.`,
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
    invisible: "Not sent: nothing can be seen in this.",
    noFiles: "Pictures and files can’t be sent here yet, only text. Nothing was sent.",
    editing: "Changing your line.",
    cancel: "Cancel",
    save: "Save",
    full: (lines: number) =>
      `${lines} lines are waiting already. This one stays here until some of them are gone.`,
  },

  outgoing: {
    heading: "Not delivered yet",
    sending: "sending…",
    waiting: "waiting for the connection",
    notIn: "not sent, for you are not in this room",
    copy: "Copy",
    copied: "Copied",
    held: (lines: number) =>
      `This room has started afresh since you wrote this, or it is another one of that name. ${lines === 1 ? "A line of yours was" : `${lines} lines of yours were`} not sent.`,
    sendHere: (lines: number): string => (lines === 1 ? "Send it here" : "Send them here"),
    unsure: "This may have been said already.",
    gone: "the room has started afresh, and the line is not there any more.",
    deleting: "deleting…",
    tryAgainIn: (span: string) => `Try again in ${span}`,
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
    trying: "Trying…",
    tryNow: "Try now",
    stopped: "The server ended the connection.",
    stoppedBecause: (why: string) => `The server ended the connection: ${why}.`,
    connect: "Connect again",
    originRefused: (origin: string) =>
      `This server does not let pages from ${origin} connect. Whoever runs it can change that: add ${origin} to PLUME_ORIGINS.`,
    noSockets:
      "The server is there, but no WebSocket gets through to it. Whoever runs it can change that: a proxy in between has to pass on Upgrade.",
  },

  server: asTheServerSays,
};

export type Words = typeof english;
