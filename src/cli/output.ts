/** What a command answers. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** What went wrong, for the person; kept apart from the answer, so that a pipe gets only that. */
export function writeError(text: string): void {
  process.stderr.write(text);
}

/** Columns as wide as their widest cell, the heads first. */
export function table<Row extends Record<string, string | null>>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((column) => row[column] ?? '-'))];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => (cells[index] ?? '').length)));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
