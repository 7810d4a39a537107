import { createReadStream, renameSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { HooklineError } from '../../../core/errors.ts';

const NEWLINE = 10;

/** Asked right before each change, as `EngineContext.mayAct` is: another process may have the file. */
export type MayChange = () => boolean;

export interface LineFileOptions<T> {
  /** Undefined for a line that counts for nothing, too. */
  parse?: (text: string) => T | undefined;
  mayChange?: MayChange;
}

/**
 * A file of JSON, one value a line. A hub that is killed in a write leaves a half line at the end, and a power cut perhaps one
 * that is no JSON: it counts for nothing.
 */
export class LineFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T | undefined;
  readonly #mayChange: MayChange;
  /** One change at a time: a long line takes several writes, and no other may come between them. */
  #turn: Promise<unknown> = Promise.resolve();
  #endsWhole = false;

  constructor(path: string, { parse = valueIn, mayChange = () => true }: LineFileOptions<T> = {}) {
    this.#path = path;
    this.#parse = parse;
    this.#mayChange = mayChange;
  }

  /** Resolves when the line is written. */
  append(value: T): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#endsWhole) await this.#cutHalfLine();
      this.#endsWhole = false;
      const line = Buffer.from(`${JSON.stringify(value)}\n`);
      const file = await open(this.#path, 'a', 0o600);
      try {
        change(this.#mayChange, () => {
          for (let at = 0; at < line.length; ) at += writeSync(file.fd, line, at);
        });
      } finally {
        await file.close();
      }
      this.#endsWhole = true;
    });
  }

  empty(): Promise<void> {
    return this.#inTurn(async () => this.#cut(0));
  }

  /** Leaves only those that `wanted` wants. */
  sift(wanted: (value: T) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      const left: string[] = [];
      for await (const { text } of this.#lines()) {
        const value = this.#parse(text);
        if (value !== undefined && wanted(value)) left.push(`${text}\n`);
      }
      await replace(this.#path, left.join(''), { mayChange: this.#mayChange });
      this.#endsWhole = true;
    });
  }

  remove(): Promise<void> {
    return this.#inTurn(async () => change(this.#mayChange, () => rmSync(this.#path, { force: true })));
  }

  /** Bytes of whole lines. */
  async size(): Promise<number> {
    let size = 0;
    await this.#inTurn(async () => {
      if (!this.#endsWhole) await this.#cutHalfLine();
      this.#endsWhole = true;
      size = (await orNone(stat(this.#path)))?.size ?? 0;
    });
    return size;
  }

  /** Oldest first, from an offset at which a line begins; `end` is the offset behind the value. */
  async *read(from = 0): AsyncGenerator<{ value: T; end: number }> {
    for await (const { text, end } of this.#lines(from)) {
      const value = this.#parse(text);
      if (value !== undefined) yield { value, end };
    }
  }

  async *#lines(from = 0): AsyncGenerator<{ text: string; end: number }> {
    let end = from;
    let rest = Buffer.alloc(0);
    try {
      for await (const chunk of createReadStream(this.#path, { start: from }) as AsyncIterable<Buffer>) {
        rest = Buffer.concat([rest, chunk]);
        for (let newline = rest.indexOf(NEWLINE); newline >= 0; newline = rest.indexOf(NEWLINE)) {
          end += newline + 1;
          yield { text: rest.toString('utf8', 0, newline), end };
          rest = rest.subarray(newline + 1);
        }
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Whether this text stands in a whole line; its newline may be part of it. */
  async holds(text: string): Promise<boolean> {
    const bytes = await orNone(readFile(this.#path));
    return bytes?.subarray(0, bytes.lastIndexOf(NEWLINE) + 1).includes(text) ?? false;
  }

  async beginsAt(offset: number): Promise<boolean> {
    if (offset === 0) return true;
    if (!Number.isSafeInteger(offset)) return false;
    const file = await orNone(open(this.#path));
    if (!file) return false;
    const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: offset - 1 }).finally(() => file.close());
    return buffer[0] === NEWLINE;
  }

  async #cutHalfLine(): Promise<void> {
    let whole = 0;
    for await (const { end } of this.#lines()) whole = end;
    this.#cut(whole);
  }

  #cut(to: number): void {
    change(this.#mayChange, () => {
      try {
        truncateSync(this.#path, to);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

export function valueIn<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** Whoever reads the file finds the former text or this one, whole. `flush`: also after a power cut. */
export async function replace(
  path: string,
  text: string,
  { flush = false, mayChange = () => true }: { flush?: boolean; mayChange?: MayChange } = {},
): Promise<void> {
  const draft = `${path}.new`;
  change(mayChange, () => {
    // The draft, too: another process's has the same name, and would get what this one writes into it later.
    writeFileSync(draft, text, { mode: 0o600, flush });
    renameSync(draft, path);
  });
}

/** A process can stand still for any time where it waits: between the question and the change it waits for nothing. */
export function change(mayChange: MayChange, make: () => void): void {
  if (!mayChange()) {
    const message = 'Another process may have the session by now: nothing of it is changed here. Try again.';
    throw new HooklineError('session-not-connected', message, { stage: 'later' });
  }
  make();
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Null where there is no such file. */
export async function orNone<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error) => {
    if (isMissing(error)) return null;
    throw error;
  });
}
