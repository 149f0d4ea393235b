/** Counts what happened, by kind. */
export class Counts {
  readonly byKind = new Map<string, number>();

  count(what: string, times = 1): void {
    this.byKind.set(what, (this.byKind.get(what) ?? 0) + times);
  }

  add(other: Counts): void {
    for (const [what, times] of other.byKind) this.count(what, times);
  }
}
