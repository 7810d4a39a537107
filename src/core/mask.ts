/** In the place of a secret. */
const MASK = '***';
/** What is shorter stands in half of all texts: to take it out would leave nothing, and show what it was. */
const SHORTEST = 4;
/** What means something in a pattern. */
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** Texts without the secrets that somebody else repeats in them. */
export interface Mask {
  (text: string): string;
  /** Characters of the longest form of a secret that is taken out; 0 when there are none. */
  longest: number;
}

/**
 * Takes secrets out of a text, also as they look in a URL, in JSON and in base64, and what stands in them behind the name of a scheme
 * (`Bearer …`; of `Basic …` the password, too).
 */
export function maskOf(secrets: Iterable<string>): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) for (const part of partsOf(secret)) for (const form of formsOf(part)) forms.add(form);
  // The longest first: a secret may stand in another one.
  const all = [...forms].filter((form) => form.length >= SHORTEST).sort((a, b) => b.length - a.length);
  const [longest] = all;
  if (longest === undefined) return Object.assign((text: string) => text, { longest: 0 });
  const pattern = new RegExp(all.map((form) => form.replace(SPECIAL, '\\$&')).join('|'), 'g');
  return Object.assign((text: string) => text.replace(pattern, MASK), { longest: longest.length });
}

function* partsOf(secret: string): Iterable<string> {
  yield secret;
  const [, scheme = '', credentials] = /^(\S+) +(\S.*)$/.exec(secret) ?? [];
  if (credentials === undefined || credentials.length < SHORTEST) return;
  yield credentials;
  if (scheme.toLowerCase() !== 'basic') return;
  const opened = Buffer.from(credentials, 'base64').toString('utf8');
  yield opened;
  yield opened.slice(opened.indexOf(':') + 1);
}

function* formsOf(text: string): Iterable<string> {
  if (text.length < SHORTEST) return;
  yield text;
  yield encodeURIComponent(text.toWellFormed());
  yield new URLSearchParams({ '': text }).toString().slice(1);
  yield JSON.stringify(text).slice(1, -1);
  for (const encoding of ['base64', 'base64url'] as const) yield Buffer.from(text).toString(encoding).replace(/=+$/, '');
}
