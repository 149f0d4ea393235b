import type { Logger } from "pino";
import { Channel } from "../channel/channel.ts";
import { limits } from "../limits.ts";
import type { Counters } from "../metrics/counters.ts";
import { type Clock, sleep } from "../system/clock.ts";
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

  /** Takes no more mails. `run` ends when those in the queue are done. */
  close(): void {
    this.#inbox.close();
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
    this.#mailer.close();
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
      this.#logger.warn({ ...result.cause, tries }, `mail ${result.kind}`);
      if (result.kind === "refused") return refused;
      if (tries >= limits.mailTries) return failed;
      await sleep(this.#clock, this.#pauseMs(tries));
    }
  }

  /** One try, given up after `limits.mailTimeoutMs`. The mail may still arrive; every try has the same code. */
  #try(mail: LoginMail): Promise<SendResult> {
    return new Promise((resolve) => {
      const fail = (code: string) => resolve({ kind: "failed", cause: { code } });
      const timer = this.#clock.after(limits.mailTimeoutMs, () => fail("ETIMEDOUT"));
      const broke = (error: unknown) => {
        this.#logger.error({ err: error }, "the mailer broke");
        fail("EBROKEN");
      };
      void this.#mailer
        .send(mail)
        .then(resolve, broke)
        .finally(() => timer.cancel());
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
