/** Returns `value` if it is a whole number from `least` up, and throws a RangeError that says so if not. */
export function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} must be a whole number from ${least} up, not ${value}`);
}
