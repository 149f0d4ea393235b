import { options } from "preact";

/** Draws once a frame, however much has happened; and now and then where there are no frames, in a hidden tab. */
export function drawOncePerFrame(): void {
  options.debounceRendering = (draw) => {
    const drawOnce = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timeout);
      pending = undefined;
      drawKeepingFocus(draw);
    };
    const frame = requestAnimationFrame(drawOnce);
    const timeout = setTimeout(drawOnce, 250);
    pending = drawOnce;
  };
}

/** Draws what waits for the next frame: there is none before the page is printed. */
export function drawNow(): void {
  pending?.();
}

let pending: (() => void) | undefined;

/**
 * Draws. Where the element that has the focus goes, the browser leaves the focus on the body, from where no key does anything:
 * it is handed on to the element with the id in the closest `data-heir` around, or in the next one where that is gone as well.
 * An heir does nothing when Enter or Space is pressed, for the key may have been meant for what just went.
 */
function drawKeepingFocus(draw: () => void): void {
  const heirs = heirsOf(document.activeElement);
  draw();
  for (const id of heirs) {
    if (isFocusSomewhere()) return;
    document.getElementById(id)?.focus({ preventScroll: true });
  }
}

/** Ids of the heirs around an element, the closest first. */
function heirsOf(element: Element | null): string[] {
  const place = element?.closest("[data-heir]") ?? null;
  const heir = place?.getAttribute("data-heir") ?? "";
  return place === null ? [] : [heir, ...heirsOf(place.parentElement)];
}

function isFocusSomewhere(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}
