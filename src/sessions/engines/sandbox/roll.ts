import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { memoizeAsync } from '../../../core/memoize.ts';
import { LineFile, type MayChange, orNone } from './lines.ts';

interface Part<T> {
  /** Its place in the whole roll, in bytes. */
  from: number;
  lines: LineFile<T>;
}

const PART = 8 * 1_024 * 1_024;

/**
 * The latest values of an endless list, one a line, in files: `NAME.jsonl`, then `NAME.FROM.jsonl`. Offsets are those of
 * the whole list, so that they stay right when its beginning is dropped.
 */
export class LineRoll<T> {
  readonly #directory: string;
  readonly #name: string;
  readonly #fullAt: number;
  readonly #mayChange: MayChange | undefined;
  readonly #load = memoizeAsync(() => this.#find());
  #turn: Promise<unknown> = Promise.resolve();

  /** `fullAt`: bytes after which a part is full. With the one before it that is all that is kept. */
  constructor(directory: string, name: string, { fullAt = PART, mayChange }: { fullAt?: number; mayChange?: MayChange } = {}) {
    this.#directory = directory;
    this.#name = name;
    this.#fullAt = fullAt;
    this.#mayChange = mayChange;
  }

  /** Resolves when the line is written. */
  append(value: T): Promise<void> {
    const done = this.#turn.then(() => this.#append(value));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Oldest first, from an offset at which a line begins or began; `end` is the offset behind the value. */
  async *read(from = 0): AsyncGenerator<{ value: T; end: number }> {
    const parts = [...(await this.#load())];
    for (const [index, part] of parts.entries()) {
      if ((parts[index + 1]?.from ?? Number.POSITIVE_INFINITY) <= from) continue;
      for await (const { value, end } of part.lines.read(Math.max(0, from - part.from))) yield { value, end: part.from + end };
    }
  }

  /** Whether this text stands in one of the lines, or ends one. */
  async holds(text: string): Promise<boolean> {
    for (const { lines } of [...(await this.#load())].reverse()) if (await lines.holds(text)) return true;
    return false;
  }

  async beginsAt(offset: number): Promise<boolean> {
    if (!Number.isSafeInteger(offset)) return false;
    const parts = await this.#load();
    const part = parts.findLast(({ from }) => from <= offset);
    return part ? part.lines.beginsAt(offset - part.from) : true;
  }

  async #append(value: T): Promise<void> {
    const parts = await this.#load();
    const last = parts.at(-1) as Part<T>;
    const size = await last.lines.size();
    if (size >= this.#fullAt) parts.push(this.#part(last.from + size));
    await parts.at(-1)?.lines.append(value);
    while (parts.length > 2) await parts.shift()?.lines.remove();
  }

  async #find(): Promise<Part<T>[]> {
    const names = (await orNone(readdir(this.#directory))) ?? [];
    const form = new RegExp(`^${this.#name}(?:\\.(\\d+))?\\.jsonl$`);
    const starts = names.flatMap((name) => {
      const found = form.exec(name);
      return found ? [Number(found[1] ?? 0)] : [];
    });
    if (starts.length === 0) starts.push(0);
    return starts.sort((a, b) => a - b).map((from) => this.#part(from));
  }

  #part(from: number): Part<T> {
    const path = join(this.#directory, `${this.#name}${from > 0 ? `.${from}` : ''}.jsonl`);
    return { from, lines: new LineFile(path, { ...(this.#mayChange && { mayChange: this.#mayChange }) }) };
  }
}
