/** What templates and expressions of one flow may name. Checked when the flow is loaded, so that a misspelt name is told then. */
import { didYouMean } from '../../schema-errors/did-you-mean.ts';

/** Fixed paths; those of a contact are joined by what flows remember. */
export const ALWAYS_KNOWN = [
  ...['contact.name', 'contact.first_name', 'contact.phone'],
  ...['message.text', 'message.type', 'message.choice', 'session.name', 'session.engine', 'chat.id', 'chat.kind'],
  ...['now', 'today', 'tags'],
];
/** What a question looks at before it is saved. */
export const ANSWER = 'answer';
/** Whatever is below these is taken as it comes. */
const OPEN = ['event.data', 'http.body', 'message.media', 'message.location'];
const ALSO = ['event.type', 'http.status', 'http.error'];

/** Names that an answer cannot have: the roots above, those with a meaning of their own, the literals of Liquid. */
export const RESERVED_NAMES: readonly string[] = [
  ...['contact', 'message', 'session', 'chat', 'event', 'http', 'answer', 'hours', 'now', 'secrets', 'tags', 'today'],
  ...['true', 'false', 'nil', 'null', 'empty', 'blank', 'in'],
];

/** Names of secrets that something of a flow needs. */
export function secretsIn(what: object): string[] {
  const names = JSON.stringify(what).matchAll(/\bsecrets(?:\.|\[\s*\\?["'])([a-z][a-z0-9_]*)/g);
  return [...new Set([...names].map(([, name]) => name ?? ''))];
}

export class NameScope {
  #exact: ReadonlySet<string>;
  #open: ReadonlySet<string>;
  readonly #secrets: boolean;
  readonly #hours: readonly string[];
  /** Names in what could not be read of the flows: one that is not known may be there, and is let pass. */
  readonly #unread: ReadonlySet<string>;
  readonly #wider = new Map<string, NameScope>();

  /** `values`: what may hold more than a text, so that something may be asked of it: `booking.id`. */
  constructor({
    answers,
    values = [],
    remembered = [],
    hours = [],
    secrets = false,
    unread = new Set(),
  }: {
    answers: readonly string[];
    values?: readonly string[];
    remembered?: readonly string[];
    hours?: readonly string[];
    secrets?: boolean;
    unread?: ReadonlySet<string>;
  }) {
    const open = hours.flatMap((name) => ['open', 'next_open', 'next_close'].map((key) => `hours.${name}.${key}`));
    this.#exact = new Set([...ALWAYS_KNOWN, ...ALSO, ...answers, ...remembered, ...open]);
    this.#open = new Set([...OPEN, ...values]);
    this.#secrets = secrets;
    this.#hours = hours;
    this.#unread = unread;
  }

  /** The same, and this, of which anything may be asked. */
  with(name: string): NameScope {
    const known = this.#wider.get(name);
    if (known) return known;
    const more = new NameScope({ answers: [], hours: this.#hours, secrets: this.#secrets, unread: this.#unread });
    this.#wider.set(name, more);
    more.#exact = new Set([...this.#exact, name]);
    more.#open = new Set([...this.#open, name]);
    return more;
  }

  #mayBe([root = '', next = '']: readonly string[]): boolean {
    if (!RESERVED_NAMES.includes(root)) return this.#unread.has(root);
    return (root === 'contact' || root === 'hours') && this.#unread.has(next);
  }

  /** Why there are no such opening hours; undefined where there are. */
  hoursFault(name: string): string | undefined {
    if (this.#hours.includes(name) || this.#unread.has(name)) return undefined;
    return `there are no hours "${name}"${didYouMean(name, [...this.#hours]) || ': say when it is open under "hours"'}`;
  }

  /** Why this cannot be named; undefined when it can. */
  fault(path: readonly string[]): string | undefined {
    const name = path.join('.');
    if (this.#exact.has(name) || path.some((_, index) => this.#open.has(path.slice(0, index + 1).join('.')))) return undefined;
    if (this.#mayBe(path)) return undefined;
    if (path[0] === 'secrets' && path.length === 2) {
      // Which one is sent somewhere must stand in the flow, and is never what somebody wrote.
      if (!/^[a-z][a-z0-9_]*$/.test(path[1] ?? '')) return 'a secret must be named: {{ secrets.NAME }}';
      return this.#secrets ? undefined : `"${name}" is a secret, which only "http" and headers may use`;
    }
    if (path[0] === ANSWER)
      return `"${ANSWER}" is known in "check" and "confirm" only: name what the question saves, or message.text for what was written`;
    const meant = didYouMean(name, [...this.#exact, ...this.#open]);
    const [root, field] = path;
    const isForgotten = meant === '' && root === 'contact' && path.length === 2;
    return `unknown variable "${name}"${isForgotten ? `: no flow of yours remembers "${field}" yet: publish the one that does first` : meant}`;
  }
}
