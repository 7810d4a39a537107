import { type Html, html, prose } from './html.ts';

/** As much of JSON Schema as the hub's own document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  description?: string;
  default?: unknown;
  example?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

/** What a schema takes, in one line and, for what it has inside, a list below. */
export function schemaList(schema: Schema): Html {
  const { description, properties, required = [], additionalProperties: rest, items, default: usual } = schema;
  const ways = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  const how = schema.allOf ? 'all of' : 'one of';
  const name = ways && !schema.allOf ? headOf : () => undefined;
  return html`<div class="inside">${typeOf(schema)} <span class="about">${boundsOf(schema)}${usual !== undefined && ` · else ${JSON.stringify(usual)}`}</span>
${description && html`<div class="about">${prose(description)}</div>`}
${ways && html`<div>${how}<ul>${ways.map((way) => html`<li>${name(way)}${schemaList(way)}</li>`)}</ul></div>`}
${items && html`<div>each: ${schemaList(items)}</div>`}
${properties && html`<ul>${Object.entries(properties).map(([name, inner]) => property(name, inner, required.includes(name)))}</ul>`}
${typeof rest === 'object' && html`<div>any key: ${schemaList(rest)}</div>`}</div>`;
}

/** What an alternative is called: by the member that tells it from the others, or by those that it needs. */
function headOf({ $ref, properties = {}, required = [] }: Schema): Html | undefined {
  if ($ref || Object.keys(properties).length === 0) return undefined;
  const told = Object.entries(properties).find(([name, { enum: values = [] }]) => required.includes(name) && values.length === 1);
  const words = told ? `${told[0]}: ${told[1].enum?.[0]}` : (required.length > 0 ? required : Object.keys(properties)).join(', ');
  return html`<b>${words}</b>`;
}

const property = (name: string, schema: Schema, isRequired: boolean): Html =>
  html`<li><code>${name}</code>${isRequired && html` <span class="about">required</span>`}${schemaList(schema)}</li>`;

function typeOf({ $ref, type, enum: values, const: value, format }: Schema): Html {
  if ($ref) {
    const name = $ref.split('/').at(-1) ?? '';
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (value !== undefined) return html`<code>${JSON.stringify(value)}</code>`;
  if (values) return html`<code>${values.map((one) => JSON.stringify(one)).join(' | ')}</code>`;
  return html`${[type ?? []].flat().join(' or ')}${format && ` (${format})`}`;
}

function boundsOf({ minimum, maximum, minLength, maxLength, minItems, maxItems, pattern }: Schema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string): string[] =>
    least === undefined && most === undefined ? [] : [`${least ?? '…'} to ${most ?? '…'}${unit}`];
  return [
    ...range(minimum, maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...range(minItems, maxItems, ' entries'),
    ...(pattern ? [pattern] : []),
  ].join(', ');
}
