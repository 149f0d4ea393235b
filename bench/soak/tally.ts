/** What the guests have done and met, all together. */
export class Tally {
  /** Connected now. */
  here = 0;
  /** Connections there have been. */
  visits = 0;
  said = 0;
  heard = 0;
  /** Lines refused, in version 2 and as far as the house said so in version 1. */
  refused = 0;
  /** Readers that were told of messages they missed, in version 2. */
  gaps = 0;
  /** How connections ended: close codes, or what the guest did itself. */
  readonly endings: Record<string, number> = {};

  ended(how: string): void {
    this.here -= 1;
    this.endings[how] = (this.endings[how] ?? 0) + 1;
  }
}
