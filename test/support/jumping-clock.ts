/**
 * Options for a Node whose wall clock jumps to the next of these distances from the real one at each SIGUSR2, as when somebody sets
 * the time. Nothing else jumps: libfaketime would move the monotonic clock along, which the system does not.
 */
export function withJumpingClock(shiftsMs: readonly number[]): readonly string[] {
  const script = `
    const shifts = ${JSON.stringify(shiftsMs)};
    let shiftMs = 0;
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) {
        super(...(given.length > 0 ? given : [Real.now() + shiftMs]));
      }
      static now() {
        return Real.now() + shiftMs;
      }
    };
    process.on("SIGUSR2", () => {
      shiftMs = shifts.shift() ?? 0;
    });`;
  return ["--import", `data:text/javascript,${encodeURIComponent(script)}`];
}
