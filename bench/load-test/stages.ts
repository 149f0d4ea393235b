import { type Options, sendersNeeded } from "./options.ts";
import type { Load } from "./step.ts";

/** Stages of the ramp; the whole load follows. */
const RAMP_STAGES = 4;

/** Clients, rooms and rate grow together, in even stages; then all of them stay. */
export function stagesOf(options: Options): Load[] {
  const { clients, rooms, rate, rampSeconds, seconds } = options;
  const whole: Load = { clients, rooms, rate, seconds };
  if (rampSeconds === 0) return [whole];
  const ramp = Array.from({ length: RAMP_STAGES }, (_, at): Load => {
    const part = (at + 1) / (RAMP_STAGES + 1);
    return {
      clients: Math.max(Math.ceil(part * clients), sendersNeeded(options)),
      rooms: Math.ceil(part * rooms),
      rate: part * rate,
      seconds: rampSeconds / RAMP_STAGES,
    };
  });
  return [...ramp, whole];
}
