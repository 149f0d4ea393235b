/** The mark: one feather, drawn barb by barb along a curved shaft. Decoration, so hidden from readers. */
export function Feather(props: { class: string; barbs: number }) {
  return (
    <svg class={`feather ${props.class}`} viewBox="0 0 240 320" aria-hidden="true" focusable="false">
      <path class="shaft" d={shaft} />
      {barbPaths(props.barbs).map((d) => (
        <path key={d} d={d} />
      ))}
    </svg>
  );
}

interface Point {
  x: number;
  y: number;
}

// A cubic curve from the nib, bottom left, to the tip, top right.
const nib = { x: 34, y: 312 };
const bow1 = { x: 62, y: 222 };
const bow2 = { x: 96, y: 92 };
const tip = { x: 208, y: 14 };
const shaft = `M${nib.x} ${nib.y}C${bow1.x} ${bow1.y} ${bow2.x} ${bow2.y} ${tip.x} ${tip.y}`;

/** Where the vane begins on the shaft, which runs from 0 to 1. */
const vaneStart = 0.2;
/** Notches, where barbs have parted: side and place on the vane. */
const notches: readonly (readonly [side: number, at: number])[] = [
  [1, 0.3],
  [-1, 0.47],
  [1, 0.66],
];

function barbPaths(count: number): string[] {
  const paths: string[] = [];
  for (const side of [-1, 1]) {
    for (let index = 0; index < count; index++) {
      const along = (index + 0.5) / count;
      if (!notches.some(([where, at]) => where === side && Math.abs(at - along) < 0.016)) {
        paths.push(barb(side, along));
      }
    }
  }
  return paths;
}

function barb(side: number, along: number): string {
  const at = vaneStart + (1 - vaneStart) * along;
  const root = pointAt(at);
  const ahead = pointAt(Math.min(1, at + 0.01));
  const behind = pointAt(at - 0.01);
  const length = Math.hypot(ahead.x - behind.x, ahead.y - behind.y);
  const along2 = { x: (ahead.x - behind.x) / length, y: (ahead.y - behind.y) / length };
  const across = { x: -along2.y * side, y: along2.x * side };
  // Narrow at both ends, widest above the middle; the outer side is a little wider.
  const width = (side < 0 ? 52 : 40) * Math.sin(Math.PI * along ** 0.8) ** 0.62 * (1 - 0.25 * along);
  // Short barbs point less far ahead, so that the foot of the vane is not a tangle.
  const reach = (16 + 34 * (1 - along)) * Math.min(1, 0.3 + along * 2.4);
  const bend = move(move(root, across, width * 0.62), along2, reach * 0.2);
  const end = move(move(root, across, width), along2, reach);
  return `M${round(root)}Q${round(bend)} ${round(end)}`;
}

function pointAt(t: number): Point {
  const u = 1 - t;
  const mix = (a: number, b: number, c: number, d: number) =>
    u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d;
  return { x: mix(nib.x, bow1.x, bow2.x, tip.x), y: mix(nib.y, bow1.y, bow2.y, tip.y) };
}

function move(from: Point, direction: Point, by: number): Point {
  return { x: from.x + direction.x * by, y: from.y + direction.y * by };
}

function round(point: Point): string {
  return `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
}
