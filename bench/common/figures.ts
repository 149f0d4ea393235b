/** Numbers and tables as people read them. */

/** "1,234". */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** "0.5", "12". */
export function inTenths(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}

/** "1 client", "2 clients". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** @param part 1 is 100 %. */
export function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

/** Rounds to three decimals, for programs. */
export function toThousandths(value: number): number {
  return Math.round(1000 * value) / 1000;
}

/** NaN where there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Pads the columns to their widest cells: numbers to the right, words to the left. The first line has the titles. */
export function aligned(lines: readonly string[][]): string[] {
  const [titles = [], ...rows] = lines;
  const columns = titles.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const isNumber = cells.every((cell) => /^(-?[\d,.]+( %)?[ *!]*|–)$/.test(cell));
    return { width: Math.max(title.length, ...cells.map((cell) => cell.length)), isNumber };
  });
  return lines.map((cells) =>
    columns
      .map(({ width, isNumber }, column) => {
        const cell = cells[column] ?? "";
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
