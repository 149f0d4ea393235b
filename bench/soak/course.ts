const WIDTH = 72;
const HEIGHT = 6;
const blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** A course of values over time as lines of text, from 0 at the bottom to the highest on top. */
export function plotOf(values: readonly number[], unit: string): string[] {
  const columns = narrowed(values);
  const top = Math.max(...columns, 1);
  return Array.from({ length: HEIGHT }, (_, at) => {
    const below = HEIGHT - 1 - at;
    const line = columns.map((value) => block((HEIGHT * value) / top - below)).join("");
    const label = at === 0 ? `${top.toFixed(0)} ${unit}` : below === 0 ? `0 ${unit}` : "";
    return `${label.padStart(8)} │${line}`;
  });
}

/** As many values as there are columns, each the highest of its stretch. */
function narrowed(values: readonly number[]): number[] {
  const width = Math.min(WIDTH, values.length);
  const edge = (column: number) => Math.floor((column * values.length) / width);
  return Array.from({ length: width }, (_, column) =>
    Math.max(...values.slice(edge(column), edge(column + 1))),
  );
}

/** @param filled how much of the character, from 0 to 1; what is beyond is cut. */
function block(filled: number): string {
  const eighths = Math.round(8 * Math.min(1, Math.max(0, filled)));
  return blocks[eighths] ?? "";
}
