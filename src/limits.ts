/**
 * Every bound of the server, with its unit in its name. A bound that an operator can set is in
 * `settings/table.ts` with its default from here. Imports nothing.
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;

export const limits = {
  // What a person can type. Over it: refused whole, with the limit, never cut.
  /** UTF-8 bytes of a name. */
  nameBytesMax: 120,
  /** UTF-8 bytes of a mail address. */
  emailBytesMax: 120,
  /** Characters of the path that a page is opened at. */
  pagePathCharacters: 100,
  /** UTF-8 bytes of one chat line. */
  textBytesMax: 64 * KiB,
  /**
   * Bytes of one frame from a client. Over it: closed with 1009. JSON that escapes every character but ASCII needs
   * 3 bytes for one byte of text; only control characters, in bulk, need more.
   */
  frameBytesMax: 3 * 64 * KiB + 1 * KiB,
  /** What the transport takes before it closes by itself, uWebSockets with a bare 1006; far above, so that we close with 1009. */
  payloadBytesMax: 2 * (3 * 64 * KiB + 1 * KiB),

  // Pace of one connection, and of one person on all of theirs. Over it: refused; far over it on a connection: closed with 4003.
  messagesPerSecond: 10,
  /** Messages at once after a quiet time. */
  messageBurst: 20,
  /** Bytes a second of frames, averaged. */
  bytesPerSecond: 64 * KiB,
  /** Bytes of frames at once after a quiet time. */
  byteBurst: 256 * KiB,
  /**
   * Bytes a second of answers that are much for little, averaged: a Join is charged with all that the log then sends. Counted
   * as a log does, which is 2 to 7 times what goes out.
   */
  answeredBytesPerSecond: 1 * MiB,
  /** The same at once after a quiet time: whoever comes back to all their rooms after a restart and has missed all of each. */
  answeredByteBurst: 32 * MiB,
  /** One network address (an IPv6 /64) may do what so many people may: a class, or an office. This machine's own may do all. */
  peoplePerPeer: 30,
  /** How long, at most, an account is remembered of which nothing is used any more. */
  accountsTidyMs: 10 * seconds,
  /** A connection that owes this many bursts is flooding. */
  floodBursts: 5,
  /** Pings and pongs a second from one socket: the library answers each ping. Over it: closed with 4003. */
  controlFramesPerSecond: 2,
  /** Pings and pongs at once after a quiet time. */
  controlFrameBurst: 64,

  // One connection.
  /**
   * Frames waiting to be handled. Over it: closed with 4003. Several hundred small ones may come in one read, and
   * wait for the server rather than for the client to slow down.
   */
  inboxFrames: 1024,
  /** Bytes of frames waiting to be handled. Over it: closed with 4003. */
  inboxBytes: 256 * KiB,
  /** Bytes the socket may have unsent before its Client stops following the log. */
  unsentBytesSoft: 64 * KiB,
  /** The same where all sockets together have much unsent: as much as is left for all, but not less than this. */
  unsentBytesLeast: 4 * KiB,
  /** Bytes uWebSockets would hold before it drops; never reached, see `assertLimits`. `ws` never drops. */
  unsentBytesHard: 16 * MiB,
  /** How long uWebSockets keeps what is unsent to a client that was told goodbye and does not read, 16 s measured. */
  lingerMs: 20 * seconds,
  /** Bytes of memory that each connection may always have received and not handled. */
  receivedShareBytes: 2 * KiB,
  /** A socket that has not said Hello or Auth by then is closed with 4001. */
  helloTimeoutMs: 30 * seconds,
  /** A peer that answers no ping for this long is gone. uWebSockets takes 8 to 960 s. */
  idleTimeoutMs: 60 * seconds,
  /** An HTTP client that stands still for this long is cut off, in its headers or reading the answer. uWebSockets has its own 10 s. */
  httpTimeoutMs: 10 * seconds,

  /**
   * TCP connections that have not sent a request: as many as sockets, but this part of the open files, and at least these. Over
   * it: the oldest makes room, with 503. From one network address as many as it may have sockets: then its own oldest does.
   */
  pendingPart: 1 / 4,
  pendingLeast: 64,

  /** Characters of a `User-Agent` that are looked at. Over it: the rest is not. */
  userAgentCharactersMax: 512,
  /** Those whose words for people are remembered. Over it: the oldest is found out again when it comes. */
  userAgentsKnown: 256,
  /** Characters of an `Origin` that the log tells of: a scheme, the longest name that DNS has, a port. Over it: not told. */
  originCharactersMax: 8 + 253 + 6,
  /** Refused origins that the log tells of, each once. Over it: those that come later are not told. */
  refusedOriginsTold: 32,

  /** Connections for who looks after the server. Over it: closed. */
  adminConnectionsMax: 64,

  // Login.
  /** Characters of a login code. */
  codeCharacters: 6,
  /** How long a code is valid. */
  codeValidMs: 10 * minutes,
  /** Wrong codes before the attempt's code is void. */
  codeTries: 5,
  /** Wrong codes for one address from one network address (an IPv6 /64) in an hour, over all codes. Over it: refused with the time to wait … */
  codeTriesPerPeerPerHour: 12,
  /** … and at once. */
  codeTriesPerPeerAtOnce: 10,
  /** How often in an hour a network address (an IPv6 /64) is told, in version 1, that a name belongs to another mail address … */
  nameAnswersPerPeerPerHour: 12,
  /** … and at once. Over it: no code for any name that is somebody's, with the time to wait, so that the refusal tells nothing. */
  nameAnswersPerPeerAtOnce: 10,
  /** Codes alive for one address that one network address has asked for. Over it: the oldest of these is void. */
  codesPerAddress: 3,
  /** Codes alive at once. Over it: no new ones until one is used or expires. */
  codesMax: 10_000,
  /** How long a session token is valid. */
  sessionValidMs: 30 * days,
  /** A login with a session token that is younger is answered with the same token, for signing another costs as much as checking it. */
  sessionFreshMs: 1 * days,
  /** Mails to one address that one network address (an IPv6 /64) asks for in an hour … */
  mailsPerAddressPerHour: 6,
  /** … and at once. */
  mailsPerAddressAtOnce: 2,
  /** A mailbox gets so many times these mails, whoever asks. */
  mailboxNetworks: 4,
  /** Mails asked for by one network address (an IPv6 /64) in an hour: a class of 30 comes in, and some ask twice. */
  mailsPerPeerPerHour: 60,
  /** The part of them at once. */
  mailsPerPeerPart: 2 / 3,
  /** Mails in all. */
  mailsPerMinute: 60,
  /** Mails waiting to be sent, or for their next try. Over it: refused. */
  mailQueue: 256,
  /** How long a mail server may take until it asks for a mail's content; some wait before they greet. Over it: tried again. */
  mailTimeoutMs: 30 * seconds,
  /** How long it may take to answer that, as RFC 5321 has it. Over it: not tried again, for the mail may come twice. */
  mailAnswerMs: 10 * minutes,
  /** The person is told after this long that the mail is late. */
  mailLateMs: 10 * seconds,
  /** The pause after the first try; doubled after each up to the greatest, then up to half as long again, by chance. No try as soon as the code has expired. */
  mailPauseMs: 2 * seconds,
  mailPauseMsMax: 60 * seconds,
  /** Mails being sent at once, each on its own connection to the mail server. */
  mailsInFlight: 8,
  /** Mail addresses and network addresses whose pace is remembered; over it the one heard of longest ago is forgotten. */
  paceKeysMax: 10_000,

  // Names.
  /** Names that are taken. Over it: no new names until one expires. */
  namesMax: 100_000,
  /** Names that are one person's. Over it: no new ones, the person uses one of theirs. */
  namesPerPerson: 10,
  /** A name that nobody has used for this long while a server ran is free again. */
  nameUnusedMs: 90 * days,
  /** How old the saved use of a name or a session may get before it is saved again. So long, at most, a name is kept too long. */
  nameUseSavedMs: 1 * days,
  /** How often it is saved how much time a server has run. So much, at most, a crash takes back. */
  seenSavedMs: 10 * minutes,

  /** Connections on which a person is logged in. Over it: the oldest is closed with 4011. */
  connectionsPerPerson: 100,
  /** Rooms a person is in on all of them. Over it: refused. */
  roomsPerPerson: 50,

  // Sessions.
  /** Sessions that are remembered of one person, ended ones until their tokens expire. Over it: the one whose token is oldest ends for good. */
  sessionsPerPerson: 50,
  /** Sessions that are remembered of all. Over it: of each person who logs in so many as `sessionsShare`. */
  sessionsMax: 100_000,
  sessionsShare: 2,

  // Room.
  /** Commands waiting in a room's inbox. Over it: senders wait. */
  roomInbox: 1024,
  /** Bytes of text in them. Over it: senders wait. */
  roomInboxBytes: 1 * MiB,
  /** Messages a room keeps. */
  history: 1000,
  /** Bytes the lobby keeps: texts as strings and as frames. */
  historyBytes: 8 * MiB,
  /** Bytes of messages, as a log counts them, that are handed over at once; more than one message only as long as they fit. */
  batchBytes: 128 * KiB,

  /** Characters of a room's name. */
  roomNameCharacters: 40,
  /** Messages somebody gets who comes into a room without saying where they were. */
  joinMessages: 50,
  /** Messages in one answer to Older. */
  olderMessages: 100,
  /** Bytes of them, as a log counts them; one always fits. */
  olderBytes: 1 * MiB,
  /** Nonces a room remembers, the newest: a line sent again while its nonce is among them is acked, not posted again. */
  nonces: 2000,
  /** Characters of a nonce or a tab's name. */
  nonceCharacters: 64,
  /** Somebody whose connection is lost is still there for this long. */
  graceMs: 15 * seconds,
  /** A room with more people than this no longer tells of each one's coming and going: Presence counts them. */
  announcedPeople: 200,
  /** Names in one Presence or Typing. */
  presenceNames: 50,
  /** A room tells who is there, or types, at most this often. */
  presenceEveryMs: 1 * seconds,
  /** Somebody types until this long after they last said so. */
  typingMs: 5 * seconds,

  // Rooms.
  /** Rooms at once. Over it: no new one comes until one has been empty for `roomEmptyMs`; what is promised to those in the others holds. */
  roomsMax: 1000,
  /** Rooms that one person has opened and that are still there. Over it: that person opens no more. */
  roomsOpenedPerPerson: 20,
  /** Rooms that are opened from one network address (an IPv6 /64) in a day, and at once: by a class, each two. Over it: refused. */
  roomsOpenedPerPeerPerDay: 60,
  /** Bytes a room other than the lobby keeps. */
  roomHistoryBytes: 1 * MiB,
  /** Rooms one connection is in. */
  roomsPerConnection: 20,
  /** A room that has been empty for this long is forgotten, with its history. */
  roomEmptyMs: 24 * hours,
  /** Rooms that each connection may always be in; in more only as long as all together are in few. */
  roomsShare: 2,
  /** People a private room has let in, who never need an invitation again. Over it: nobody new comes in, and nobody falls out. */
  guestsPerRoom: 1000,
  /** How long an invitation to a private room is good. */
  inviteValidMs: 7 * days,

  // State directory.
  /** A disk that could not be written is tried again after this long. Until then: refused, with the time to wait. */
  saveRetryMs: 2 * seconds,
  /** Bytes written until the database is made to drop what was overwritten: so much, at most, it holds in vain. */
  compactBytes: 16 * MiB,
  /** How long after something was overwritten or taken back it does so at the latest: until then its files may have the text. */
  compactAfterMs: 5 * minutes,
  /** Bytes of files the database keeps in memory; it is read at the start alone. */
  storeCacheBytes: 1 * MiB,

  // Server.
  /** Bytes for what is received, unsent and kept by rooms, where the operator sets no ceiling … */
  sharedBytes: 256 * MiB,
  /** … and the least there has to be. */
  sharedBytesLeast: 64 * MiB,
  /** Bytes for what nobody can count, above all halves of messages in uWebSockets. Near its end an eighth of the connections goes. */
  reserveBytes: 96 * MiB,
  /** How often the process looks how much memory it has. */
  residentEveryMs: 100,
  /** Messages an actor handles before it gives the event loop a turn. */
  messagesPerTurn: 128,
  /** Logins that the server looks at before it gives the event loop a turn. The others wait in line. */
  loginsPerTurn: 64,
  /** Sockets. Over it: the oldest that has not logged in makes room, with 1013; where all have, the newcomer is closed so. */
  connectionsMax: 10_000,
  /** The part of them that may not have logged in. Over it: the oldest of these makes room, with 1013. */
  strangersPart: 3 / 4,
  /**
   * Sockets from one network address (an IPv6 /64), but this machine's own: a class of 30, or an office of 100, with several tabs
   * each. Over it: closed with 4013.
   */
  connectionsPerPeerMax: 500,
  /** The log says at most this often that a network address has all it may have. */
  peerWarningMs: 1 * minutes,
  /** Messages in one frame of version 2. */
  messagesPerFrame: 64,
  /** Descriptors kept for mail, files and the store, however many sockets there are. */
  descriptorsKept: 16,
  /** Descriptors that have to be free beside those before sockets are accepted again. */
  descriptorsToAccept: 16,
  /** How often is looked whether descriptors are left: the longest that a process which has none tries in vain. */
  descriptorCheckMs: 250,
  /** The log says at most this often that there are none. */
  descriptorWarningMs: 1 * minutes,
  /** Bytes of lines to stderr, and as many to stdout, that wait for a reader or for a full disk. Over it: dropped and counted. */
  outputBytes: 128 * KiB,
  /** How long they wait until it is tried again. */
  outputRetryMs: 100,
  /** How long the end of the process may be held up by those that wait. */
  outputFlushMs: 250,
  /** A timer that runs so much too late tells that the process slept. */
  sleepMs: 2 * seconds,
  /** What was due meanwhile is due so long after it woke, for peers to be heard first. */
  wakeGraceMs: 10 * seconds,
  /** How long a stop waits for mails that are under way. Over it they are given up. */
  stopMailMs: 2 * seconds,
  /** How long a stop may take before the process exits with what is left undone. */
  stopTimeoutMs: 10 * seconds,
  /** A signal to stop that comes so soon after the first is the same one again. */
  signalRepeatMs: 1 * seconds,
  /**
   * How long it goes on after the last goodbye: a client that still writes to a socket which is gone is told that, and
   * no longer reads why.
   */
  goodbyeMs: 250,
  /**
   * How long of it the rooms wait for what clients have said. Over it they close without: a client that takes no answers,
   * so that what it said can't be handled, must not keep the others from being told.
   */
  stopHearingMs: 5 * seconds,
} as const;

/** Throws unless the bounds fit together; called once at start. */
export function assertLimits(): void {
  const l = limits;
  /** A full line as a log counts it: as a string, and as a frame of characters that are escaped. */
  const lineBytes = 7 * l.textBytesMax + 1 * KiB;
  const relations: [boolean, string][] = [
    [l.frameBytesMax >= 3 * l.textBytesMax, "a full line fits in a frame, escaped to ASCII or not"],
    [
      l.payloadBytesMax >= 2 * l.frameBytesMax,
      "a frame over the limit still reaches us, to be closed with 1009",
    ],
    [l.byteBurst >= l.frameBytesMax, "one full line fits in a burst of bytes"],
    [
      l.answeredByteBurst >= l.historyBytes + l.roomsPerConnection * l.roomHistoryBytes,
      "all that a connection's rooms have can be answered at once",
    ],
    [l.roomsPerPerson >= l.roomsPerConnection, "one connection can be in all the rooms it may be in"],
    [l.inboxBytes >= l.frameBytesMax, "an inbox holds a full frame while another is handled"],
    [l.roomHistoryBytes >= 2 * l.batchBytes, "a log holds several batches"],
    [l.unsentBytesHard >= l.unsentBytesSoft + 2 * lineBytes + l.olderBytes, "uWebSockets never drops"],
    [l.unsentBytesLeast <= l.unsentBytesSoft, "a socket is full sooner where much is unsent"],
    [l.roomHistoryBytes >= 2 * lineBytes, "a room keeps more than one full line"],
    [l.sharedBytesLeast >= 8 * l.historyBytes, "the lobby's history is a small part of what is shared"],
    [l.sharedBytesLeast >= 64 * l.frameBytesMax, "many full frames fit in what is shared"],
    [l.receivedShareBytes < l.inboxBytes, "a connection's share is less than it may have"],
    [l.roomsShare < l.roomsPerConnection, "a connection's share of rooms is less than it may be in"],
    [l.idleTimeoutMs > l.lingerMs, "what lingers is gone before its reader would be"],
    [l.stopHearingMs + l.stopMailMs < l.stopTimeoutMs, "a stop has time left to tell everybody"],
    [l.helloTimeoutMs < l.codeValidMs, "a code outlives the wait for Hello"],
    [
      l.mailsPerPeerPart * l.mailsPerPeerPerHour >= l.peoplePerPeer,
      "all people of one network address can ask for a code at once",
    ],
    [
      l.mailsPerPeerPart * l.mailsPerPeerPerHour < l.mailsPerMinute,
      "one network address leaves codes for others",
    ],
    [l.codeTriesPerPeerAtOnce > l.codeTries, "one code's tries are not all that an address has"],
  ];
  for (const [holds, relation] of relations) {
    if (!holds) throw new Error(`limits do not fit together: ${relation}`);
  }
}
