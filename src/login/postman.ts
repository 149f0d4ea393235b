import type { Logger } from "pino";
import { WaitList } from "../actor/wait-list.ts";
import { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { LoginMail, Mailer, SendResult } from "./mailer.ts";

/** What becomes of a mail. */
export type MailNews =
  /** It is not sent yet, after `limits.mailLateMs`. `problem` is a sentence part for people. */
  { kind: "late"; problem: string } | MailOutcome;

/** What became of a mail, after all tries. */
export type MailOutcome =
  | { kind: "sent" }
  /** `permanent`: no mail will ever reach this address. `problem` is a sentence part for people. */
  | { kind: "failed"; permanent: boolean; problem: string };

export interface PostmanOptions {
  /** Owned by the Postman, which closes it. */
  mailer: Mailer;
  clock: Clock;
  random: Random;
  logger: Logger;
  counters: Counters;
}

/** What the Postman is asked to send. */
export interface Posting {
  readonly mail: LoginMail;
  /** Whether its code is still good for anything. */
  readonly isWanted: () => boolean;
  /** Told that the mail is late, once if so, and then its outcome, once. Must only enqueue. */
  readonly told: (news: MailNews) => void;
}

interface Delivery extends Posting {
  /** Its Message-ID. */
  readonly id: string;
  /** When its code expires; monotonic time in ms. */
  readonly untilMs: number;
  readonly late: Timer;
}

/**
 * The actor that sends the mails, so that nobody waits for a mail server. `limits.mailsInFlight` of them are tried at once, so that
 * one slow recipient does not hold up all; those that wait for their next try hold up none. A mail server that takes nothing from
 * strangers for some minutes (greylisting) is tried for as long as the code is good.
 */
export class Postman {
  readonly #inbox = new Channel<Delivery>({ capacity: limits.mailQueue });
  readonly #mailer: Mailer;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #counters: Counters;
  /** End what is waited for. */
  readonly #waits = new Set<() => void>();
  /** Mails that are tried. */
  #inFlight = 0;
  /** Those that wait for their turn to be tried. */
  readonly #line = new WaitList();
  /** Mails that wait for their next try. */
  #pausing = 0;
  /** Runs out when a stop has waited long enough. */
  #stop: Timer | undefined;
  #hasGivenUp = false;
  /** Mails that were given up. */
  #unsent = 0;

  constructor({ mailer, clock, random, logger, counters }: PostmanOptions) {
    this.#counters = counters;
    this.#mailer = mailer;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
  }

  /** Mails that wait to be sent, or for their next try, without those under way. */
  get waiting(): number {
    return this.#inbox.length + this.#pausing;
  }

  /** Queues a mail. If it is not queued, nobody is told of it. */
  post(posting: Posting): "queued" | "full" | "closed" {
    if (this.waiting >= limits.mailQueue) return "full";
    const late = this.#clock.after(limits.mailLateMs, () => posting.told(lateNews));
    const id = Buffer.from(this.#random(MESSAGE_ID_BYTES)).toString("hex");
    const untilMs = this.#clock.elapsed() + limits.codeValidMs;
    const sent = this.#inbox.trySend({ ...posting, id, untilMs, late });
    if (sent === "sent") return "queued";
    late.cancel();
    return sent;
  }

  /** Takes no more mails. `run` ends when those in the queue are done, or given up after `limits.stopMailMs`. */
  close(): void {
    this.#inbox.close();
    this.#stop = this.#clock.after(limits.stopMailMs, () => this.#giveUp());
  }

  /** The Postman's life. */
  async run(): Promise<void> {
    const underway = new Set<Promise<void>>();
    for await (const delivery of this.#inbox) {
      await this.#turn();
      const life = this.#deliver(delivery).finally(() => underway.delete(life));
      underway.add(life);
    }
    await Promise.all(underway);
    this.#stop?.cancel();
    this.#mailer.close();
    if (this.#unsent > 0) {
      this.#logger.warn(
        { mails: this.#unsent },
        "mails were not sent: the mail server took too long for the stop",
      );
    }
  }

  /** Ends what is waited for. What is sent in this moment may still arrive. */
  #giveUp(): void {
    this.#hasGivenUp = true;
    for (const end of this.#waits) end();
  }

  /**
   * Waits for what `begin` starts, which calls `done` once and whose timer ends with it; or until the mails are given up.
   */
  #wait<T>(givenUp: T, begin: (done: (value: T) => void) => Timer): Promise<T> {
    if (this.#hasGivenUp) return Promise.resolve(givenUp);
    return new Promise((resolve) => {
      const done = (value: T) => {
        this.#waits.delete(end);
        timer.cancel();
        resolve(value);
      };
      const end = () => done(givenUp);
      this.#waits.add(end);
      const timer = begin(done);
    });
  }

  /** Settles when one more mail may be tried. */
  #turn(): Promise<void> | undefined {
    if (this.#inFlight >= limits.mailsInFlight) return this.#line.wait();
    this.#inFlight += 1;
    return undefined;
  }

  /** A try is over: it is the next one's turn. */
  #over(): void {
    if (this.#line.wake(undefined, 1) === 0) this.#inFlight -= 1;
  }

  async #deliver(delivery: Delivery): Promise<void> {
    try {
      const outcome = await this.#send(delivery);
      delivery.late.cancel();
      this.#counters.mails.add(outcome.kind);
      delivery.told(outcome);
    } catch (error) {
      this.#logger.error({ err: error }, "a mail's outcome could not be told");
    }
  }

  /** Tries, beginning with a turn, until the mail is sent, another try is useless, or the code is good no more. */
  async #send({ mail, id, isWanted, untilMs }: Delivery): Promise<MailOutcome> {
    for (let tries = 1; ; tries += 1) {
      const result = await this.#try(mail, id);
      this.#over();
      if (result.kind === "sent") return result;
      if (this.#hasGivenUp) return this.#leaveUnsent();
      const about = { ...result.cause, tries };
      if (result.kind === "broken") this.#logger.error(about, "mail failed");
      else this.#logger.warn(about, `mail ${result.kind}`);
      if (result.kind !== "failed") return outcomeOf(result);
      const pauseMs = this.#pauseMs(tries);
      if (this.#clock.elapsed() + pauseMs >= untilMs) return failed;
      await this.#pause(pauseMs);
      if (this.#hasGivenUp) return this.#leaveUnsent();
      if (!isWanted()) return failed;
      await this.#turn();
    }
  }

  async #pause(ms: number): Promise<void> {
    this.#pausing += 1;
    await this.#wait(undefined, (done) => this.#clock.after(ms, () => done(undefined)));
    this.#pausing -= 1;
  }

  #leaveUnsent(): MailOutcome {
    this.#unsent += 1;
    return failed;
  }

  /** One try. The Mailer bounds how long it takes; one that does not even so may have sent the mail. */
  #try(mail: LoginMail, id: string): Promise<SendResult> {
    const failure = (code: string): SendResult => ({ kind: "failed", cause: { code } });
    return this.#wait(failure("ESTOPPED"), (done) => {
      const broke = (error: unknown) => {
        this.#logger.error({ err: error }, "the mailer broke");
        done(failure("EBROKEN"));
      };
      void this.#mailer.send(mail, id).then(done, broke);
      const unanswered: SendResult = { kind: "unanswered", cause: { code: "ETIMEDOUT" } };
      return this.#clock.after(limits.mailTimeoutMs + limits.mailAnswerMs, () => done(unanswered));
    });
  }

  /** Exponential back-off with jitter: doubles with each try up to the greatest, and is up to half as long again. */
  #pauseMs(tries: number): number {
    const [chance = 0] = this.#random(1);
    const pauseMs = Math.min(limits.mailPauseMs * 2 ** (tries - 1), limits.mailPauseMsMax);
    return pauseMs * (1 + chance / 512);
  }
}

/** 128 bits: no two mails have the same. */
const MESSAGE_ID_BYTES = 16;

/** What to say of a try after which another is useless. */
function outcomeOf(result: Exclude<SendResult, { kind: "sent" | "failed" }>): MailOutcome {
  const problem = result.kind === "refused" ? refusedProblems[result.why] : problems[result.kind];
  return { kind: "failed", permanent: result.kind === "refused", problem };
}

const refusedProblems = {
  unknown: "no mail can be sent to this address; check how it is spelt",
  international:
    "the mail server here can't write to an address with letters like ö before the @; use another address",
};

const problems = {
  broken: "the mail could not be sent: the server cannot send mail now; whoever runs it finds in its log why",
  unanswered:
    "the mail server has the mail and does not say whether it goes on; it may still come, or else ask for another code",
};

const lateNews: MailNews = {
  kind: "late",
  problem:
    "the mail with the code is late: the mail server has not taken it yet; it may take some minutes, and the code stays good",
};

const failed: MailOutcome = {
  kind: "failed",
  permanent: false,
  problem: "the mail could not be sent; try again in a few minutes",
};
