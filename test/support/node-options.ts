/** Why uWebSockets.js cannot be loaded, as it says on Node 26. */
export const UNLOADABLE = "Cannot find module './uws_linux_x64_147.node'";

const message = `This version of uWS.js supports only some.\n\nError: ${UNLOADABLE}\nRequire stack:\n- /uws.js`;

const hooks = `export function resolve(specifier, context, next) {
  if (specifier === "uWebSockets.js") throw new Error(${JSON.stringify(message)});
  return next(specifier, context);
}`;

/** Options for a Node that cannot load uWebSockets.js, as on a machine its binary is not made for. */
export const withoutUws: readonly string[] = [
  "--import",
  script(`import { register } from "node:module"; register(${JSON.stringify(script(hooks))});`),
];

function script(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

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
