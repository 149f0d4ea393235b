import type { Logger } from "pino";
import { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Clock, Timer } from "../system/clock.ts";
import type { Random } from "../system/random.ts";
import type { LoginMail, Mailer, SendResult } from "./mailer.ts";

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

interface Posting {
  readonly mail: LoginMail;
  readonly done: (outcome: MailOutcome) => void;
}

/**
 * The actor that sends the mails, so that nobody waits for a mail server. `limits.mailsInFlight` of them are under way at
 * once, so that one slow recipient does not hold up all.
 */
export class Postman {
  readonly #inbox = new Channel<Posting>({ capacity: limits.mailQueue });
  readonly #mailer: Mailer;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #counters: Counters;
  /** End what is waited for. */
  readonly #waits = new Set<() => void>();
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

  /** Mails in the queue, without those under way. */
  get waiting(): number {
    return this.#inbox.length;
  }

  /** Queues a mail. If it is queued, `done` is called once with its outcome; `done` must only enqueue. */
  post(mail: LoginMail, done: (outcome: MailOutcome) => void): "queued" | "full" | "closed" {
    const sent = this.#inbox.trySend({ mail, done });
    return sent === "sent" ? "queued" : sent;
  }

  /** Takes no more mails. `run` ends when those in the queue are done, or given up after `limits.stopMailMs`. */
  close(): void {
    this.#inbox.close();
    this.#stop = this.#clock.after(limits.stopMailMs, () => this.#giveUp());
  }

  /** The Postman's life. */
  async run(): Promise<void> {
    const underway = new Set<Promise<void>>();
    for await (const posting of this.#inbox) {
      const delivery = this.#deliver(posting).finally(() => underway.delete(delivery));
      underway.add(delivery);
      if (underway.size >= limits.mailsInFlight) await Promise.race(underway);
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

  async #deliver({ mail, done }: Posting): Promise<void> {
    try {
      const outcome = await this.#send(mail);
      this.#counters.mails.add(outcome.kind);
      done(outcome);
    } catch (error) {
      this.#logger.error({ err: error }, "a mail's outcome could not be told");
    }
  }

  /** Tries until the mail is sent, the address is refused, or the tries are used up. */
  async #send(mail: LoginMail): Promise<MailOutcome> {
    for (let tries = 1; ; tries += 1) {
      const result = await this.#try(mail);
      if (result.kind === "sent") return result;
      if (this.#hasGivenUp) return this.#leaveUnsent();
      this.#logger.warn({ ...result.cause, tries }, `mail ${result.kind}`);
      if (result.kind === "refused") return refused;
      if (tries >= limits.mailTries) return failed;
      await this.#wait(undefined, (done) => this.#clock.after(this.#pauseMs(tries), () => done(undefined)));
      if (this.#hasGivenUp) return this.#leaveUnsent();
    }
  }

  #leaveUnsent(): MailOutcome {
    this.#unsent += 1;
    return failed;
  }

  /** One try, given up after `limits.mailTimeoutMs`. The mail may still arrive; every try has the same code. */
  #try(mail: LoginMail): Promise<SendResult> {
    const failure = (code: string): SendResult => ({ kind: "failed", cause: { code } });
    return this.#wait(failure("ESTOPPED"), (done) => {
      const broke = (error: unknown) => {
        this.#logger.error({ err: error }, "the mailer broke");
        done(failure("EBROKEN"));
      };
      void this.#mailer.send(mail).then(done, broke);
      return this.#clock.after(limits.mailTimeoutMs, () => done(failure("ETIMEDOUT")));
    });
  }

  /** Exponential back-off with jitter: doubles with each try, and is up to half as long again. */
  #pauseMs(tries: number): number {
    const [chance = 0] = this.#random(1);
    return limits.mailPauseMs * 2 ** (tries - 1) * (1 + chance / 512);
  }
}

const refused: MailOutcome = {
  kind: "failed",
  permanent: true,
  problem: "no mail can be sent to this address; check how it is spelt",
};

const failed: MailOutcome = {
  kind: "failed",
  permanent: false,
  problem: "the mail could not be sent; try again in a few minutes",
};
