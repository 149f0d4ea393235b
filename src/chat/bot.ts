/**
 * `plumebot`, which speaks for the server, to one client alone: version 1 of the protocol has no other message for a
 * refusal. Nobody else can have its name.
 */
export const bot = {
  /** What somebody hears who has just logged in. */
  greetings(name: string): string[] {
    return [
      `Hi @${name}! Welcome to Plume. What you say here is heard by everyone in the room at once.`,
      "Please be kind, and remember that your mail address is tied to what you say here. Happy chatting!",
    ];
  },

  /** A chat line that was refused. The page gives the text back when it hears this. */
  notSent(problem: string): string {
    return `not sent: ${problem}`;
  },

  /** Anything else that was refused. */
  notDone(problem: string): string {
    return `not done: ${problem}`;
  },
} as const;
