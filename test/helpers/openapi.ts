/** /openapi.json as the tests read it: what requests there are, where in them something stands, and requests that are as it says. */
import type { Scope } from '../../src/tenants/scopes.ts';
import type { Answer, Hub } from './hub.ts';

/** A JSON Schema. */
export type Schema = Answer['json'];

export interface Operation {
  /** `POST /api/sessions/{id}/messages` */
  name: string;
  method: string;
  path: string;
  /** A scope, `any` for any key, `admin` for the operator's key, or null for none at all. */
  right: Scope | 'any' | 'admin' | null;
  parameters: { in: 'query' | 'header'; name: string; schema: Schema; required: boolean }[];
  /** By content type; the JSON first. */
  bodies: Record<string, Schema>;
}

/** What is of both schemas. */
const both = (one: Schema, other: Schema): Schema => ({
  ...one,
  ...other,
  ...(one.properties || other.properties
    ? { properties: { ...one.properties, ...other.properties }, required: [...(one.required ?? []), ...(other.required ?? [])] }
    : {}),
});

function rightIn({ security, description }: Schema): Operation['right'] {
  if (security.length === 0) return null;
  return (/scope `(.+)`/.exec(description)?.[1] as Scope | undefined) ?? (/any key/.test(description) ? 'any' : 'admin');
}

/** Every operation, its schemas with nothing left to look up in them. */
export async function operationsOf(hub: Hub): Promise<Operation[]> {
  const { json: document } = await hub.as('')('GET', '/openapi.json');
  const whole = (schema: Schema): Schema => {
    if (Array.isArray(schema)) return schema.map(whole);
    if (schema === null || typeof schema !== 'object') return schema;
    const { $ref, allOf = [], ...own } = schema;
    const named = $ref ? document.components[$ref.split('/').at(-2)][$ref.split('/').at(-1)] : {};
    const members = Object.entries({ ...named, ...own }).map(([key, value]) => [key, key === 'example' ? value : whole(value)]);
    return [...allOf.map(whole), Object.fromEntries(members)].reduce(both, {});
  };
  return Object.entries<Record<string, Schema>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const bodies = Object.entries<{ schema: Schema }>(operation.requestBody?.content ?? {});
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        right: rightIn(operation),
        parameters: (operation.parameters ?? []).map(whole).filter((parameter: Schema) => parameter.in !== 'path'),
        bodies: Object.fromEntries(bodies.map(([type, { schema }]) => [type, whole(schema)])),
      };
    }),
  );
}

/** The way to a place in a body: members by name, `[]` an entry of a list, `{}` a member of any name, `|2` the third alternative. */
export type Way = readonly string[];

const alternativesOf = (schema: Schema): Schema[] | undefined => schema.oneOf ?? schema.anyOf;
const isFree = (schema: Schema): boolean => schema.type === undefined && alternativesOf(schema) === undefined && schema.enum === undefined;

/** Every place of a body at which a text of the caller's choice can stand. */
export function* placesIn(schema: Schema, way: Way = []): Generator<Way> {
  const alternatives = alternativesOf(schema);
  if (alternatives) for (const [i, one] of alternatives.entries()) yield* placesIn(one, [...way, `|${i}`]);
  else if (schema.properties || schema.type === 'object') {
    for (const [name, member] of Object.entries(schema.properties ?? {})) yield* placesIn(member, [...way, name]);
    const others = schema.additionalProperties ?? true;
    if (others !== false) yield* placesIn(others === true ? {} : others, [...way, '{}']);
  } else if (schema.type === 'array') yield* placesIn(schema.items, [...way, '[]']);
  else if (isFree(schema)) yield way;
  else if ([schema.type].flat().includes('string') && !schema.enum && schema.format !== 'date-time') yield way;
}

/** `sections.[].title`, whatever alternative that is in. */
export const nameOf = (way: Way): string => way.filter((step) => !step.startsWith('|')).join('.');

/** What stands in a member that has to be there and whose schema does not say what is right. */
export type Texts = Record<string, unknown>;

/** The least that the schema takes, with `value` at the end of the way. */
export function leastWith(schema: Schema, way: Way, value: unknown, texts: Texts, name = ''): unknown {
  const [step, ...rest] = way;
  if (step === undefined) return value;
  if (step.startsWith('|')) return leastWith(alternativesOf(schema)?.[Number(step.slice(1))], rest, value, texts, name);
  if (step === '[]') return [leastWith(schema.items, rest, value, texts, name)];
  const others = schema.additionalProperties === true ? {} : schema.additionalProperties;
  const member = step === '{}' ? others : schema.properties[step];
  return { ...membersOf(schema, texts), [step === '{}' ? 'any' : step]: leastWith(member, rest, value, texts, step) };
}

function membersOf(schema: Schema, texts: Texts): Record<string, unknown> {
  const required: string[] = schema.required ?? [];
  return Object.fromEntries(required.map((member) => [member, least(schema.properties[member], texts, member)]));
}

/** The least that the schema takes. */
export function least(schema: Schema, texts: Texts, name = ''): unknown {
  const alternatives = alternativesOf(schema);
  if (alternatives) return least(alternatives[0], texts, name);
  if (schema.enum) return schema.enum[0];
  if (typeof texts[name] === 'object') return texts[name];
  switch ([schema.type].flat()[0] ?? (schema.properties ? 'object' : undefined)) {
    case 'object':
      return membersOf(schema, texts);
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => least(schema.items, texts, name));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return texts[name] ?? (schema.format === 'date-time' ? new Date().toISOString() : 'x'.repeat(schema.minLength ?? 1));
    default:
      return texts[name] ?? 'x';
  }
}
