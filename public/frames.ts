import { options } from "preact";

/** Draws once a frame, however much has happened; and now and then where there are no frames, in a hidden tab. */
export function drawOncePerFrame(): void {
  options.debounceRendering = (draw) => {
    const drawOnce = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timeout);
      draw();
    };
    const frame = requestAnimationFrame(drawOnce);
    const timeout = setTimeout(drawOnce, 250);
  };
}
