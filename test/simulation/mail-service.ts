import type { LoginMail, Mailer, SendResult } from "../../src/login/mailer.ts";
import type { ProcessLifetime, VirtualTime } from "./time.ts";

/** How the mail server is doing. */
export const mailMoods = ["well", "late", "down", "refusing"] as const;
export type MailMood = (typeof mailMoods)[number];

/** Over what the person is told of a mail that is late. */
const LATE_MS = 15_000;
/** The longest pause between two tries takes less. */
const TROUBLE_MS = 120_000;

/** The mail server, and the post's way to people. */
export class MailService {
  #mood: MailMood = "well";
  /** Since when it is well, in ms. */
  #wellMs = 0;
  readonly #time: VirtualTime;
  /** What has been mailed, to anybody. */
  readonly mails: LoginMail[] = [];
  readonly #readers: { address: string; open: (mail: LoginMail) => void }[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get mood(): MailMood {
    return this.#mood;
  }

  set mood(mood: MailMood) {
    if (this.#mood !== "well" && mood === "well") this.#wellMs = this.#time.elapsedMs;
    this.#mood = mood;
  }

  /** Whether a mail may still wait for its next try. */
  get isInTrouble(): boolean {
    return this.mood !== "well" || this.#time.elapsedMs < this.#wellMs + TROUBLE_MS;
  }

  /** What comes for an address goes to `open`. */
  subscribe(address: string, open: (mail: LoginMail) => void): void {
    this.#readers.push({ address, open });
  }

  /** As one process of the server has it. */
  mailerOf(lifetime: ProcessLifetime): Mailer {
    return {
      send: (mail) =>
        new Promise<SendResult>((resolve) => {
          const { mood } = this;
          const answer = () => resolve(this.#take(mail, mood));
          this.#time.after(mood === "late" ? LATE_MS : 200, "mail server answers", answer, lifetime);
        }),
      close: () => {},
    };
  }

  #take(mail: LoginMail, mood: MailMood): SendResult {
    if (mood === "down") return { kind: "failed", cause: { code: "ESOCKET" } };
    if (mood === "refusing") return { kind: "refused", why: "unknown", cause: { responseCode: 550 } };
    this.mails.push(mail);
    this.#time.after(1_000, "mail arrives", () => {
      for (const { address, open } of this.#readers) if (address === mail.to) open(mail);
    });
    return { kind: "sent" };
  }
}
