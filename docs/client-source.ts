/** `src/client/api.ts`: the shapes and the operations of the API as TypeScript, from its description in OpenAPI. */

/** As much of JSON Schema as the description uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  pattern?: string;
  format?: string;
  description?: string;
}

type Content = Record<string, { schema?: Schema }>;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
}

export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Names that mean something else where a client is used: `Event` of every browser, and the class of errors. */
const RENAMED: Record<string, string> = { Event: 'HubEvent', Problem: 'ProblemBody' };

const HEAD = `/**
 * Written by \`node docs/generate.ts\` from the description of the API (\`/openapi.json\`); a test holds it to that. Do not edit it.
 *
 * An operation takes what stands in its path, then its body, then its query, each where it has one, and then the options of the call.
 */
import type { Bytes, CallOptions, IdempotentCallOptions, Page, RawCallOptions } from './types.ts';
`;

/** The text of the file. */
export function clientSource({ paths, components }: Description): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, operation]) => toldOf(method.toUpperCase(), path, operation))
      // A WebSocket is not asked for with fetch.
      .filter(({ status }) => status !== '101'),
  );
  const shapes = Object.entries(components.schemas).map(([name, schema]) => named(nameOf(name), schema));
  return [
    HEAD,
    ...shapes,
    toldProblems(components.schemas),
    ...operations.flatMap(({ shapes: own }) => own),
    `/** Every operation of the API, by its operationId. */\nexport interface Operations {\n${operations.map(({ member }) => member).join('\n')}\n}\n`,
    ROUTES,
    `export const ROUTES: Record<keyof Operations, Route> = {\n${operations.map(({ row }) => row).join('\n')}\n};\n`,
  ].join('\n');
}

/** The problems that tell more than others, by their codes. */
function toldProblems(schemas: Record<string, Schema>): string {
  const members = Object.entries(schemas).flatMap(([name, { allOf = [] }]) => {
    const code = allOf.at(-1)?.properties?.code?.enum?.[0];
    return name.endsWith('Problem') && code !== undefined ? [`  ${literal(code)}: ${name};`] : [];
  });
  return `/** Problems that tell more than every problem does, by their codes. */\nexport interface ToldProblems {\n${members.join('\n')}\n}\n`;
}

const ROUTES = `/** Its method and path, how its body is sent, and whether it has a query. */
export type Route = readonly [method: string, path: string, body?: 'json' | 'yaml' | 'bytes' | 'file' | undefined, query?: true];
`;

interface Told {
  status: string;
  /** Types that it needs, beyond those of the components. */
  shapes: string[];
  /** In `Operations`. */
  member: string;
  /** In `ROUTES`. */
  row: string;
}

function toldOf(
  method: string,
  path: string,
  { operationId, summary, description, parameters = [], requestBody, responses }: Operation,
): Told {
  const shapes: string[] = [];
  const Name = operationId.charAt(0).toUpperCase() + operationId.slice(1);
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, place]) => `${place}: string`);
  const body = requestBody && bodyOf(requestBody.content, `${Name}Body`, shapes);
  const query = parameters.filter((parameter) => parameter.in === 'query');
  if (query.length > 0) shapes.push(named(`${Name}Query`, objectOf(query)));
  const isIdempotent = parameters.some(({ name }) => name === 'Idempotency-Key');
  const [status, answer] = Object.entries(responses)[0] ?? [];
  const { type, isJson, others } = answerOf(answer?.content, `${Name}Answer`, shapes);
  const queryArgument = query.length === 0 ? [] : [`query${query.some(({ required }) => required) ? '' : '?'}: ${Name}Query`];
  const takes = [...places, ...(body ? [`body${requestBody.required ? '' : '?'}: ${body.type}`] : []), ...queryArgument];
  const options = isIdempotent ? 'IdempotentCallOptions' : 'CallOptions';
  const about = doc(`${summary}. ${description}`, '  ');
  const member = `${about}  ${operationId}(${[...takes, `options?: ${options}`].join(', ')}): Promise<${type}>;`;
  const before = takes.map((one) => one.replace(/^(query)\?: (\w+)$/, '$1: $2 | undefined'));
  const raw = others.map((one) => `'${one}'`).join(' | ');
  const whole = isJson && raw ? `  ${operationId}(${[...before, `options: RawCallOptions<${raw}>`].join(', ')}): Promise<Response>;\n` : '';
  const parts = [
    `'${method}'`,
    `'${path}'`,
    ...(body ? [`'${body.how}'`] : query.length > 0 ? ['undefined'] : []),
    ...(query.length > 0 ? ['true'] : []),
  ];
  return { status: status ?? '', shapes, member: `${whole}${member}`, row: `  ${operationId}: [${parts.join(', ')}],` };
}

function bodyOf(content: Content, name: string, shapes: string[]): { type: string; how: string } {
  const json = content['application/json']?.schema;
  if (content['application/yaml']) return { type: 'string', how: 'yaml' };
  if (content['*/*']) return { type: 'FormData | Bytes', how: 'file' };
  if (!json) return { type: 'Bytes', how: 'bytes' };
  const form = content['multipart/form-data'] ? ' | FormData' : '';
  if (json.$ref) return { type: typeOf(json) + form, how: 'json' };
  shapes.push(named(name, json));
  return { type: name + form, how: 'json' };
}

/** What is no JSON is the `Response`, to be read as one likes. */
function answerOf(content: Content | undefined, name: string, shapes: string[]): { type: string; isJson: boolean; others: string[] } {
  const others = Object.keys(content ?? {}).filter((type) => type !== 'application/json');
  const json = content?.['application/json']?.schema;
  if (!json) return { type: content ? 'Response' : 'void', isJson: false, others };
  const { data, nextCursor, ...rest } = json.properties ?? {};
  if (data?.items?.$ref && nextCursor) {
    const more = Object.keys(rest).length > 0 ? ` & ${typeOf({ ...json, properties: rest })}` : '';
    return { type: `Page<${typeOf(data.items)}>${more}`, isJson: true, others };
  }
  if (json.$ref || !json.properties) return { type: typeOf(json), isJson: true, others };
  shapes.push(named(name, json));
  return { type: name, isJson: true, others };
}

const nameOf = (name: string): string => RENAMED[name] ?? name;

const objectOf = (parameters: Parameter[]): Schema => ({
  type: 'object',
  properties: Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, ...(description !== undefined && { description }) }]),
  ),
  required: parameters.flatMap(({ name, required }) => (required ? [name] : [])),
  additionalProperties: false,
});

function named(name: string, schema: Schema): string {
  const type = typeOf(schema);
  const about = doc(schema.description, '');
  return type.startsWith('{') && type.endsWith('}') && !isJoined(schema)
    ? `${about}export interface ${name} ${type}\n`
    : `${about}export type ${name} = ${type};\n`;
}

const isJoined = ({ allOf, anyOf, oneOf, type }: Schema): boolean => [allOf, anyOf, oneOf].some(Boolean) || Array.isArray(type);

function doc(text: string | undefined, indent: string): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '*\\/').replaceAll('\n', ' ')} */\n` : '';
}

/** The type of a schema; `indent` is that of the line on which it begins. */
function typeOf(schema: Schema, indent = ''): string {
  const { $ref, allOf, properties } = schema;
  if ($ref) return nameOf($ref.split('/').at(-1) as string);
  // An entry that only describes the others is no type.
  if (allOf)
    return [
      ...allOf.map((one) => grouped(one, indent)).filter((type) => type !== 'unknown'),
      ...(properties ? [objectType(schema, indent)] : []),
    ].join(' & ');
  return [...new Set(alternativesOf(schema, indent))].join(' | ');
}

function alternativesOf(schema: Schema, indent: string): string[] {
  const { anyOf, oneOf, properties } = schema;
  if (schema.const !== undefined) return [literal(schema.const)];
  if (schema.enum) return schema.enum.map(literal);
  const either = anyOf ?? oneOf;
  if (either) return either.map((one) => typeOf(one, indent));
  const types = [schema.type ?? (properties ? 'object' : [])].flat();
  return types.length === 0 ? ['unknown'] : types.map((type) => plainType(type, schema, indent));
}

/** In parentheses where something stands behind it or before it. */
function grouped(schema: Schema, indent: string): string {
  const isOne = schema.$ref !== undefined || (!schema.allOf && new Set(alternativesOf(schema, indent)).size === 1);
  return isOne ? typeOf(schema, indent) : `(${typeOf(schema, indent)})`;
}

function plainType(type: string, schema: Schema, indent: string): string {
  switch (type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      // What flows announce; as any string it would be every type of event.
      return schema.pattern === '^custom\\.' ? '`custom.$' + '{string}`' : 'string';
    case 'array':
      return `${grouped(schema.items ?? {}, indent)}[]`;
    case 'object':
      return objectType(schema, indent);
    default:
      return type;
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const inside = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
    const type = typeOf(schema, inside);
    // What is undefined is left out of JSON, whatever `exactOptionalPropertyTypes` says where the client is used.
    const member = required.includes(name) ? `: ${type}` : `?: ${type === 'unknown' ? type : `${type} | undefined`}`;
    return `${doc(schema.description, inside)}${inside}${key}${member};`;
  });
  const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties, inside) : undefined;
  if (members.length === 0) return others === undefined ? 'Record<string, unknown>' : `Record<string, ${others}>`;
  // Beside members of other types a member of any name may be anything.
  if (others !== undefined) members.push(`${inside}[member: string]: unknown;`);
  return `{\n${members.join('\n')}\n${indent}}`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : JSON.stringify(value);
}
