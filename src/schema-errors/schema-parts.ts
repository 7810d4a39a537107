/** What a schema of zod says of itself, as far as its complaints are put into words by it. */

interface Definition {
  type?: string;
  format?: string;
  in?: unknown;
  shape?: object;
  options?: unknown[];
  values?: unknown[];
  entries?: Record<string, unknown>;
  innerType?: unknown;
}

interface Internals {
  def?: Definition & { getter?: unknown };
  innerType?: unknown;
}

/** Of what a lazy or optional schema stands for. */
function definition(schema: unknown): Definition {
  const { def = {}, innerType } = (schema as { _zod?: Internals } | undefined)?._zod ?? {};
  if (def.type === 'lazy' && innerType !== undefined) return definition(innerType);
  if (['optional', 'nonoptional', 'default'].includes(def.type ?? '') && def.innerType !== undefined) return definition(def.innerType);
  return def;
}
/** Of what is made into something else the schema of what is given. */
export function givenTo(schema: unknown): unknown {
  const { type, in: before } = definition(schema);
  return type === 'pipe' ? givenTo(before) : schema;
}
/** Of a text: what it has to be, such as `datetime`. */
export const formatOf = (schema: unknown): string | undefined => definition(schema).format;
export const typeOf = (schema: unknown): string => definition(schema).type ?? 'something else';
/** The language does not change, and is asked for its keys with every message. */
const known = new WeakMap<object, string[]>();
export function keysOf(schema: unknown): string[] {
  const { shape } = definition(schema);
  if (!shape) return [];
  const keys = known.get(shape) ?? Object.keys(shape);
  known.set(shape, keys);
  return keys;
}
/** What may stand under `key` in a mapping. */
export const memberOf = (schema: unknown, key: string): unknown => (definition(schema).shape as Record<string, unknown> | undefined)?.[key];
export const optionsOf = (schema: unknown): unknown[] => definition(schema).options ?? [];
export const literalsOf = (schema: unknown): unknown[] =>
  [schema, ...optionsOf(schema)].flatMap((one) => definition(one).values ?? Object.values(definition(one).entries ?? {}));
export const isMapping = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the members of this name may be, over all forms that a mapping has. */
export const literalsAt = (schema: unknown, key: string): unknown[] =>
  optionsOf(schema).flatMap((option) => literalsOf(memberOf(option, key)));

/** The keys of a mapping that may not be left out. */
export function requiredKeysOf(schema: unknown): string[] {
  const { shape } = definition(schema);
  return Object.entries(shape ?? {}).flatMap(([key, member]) => ((member as OptIn)._zod?.optin === undefined ? [key] : []));
}

interface OptIn {
  _zod?: { optin?: 'optional' | 'defaulted' };
}

/** `a, b or c` */
export const listed = (items: readonly string[], word: 'or' | 'and' = 'or'): string =>
  [items.slice(0, -1).join(', '), ...items.slice(-1)].filter(Boolean).join(` ${word} `);
