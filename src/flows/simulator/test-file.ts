/** `*.test.yml`: conversations that the flows beside it must hold. */
import { type Document, isPair, isScalar, isSeq, visit } from 'yaml';
import { z } from 'zod';
import type { Fault } from '../../core/errors.ts';
import { ZodMessages } from '../../schema-errors/zod-messages.ts';
import type { FlowSource, Path } from '../language/parse.ts';
import { foundIn, offsetOf } from '../language/salvage.ts';
import { slipsIn } from '../language/slips.ts';
import { readYaml } from '../language/yaml.ts';
import { contact, httpMock, item, moment, oneOf, remembered } from './script.ts';

const common = {
  now: moment.optional().describe('What time it is at the beginning; without a zone it is that of the flow'),
  contact: contact.optional().describe('Who writes'),
  tags: z.array(z.string()).optional().describe('Tags that the chat has at the beginning'),
  remembered: remembered.optional().describe('What is remembered of the contact at the beginning: { visit_day: 2026-03-25 }'),
  http_mocks: z.array(httpMock).optional().describe('What requests are answered'),
};
const chat = z.array(item).min(1).describe('What is said, by both, from top to bottom');
const testFile = z.strictObject({
  flow: oneOf([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe(
      'The flow that the tests are about, or a list of them; they, those they call and the words for all flows are all that answers',
    ),
  ...common,
  tests: z
    .array(z.strictObject({ name: z.string().min(1).describe('What holds, for people'), ...common, chat }))
    .min(1)
    .describe('Each begins anew: with a contact that nobody knows unless it says so, and at its own time'),
});

/** What editors complete from, as `GET /api/flows/test.schema.json` and `flows/flow-test.schema.json`. */
export function testSchema(): object {
  return { ...z.toJSONSchema(testFile, { io: 'input', target: 'draft-7' }), title: 'Hookline test of reply flows' };
}

export type Conversation = z.output<typeof testFile>['tests'][number];

export interface TestFile {
  path: string;
  /** Those that answer; all that are there where it does not say. */
  flows: { name: string; place: string }[] | undefined;
  tests: (Conversation & { place: string; itemPlaces: string[] })[];
}

export function parseTestFile({ path, source }: FlowSource): TestFile | { faults: Fault[] } {
  try {
    return parse({ path, source });
  } catch (error) {
    // As in a flow.
    const message = error instanceof RangeError ? 'is nested too deeply' : `cannot be read as YAML: ${String(error)}`;
    return { faults: [{ path: `${path}:1:1`, message }] };
  }
}

function parse({ path, source }: FlowSource): TestFile | { faults: Fault[] } {
  const yaml = readYaml(source);
  const shown = ({ line, column }: { line: number; column: number }): string => `${path}:${line}:${column}`;
  const faults: Fault[] = yaml.faults.map(({ message, ...place }) => ({ path: shown(place), message }));
  const { document } = yaml;
  if (!document) return { faults };
  asWritten(document, yaml.text);
  const slips = [...slipsIn(document, yaml.text)].map(({ offset, message }) => ({ path: shown(yaml.place(offset)), message }));
  const placeOf = (where: Path, what?: 'key' | 'value'): string => shown(yaml.place(offsetOf(document, where, what)));
  const value: unknown = document.toJS();
  const explanations = new ZodMessages();
  const result = testFile.safeParse(value, { error: explanations.note });
  if (!result.success) {
    const found = [...foundIn(result.error, value, explanations)].filter(({ message }) => message !== '');
    // What is missing may stand in a line that could not be read.
    const told = yaml.leftOut.length > 0 ? found.filter(({ message }) => !/ is missing$/.test(message)) : found;
    faults.push(...told.map(({ path: where, what, message }) => ({ path: placeOf(where, what), message: withPlace(message) })));
  }
  // What is wrong in two ways is told once; several things may be missing in one place.
  const all = [...slips, ...faults];
  const isFirst = (fault: Fault, index: number): boolean => all.findIndex(({ path }) => path === fault.path) === index;
  faults.splice(0, faults.length, ...all.filter((fault, index) => / is missing$/.test(fault.message) || isFirst(fault, index)));
  if (faults.length > 0 || !result.success) return { faults };
  const { flow, tests, ...rest } = result.data;
  return {
    path,
    flows:
      typeof flow === 'string'
        ? [{ name: flow, place: placeOf(['flow']) }]
        : flow?.map((name, nth) => ({ name, place: placeOf(['flow', nth]) })),
    tests: tests.map((test, index) => ({
      ...rest,
      ...test,
      http_mocks: [...(test.http_mocks ?? []), ...(rest.http_mocks ?? [])],
      place: placeOf(['tests', index]),
      itemPlaces: test.chat.map((_, nth) => placeOf(['tests', index, 'chat', nth])),
    })),
  };
}

/** What is said is a text, as it was written: `user: 0800` has four digits. */
function asWritten(document: Document, text: string): void {
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key) || !SAID.has(String(pair.key.value))) return;
      const values = isSeq(pair.value) ? pair.value.items : [pair.value];
      for (const value of values) {
        if (!isScalar(value) || typeof value.value === 'string' || value.value === null || !value.range) continue;
        value.value = text.slice(value.range[0], value.range[1]);
      }
    },
  });
}

const SAID = new Set(['user', 'bot', 'text', 'contains', 'one_of', 'vote']);
const ITEMS = ['user', 'bot', 'silent', 'advance', 'start', 'event', 'expect'];

/** What stands beside the conversation, and belongs into it. */
function withPlace(message: string): string {
  const key = /^unknown key "(\w+)"/.exec(message)?.[1];
  return key !== undefined && ITEMS.includes(key) ? `"${key}" is an entry of "chat": begin it with "- " there` : message;
}
