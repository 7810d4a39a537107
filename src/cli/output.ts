let forPrograms = false;

/** From here on this process answers in JSON, or no longer: whether `--json` was given. */
export function answerInJson(given: boolean): void {
  forPrograms = given;
}

export const isInJson = (): boolean => forPrograms;

/** As a shell tells of what wrote to a pipe that nobody reads any more (128 + SIGPIPE). */
const READER_GONE = 141;

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? READER_GONE);
}

/** Whoever reads the answer may go away before all of it is said (`| head`): the command ends then, as others do. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.off('error', endQuietly).on('error', endQuietly);
}

/** The hub runs on, whoever reads its log. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.off('error', endQuietly).on('error', () => undefined);
}

/** What a command answers: a text for people, or with `--json` the same for programs, on one line. */
export function answer(value: unknown, text: string): void {
  write(forPrograms ? `${JSON.stringify(value)}\n` : text);
}

/** Goes to the standard output as it is. */
export function write(text: string): void {
  process.stdout.write(text);
}

/** What went wrong, for the person; kept apart from the answer, so that a pipe gets only that. */
export function writeError(text: string): void {
  process.stderr.write(text);
}

/** Rows as a table of some of their columns; for programs the rows whole. */
export function answerRows<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): void {
  answer(rows, table(rows, columns));
}

/** Columns as wide as their widest cell, the heads first. */
export function table<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => columns.map((column) => cellOf(row[column])))];
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

const cellOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value ?? '-'));
