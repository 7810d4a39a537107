/**
 * Fields as they come out of WhatsApp Web. Null stands for what is not there; what is of another kind than it should be throws,
 * and says which field it was: a message that is only half understood would be passed on as something that nobody wrote. Pure.
 */
export function textIn(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : unlike(value, field, 'a text');
}

export function numberIn(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : unlike(value, field, 'a number');
}

export function listIn<T>(value: unknown, field: string, each: (entry: unknown, field: string) => T): T[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map((entry, index) => each(entry, `${field}.${index}`)) : unlike(value, field, 'a list');
}

type Fields = Readonly<Record<string, unknown>>;

export function objectIn(value: unknown, field: string): Fields | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : unlike(value, field, 'an object');
}

/** What has to be there. */
export function need<T>(value: T | undefined, field: string): T {
  return value ?? unlike(value, field, 'there');
}

function unlike(value: unknown, field: string, what: string): never {
  const is = value === undefined || value === null ? 'missing' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  throw new TypeError(`"${field}" should be ${what} and is ${is}`);
}
