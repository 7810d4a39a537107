/** `docs/flows-reference.md`, from the schema of the language. */

import { jsonSchema, KINDS } from '../src/flows/language/schema.ts';
import { FILTERS } from '../src/flows/text/filters.ts';
import { ALWAYS_KNOWN } from '../src/flows/text/known-names.ts';

interface Node {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, Node>;
  required?: string[];
  anyOf?: Node[];
  allOf?: Node[];
  items?: Node;
  additionalProperties?: Node | boolean;
  definitions?: Record<string, Node>;
  else?: Node;
}

const root = jsonSchema() as Node;

function resolve(node: Node): Node {
  if (node.allOf?.length === 1 && node.allOf[0]) return { ...resolve(node.allOf[0]), ...node };
  const name = node.$ref?.split('/').at(-1);
  const target = name === undefined ? undefined : root.definitions?.[name];
  if (!target) return node;
  const { $ref: _, ...rest } = node;
  return { ...resolve(target), ...rest };
}

/** What may stand there, in a word or two. */
function kind(given: Node, depth = 0): string {
  const name = given.$ref?.split('/').at(-1) ?? given.allOf?.[0]?.$ref?.split('/').at(-1);
  if (name === 'Steps') return 'steps';
  if (name === 'Condition') return 'condition';
  if (name === 'Duration') return 'duration';
  if (name === 'Value') return 'any value';
  if (name === 'Kind') return 'kind';
  const node = resolve(given);
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum) return node.enum.map((one) => `\`${String(one)}\``).join(' ');
  if (node.anyOf) return [...new Set(node.anyOf.map((one) => kind(one, depth + 1)))].join(' or ');
  if (node.type === 'array') return `list of ${node.items ? kind(node.items, depth + 1) : 'values'}`;
  if (node.properties) return depth > 2 ? 'mapping' : `{ ${Object.keys(node.properties).join(', ')} }`;
  if (node.additionalProperties && node.additionalProperties !== true) return `mapping to ${kind(node.additionalProperties, depth + 1)}`;
  return { string: 'text', integer: 'whole number', number: 'number', boolean: '`true` `false`' }[node.type ?? ''] ?? 'value';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function rows(given: Node): string[] {
  const node = resolve(given);
  return Object.entries(node.properties ?? {}).map(([key, value]) => {
    const needed = [...(node.required ?? []), ...(node.else?.required ?? [])].includes(key) ? ' (needed)' : '';
    return `| \`${key}\`${needed} | ${cell(kind(value))} | ${cell(resolve(value).description ?? value.description ?? '')} |`;
  });
}

const HEAD = ['| key | is | means |', '| --- | --- | --- |'];

function forms(name: string): Node[] {
  const node = resolve({ $ref: `#/definitions/${name}` });
  return (node.anyOf ?? []).map(resolve);
}

const mappings = (nodes: readonly Node[]): Node[] => nodes.filter(({ properties }) => properties);

/** What stands below a step's own key, where that is a mapping of many. */
function inner({ properties = {} }: Node): string[] {
  const [key = '', value = {}] = Object.entries(properties)[0] ?? [];
  return key === 'ask_model' ? ['', `In \`${key}\`:`, '', ...HEAD, ...rows(value)] : [];
}

export function flowReference(): string {
  const top = resolve(root);
  const start = mappings((resolve(top.properties?.start?.items ?? {}).anyOf ?? []).map(resolve));
  const bare = forms('Step').flatMap((node) => (node.const === undefined ? [] : [`\`${String(node.const)}\``]));
  const condition = mappings(forms('Condition'))[0] ?? {};
  const hours = resolve(top.properties?.hours ?? {}).additionalProperties as Node;
  return [
    '# The language of reply flows',
    '',
    'Written by `node docs/generate.ts` from the schema that checks flows; [flows.md](flows.md) is the way in.',
    '',
    '## A flow',
    '',
    ...HEAD,
    ...rows(root),
    '',
    '## What starts it',
    '',
    'Each entry of `start` has one of these; those of `anytime` have one of the first six, and `go`.',
    '',
    ...HEAD,
    ...start.flatMap(rows),
    '',
    '### schedule',
    '',
    'The clock starts the flow at each of its times, in every chat that is named or has the tag: one of `to` and `tagged` is needed.',
    '',
    ...HEAD,
    ...rows(start.find(({ properties }) => properties?.schedule)?.properties?.schedule ?? {}),
    '',
    '## Steps',
    '',
    `${bare.join(', ')} stand alone. Every other step is a mapping, and may have an \`id\` for \`go\`.`,
    ...mappings(forms('Step')).flatMap((node) => [
      '',
      `### ${Object.keys(node.properties ?? {})[0]}`,
      '',
      `${node.description ?? ''}.`,
      '',
      ...HEAD,
      ...rows(node).filter((row) => !row.startsWith('| `id`')),
      ...inner(node),
    ]),
    '',
    '## Voice messages',
    '',
    `${resolve(top.properties?.transcribe ?? {}).description}.`,
    '',
    ...HEAD,
    ...rows(top.properties?.transcribe ?? {}),
    '',
    '## What an answer may be',
    '',
    'What `expect` names, and what is saved. In `{ pattern: "\\\\d{4}", keep: digits }` it is what fits the pattern, in an answer of up to 120 characters; of a list (`[image, document]`) it is the first that fits.',
    '',
    '| kind | saves |',
    '| --- | --- |',
    ...Object.entries(KINDS).map(([name, saves]) => `| \`${name}\` | ${saves} |`),
    '',
    'With `multiple: true` a list of options is saved. With `confirm` nothing is saved before the contact says yes to `{{ understood }}`, which is the answer in words.',
    '',
    '## Conditions',
    '',
    'A mapping, of which all keys must hold:',
    '',
    ...HEAD,
    ...rows(condition),
    '',
    'Or an expression in a part of [CEL](https://cel.dev): `==` `!=` `<` `<=` `>` `>=` `in` `&&` `||` `!` `+` `-` `*` `/` `%` `? :`, lists, `size()`, `int()`, `double()`, `string()`, `.contains()`, `.startsWith()`, `.endsWith()`. Dates and times compare as they are written in ISO 8601.',
    '',
    '| days and times | |',
    '| --- | --- |',
    '| `today + 30d`, `answer - 1d` | A day moves by whole days |',
    '| `now + 2h`, `answer + 1h30m` | A moment, and a time within its day |',
    '| `age(answer)` | Whole years from a day until today |',
    '| `weekday(answer)` | `"mon"` to `"sun"` |',
    '| `within(answer, clinic)` | A moment is within the hours `clinic`, a time within those of today, and on a day it opens; a day and a time are one moment as `day + "T" + time` |',
    '',
    '## Opening hours',
    '',
    ...HEAD,
    ...rows(hours),
    '',
    'Hours belong to the day on which they begin. `"22:00-06:00"` ends on the day after, `"00:00-24:00"` is the whole day, and what meets is one: `fri: "18:00-24:00"` and `sat: "00:00-02:00"`. A day in `special` has hours of its own, and on a day that is `closed`, also if it stands in `special`, nothing begins; a day of one year goes before the same of every year; what runs into it from the day before stays. All times are those of the clock on the wall, also on the days on which it is changed.',
    '',
    '`{{ hours.NAME.open }}`, `{{ hours.NAME.next_open | when }}` and `{{ hours.NAME.next_close | when }}` tell of them.',
    '',
    '## What can be filled in',
    '',
    `${ALWAYS_KNOWN.map((name) => `\`${name}\``).join(', ')}, \`event.data.…\`, what is remembered as \`contact.…\`, and every answer by its name. In \`http\` also \`secrets.NAME\`.`,
    '',
    `Filters, as in [Liquid](https://shopify.github.io/liquid/): ${Object.keys(FILTERS)
      .map((name) => `\`${name}\``)
      .join(
        ', ',
      )}. \`when\` writes a day or time for people, \`iso\` for machines, \`format: "dd/MM"\` as it says ([tokens](https://moment.github.io/luxon/#/formatting?id=table-of-tokens)), \`number\` and \`money: "BRL"\` by the flow's locale. \`divided_by\` does not round: \`| round: 2\` does. \`date: "%d/%m/%Y"\` is as in Liquid; \`around: "<", ">"\` puts texts before and after what is known, and is nothing where nothing is. In the \`label\` and \`value\` of options from data there is \`item\`, in \`check\` and \`confirm\` \`answer\`, which is what was understood, and in \`confirm\` \`understood\`, the same in words.`,
    '',
  ].join('\n');
}
