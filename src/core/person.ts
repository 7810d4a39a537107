/** One person in what is stored: where they are named, and how it reads without them. Pure. */
import type { SessionId, TenantId } from './ids.ts';
import type { ChatId } from './message.ts';
import type { Milliseconds } from './runtime.ts';

/** Whose data is to go. */
export interface Person {
  tenantId: TenantId;
  sessionId: SessionId;
  /** All of them: each form of the number, and the hidden one. */
  names: readonly ChatId[];
  /** What came later is not meant. */
  at: Milliseconds;
  /** Sends that were under way then: what is told of them later goes, too. */
  sends: readonly string[];
}

/** What went in a piece of work, and what has to stay for now, by kind. */
export interface Erased {
  erased: Readonly<Record<string, number>>;
  owed: Readonly<Record<string, number>>;
  /** Sends that are under way. */
  sends?: readonly string[];
}

/** A room that keeps something of people. */
export interface Eraser<Found = unknown> {
  /** Looks through a piece of all there is, from `cursor` on; null for the beginning, and at the end. */
  look(person: Person, cursor: string | null): Promise<{ found: Found | null; next: string | null }>;
  /** Removes what was found, or has it read without the person. */
  erase(tx: unknown, person: Person, found: Found): Promise<Erased>;
}

const GONE = 'erased';

export class Mentions {
  readonly #names: ReadonlySet<string>;
  /** The numbers alone. */
  readonly numbers: readonly string[];
  readonly #pattern: RegExp;

  constructor({ names }: Pick<Person, 'names'>) {
    this.numbers = [...new Set(names.map((name) => name.split('@')[0] ?? name))];
    this.#names = new Set([...names, ...this.numbers]);
    const numbers = this.numbers.map((number) => number.replace(/[^\w]/g, '\\$&')).join('|');
    this.#pattern = new RegExp(`(?<![0-9])(?:${numbers})(?![0-9])`, 'g');
  }

  /** For `LIKE`: whatever names the person fits one of them. */
  get likes(): string[] {
    return this.numbers.map((number) => `%${number}%`);
  }

  /** A name by itself. */
  isName = (text: unknown): boolean => typeof text === 'string' && this.#names.has(text);

  /** Somebody by id, hidden number or phone. */
  isParty(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { id, lid, phone } = value as { id?: unknown; lid?: unknown; phone?: unknown };
    return [id, lid, phone].some(this.isName);
  }

  in(text: string | null | undefined): boolean {
    return typeof text === 'string' && text.search(this.#pattern) >= 0;
  }

  /** The same without the person: what they did is left out of lists, and where they are named it says that somebody was. */
  without<T>(value: T): T {
    return this.#without(value) as T;
  }

  #without(value: unknown): unknown {
    if (typeof value === 'string') return this.isName(numberIn(value)) ? GONE : value.replace(this.#pattern, GONE);
    if (typeof value === 'number') return this.isName(String(value)) ? null : value;
    if (Array.isArray(value)) return value.filter((one) => !this.#isTheirs(one)).map((one) => this.#without(one));
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#describes(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [this.#without(key), known && BY_NAME.has(key) ? GONE : this.#without(one)]),
    );
  }

  /** An entry of a list that is the person, or what they did. */
  #isTheirs(value: unknown): boolean {
    if (typeof value === 'string') return this.isName(value);
    return this.isParty(value) || this.isParty((value as { from?: unknown } | null)?.from);
  }

  /** It says who the person is: by number, and with more. */
  #describes(value: object): boolean {
    return (
      this.isParty(value) || Object.values(value).some((one) => Array.isArray(one) && one.some((entry) => this.isName(numberIn(entry))))
    );
  }
}

/** What describes a person beside the number; see Party and ContactCard. */
const BY_NAME = new Set(['name', 'username', 'organization', 'emails']);

/** The digits of a phone number as people write it; undefined for another text. */
const numberIn = (text: unknown): string | undefined =>
  typeof text === 'string' && /^[+(]?[0-9][0-9 ().-]*$/.test(text) ? text.replace(/[^0-9]/g, '') : undefined;
