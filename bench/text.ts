/** Numbers and tables for people. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

export function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

/** For programs. */
export function toThousandths(value: number): number {
  return Math.round(1000 * value) / 1000;
}

/** Pads the columns to their widest cells: numbers to the right, words to the left. */
export function aligned(lines: readonly string[][]): string[] {
  const [titles = [], ...rows] = lines;
  const columns = titles.map((title, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const isNumber = cells.every((cell) => /^-?[\d,.]+( %)?[ *!]*$/.test(cell));
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
