import type { Logger } from "pino";
import { limits } from "../limits.ts";
import type { EmailHash } from "../people/user.ts";
import type { Clock } from "../system/clock.ts";
import { TokenBucket } from "../system/token-bucket.ts";
import { BucketPerKey, perHour } from "./bucket-per-key.ts";

/** The rates that an operator sets. */
export interface MailRates {
  /** Mails in all. */
  readonly mailsPerMinute: number;
  readonly mailsPerAddressPerHour: number;
  readonly mailsPerPeerPerHour: number;
}

/** Whom a mail is for. */
export interface Recipient {
  /** The whole address … */
  readonly email: EmailHash;
  /** … and what stands for its mailbox, which others may share. */
  readonly mailbox: EmailHash;
}

export type MailTaken =
  | { kind: "ok" }
  /** `problem` is a sentence part for people. */
  | { kind: "wait"; retryAfterMs: number; whose: Whose; problem: string };

/** Which rate is exceeded: the mailbox's from this network address or from all, the network address's, or that of all together. */
export type Whose = keyof typeof problems;

const problems = {
  address: "too many codes were sent to this mail address",
  mailbox: "too many codes were sent to this mail address",
  peer: "too many codes were asked for from your network address",
  all: "too many people are logging in",
} as const;

/**
 * Limits how many mails go out. A network address has far less than all together, so that one that asks too often locks out
 * itself and nobody else. A mailbox has few, so that nobody's is flooded; and it has them for each network address, so that
 * its owner gets a code though somebody elsewhere asks for codes again and again.
 */
export class MailPace {
  readonly #all: TokenBucket;
  /** A mailbox and a network address. */
  readonly #addresses: BucketPerKey<string>;
  readonly #mailboxes: BucketPerKey<EmailHash>;
  readonly #peers: BucketPerKey<string>;
  readonly #warnings: TokenBucket;
  readonly #logger: Logger;
  /** Mail addresses and network addresses from where they have logged in, the longest ago first. */
  readonly #known = new Set<string>();

  constructor(rates: MailRates, clock: Clock, logger: Logger) {
    const { mailsPerMinute, mailsPerAddressPerHour, mailsPerPeerPerHour } = rates;
    this.#logger = logger;
    this.#warnings = new TokenBucket({ perSecond: 1000 / limits.peerWarningMs, burst: 1 }, clock);
    this.#all = new TokenBucket({ perSecond: mailsPerMinute / 60, burst: mailsPerMinute }, clock);
    this.#addresses = new BucketPerKey(perHour(mailsPerAddressPerHour, limits.mailsPerAddressAtOnce), clock);
    const networks = limits.mailboxNetworks;
    this.#mailboxes = new BucketPerKey(
      perHour(networks * mailsPerAddressPerHour, networks * limits.mailsPerAddressAtOnce),
      clock,
    );
    const atOnce = Math.ceil(limits.mailsPerPeerPart * mailsPerPeerPerHour);
    this.#peers = new BucketPerKey(perHour(mailsPerPeerPerHour, atOnce), clock);
  }

  /**
   * One mail to `email`, asked for by `peer`. Counts against all rates, or against none; but not against what the mailbox has
   * from all, where its owner has logged in from there before: whoever else asks, and from however many networks, she gets hers.
   */
  take({ email, mailbox }: Recipient, peer: string): MailTaken {
    const address = `${mailbox} ${peer}`;
    const isKnown = this.#known.has(`${email} ${peer}`);
    const waits: [Whose, number][] = [
      ["address", this.#addresses.waitMs(address)],
      ["mailbox", isKnown ? 0 : this.#mailboxes.waitMs(mailbox)],
      ["peer", this.#peers.waitMs(peer)],
      ["all", this.#all.waitMs()],
    ];
    const [whose, retryAfterMs] = waits.reduce((longest, wait) => (wait[1] > longest[1] ? wait : longest));
    if (whose === "peer" && retryAfterMs > 0) this.#warn(peer);
    if (retryAfterMs > 0) return { kind: "wait", retryAfterMs, whose, problem: problems[whose] };
    this.#addresses.spend(address);
    if (!isKnown) this.#mailboxes.spend(mailbox);
    this.#peers.spend(peer);
    this.#all.spend();
    return { kind: "ok" };
  }

  #warn(peer: string): void {
    if (this.#warnings.take(1).kind === "wait") return;
    this.#logger.warn(
      { peer },
      "a network address has asked for all the codes that it may have; are there many people behind it, raise " +
        "PLUME_MAILS_PER_IP_PER_HOUR; is it a proxy, name it in PLUME_TRUSTED_PROXIES",
    );
  }

  /** Somebody with this mail address has logged in from there. Over `limits.paceKeysMax` the one that did longest ago is forgotten. */
  remember(email: EmailHash, peer: string): void {
    const key = `${email} ${peer}`;
    const [oldest] = this.#known;
    if (!this.#known.delete(key) && this.#known.size >= limits.paceKeysMax && oldest !== undefined) {
      this.#known.delete(oldest);
    }
    this.#known.add(key);
  }
}
