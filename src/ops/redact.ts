interface RedactionLimits {
  /** How deep values are followed. */
  depth: number;
  /** How many values are kept in all. */
  values: number;
  /** How many characters of one text are kept. */
  characters: number;
}

export interface Redaction {
  /** Also hides what people wrote and what links a phone: message bodies, QR, pairing and passkey codes. */
  content: boolean;
  limits?: RedactionLimits;
}

const LIMITS: RedactionLimits = { depth: 8, values: 1_000, characters: 8_192 };
/** Masking reads no more of one text than this, so that a 100 MB body costs no more than a page. */
const LONGEST_READ = 65_536;
const HIDDEN = '[redacted]';

/** By the letters of the name alone: `X-Api-Key`, `apiKey` and `api_key` are one. */
const SECRET_NAME =
  /(secrets?|password|passphrase|authorization|cookie|token|challenge|credential|clientdatajson|authenticatordata|(api|admin|secret|private|secretaccess)keys?|databaseurl)$/;
const CONTENT_NAME = /^(key|code|qr|qrcode|pairingcode|text|body|caption|content|dataurl|base64|html|poll)$/;

/**
 * Secrets by their shape. What may repeat is bounded or cannot be read in two ways, so that the time stays linear
 * whatever is logged.
 */
const SECRET_SHAPES: [RegExp, string][] = [
  [/(whsec_|whsk_)[\w+/=-]+/g, `$1${HIDDEN}`],
  // With up to four characters behind the prefix it is the hint by which keys are told apart.
  [/((?:hlk|adm)_)[\w-]{5,}/g, `$1${HIDDEN}`],
  [/(bearer\s{1,8})[^\s"',;]+/gi, `$1${HIDDEN}`],
  [/((?:x-api-key|authorization)["']?\s{0,8}[:=]\s{0,8}["']?)(?:(?:basic|bearer)\s{1,8})?[^\s"',;]+/gi, `$1${HIDDEN}`],
  // The last @ ends the password: people forget to encode one inside it. Digits before a slash are a port.
  [/(:\/\/[^\s:/@"'<>]{0,128}:)(?!\d{1,5}\/)[^\s"'<>]{1,1024}@/g, `$1${HIDDEN}@`],
  [/([?&](?:key|token|secret|api_?key|access_token|signature)=)[^\s&"'<>]+/gi, `$1${HIDDEN}`],
];
/** Images, what a WhatsApp QR code says (`2@ref,key,key,secret`), and the number in a WhatsApp address. */
const CONTENT_SHAPES: [RegExp, string][] = [
  [/data:[\w.+-]{1,64}\/[\w.+-]{1,64};base64,[\w+/=-]*/g, HIDDEN],
  [/\d@[\w+/=-]{16,512}(?:,[\w+/=-]{8,512}){2,8}/g, HIDDEN],
  [/\d{5,20}(?=@(?:c\.us|s\.whatsapp\.net|lid|g\.us|newsletter)(?![a-z]))/g, HIDDEN],
];

/** `text` without what looks like a secret, and cut to `characters`. */
export function redactText(text: string, { content, limits = LIMITS }: Redaction): string {
  const long = text.length > LONGEST_READ;
  // A word that the cut divides might be half a secret, which no pattern knows any more.
  let read = long ? text.slice(0, LONGEST_READ).replace(/(?<!\S)\S*$/, '') : text;
  for (const [shape, mask] of content ? [...SECRET_SHAPES, ...CONTENT_SHAPES] : SECRET_SHAPES) read = read.replace(shape, mask);
  return long || read.length > limits.characters ? `${read.slice(0, limits.characters)}…` : read;
}

/**
 * A copy of any value that is safe to log: plain JSON, bounded, without secrets. Secrets are hidden at every level of
 * logging, content only where `content` says so. Never throws and has no effect on `value`, except that getters run.
 */
export function redact(value: unknown, redaction: Redaction): unknown {
  const { limits = LIMITS } = redaction;
  let left = limits.values;
  const ancestors: unknown[] = [];

  function visit(current: unknown): unknown {
    if (typeof current === 'string') return redactText(current, redaction);
    if (typeof current === 'bigint') return String(current);
    if (typeof current === 'function' || typeof current === 'symbol') return `[${typeof current}]`;
    if (typeof current !== 'object' || current === null) return current;
    if (ancestors.includes(current)) return '[circular]';
    if (ancestors.length >= limits.depth) return '[too deep]';
    ancestors.push(current);
    try {
      return visitObject(current);
    } catch {
      return '[unreadable]';
    } finally {
      ancestors.pop();
    }
  }

  function visitObject(object: object): unknown {
    if (ArrayBuffer.isView(object)) return `[${object.byteLength} bytes]`;
    if (object instanceof Date) return Number.isNaN(object.getTime()) ? '[invalid date]' : object.toISOString();
    if (object instanceof URL) return redactText(object.href, redaction);
    if (object instanceof Map) return entries(object.entries());
    if (object instanceof Set || Array.isArray(object)) return items(object.values());
    if (object instanceof Error) return { ...errorCode(object), ...entries(errorEntries(object)) };
    return entries(ownEntries(object));
  }

  function items(values: Iterable<unknown>): unknown[] {
    const kept: unknown[] = [];
    for (const item of values) {
      if (left-- <= 0) return [...kept, '…'];
      kept.push(visit(item));
    }
    return kept;
  }

  function entries(pairs: Iterable<[unknown, unknown]>): Record<string, unknown> {
    const kept: [string, unknown][] = [];
    for (const [key, member] of pairs) {
      if (left-- <= 0) {
        kept.push(['…', '…']);
        break;
      }
      const name = redactText(String(key), redaction);
      kept.push([name, hides(name, member) ? HIDDEN : visit(member)]);
    }
    return Object.fromEntries(kept);
  }

  function hides(name: string, member: unknown): boolean {
    if (member === null || member === undefined || typeof member === 'boolean') return false;
    const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '');
    return SECRET_NAME.test(letters) || (redaction.content && typeof member !== 'number' && CONTENT_NAME.test(letters));
  }

  return visit(value);
}

function* ownEntries(object: object): Iterable<[string, unknown]> {
  for (const name of Object.keys(object)) {
    let member: unknown;
    try {
      member = (object as Record<string, unknown>)[name];
    } catch {
      member = '[unreadable]';
    }
    yield [name, member];
  }
}

/** The code of an error tells what happened; it is no pairing code. */
function errorCode(error: Error): { code?: string } {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z][\w-]{0,63}$/.test(code) ? { code } : {};
}

/** The stack begins with name and message. */
function* errorEntries(error: Error): Iterable<[string, unknown]> {
  yield ['stack', error.stack ?? String(error)];
  if (error.cause !== undefined) yield ['cause', error.cause];
  if (error instanceof AggregateError) yield ['errors', error.errors];
  for (const [name, member] of ownEntries(error)) {
    if (!['name', 'message', 'stack', 'code', 'cause'].includes(name) && member !== undefined) yield [name, member];
  }
}
