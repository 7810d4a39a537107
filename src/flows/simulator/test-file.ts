/** `*.test.yml`: conversations that the flows beside it must hold. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Fault } from '../../core/errors.ts';
import { explainIssue, spreadIssues } from '../../schema-errors/zod-messages.ts';
import type { FlowSource, Path } from '../language/parse.ts';
import { contact, httpMock, item, moment } from './script.ts';

const common = {
  now: moment.optional().describe('What time it is at the beginning; without a zone it is that of the flow'),
  contact: contact.optional().describe('Who writes'),
  http_mocks: z.array(httpMock).optional().describe('What requests are answered'),
};
const chat = z.array(item).min(1).describe('What is said, by both, from top to bottom');
const testFile = z.strictObject({
  flow: z.string().optional().describe('The flow that the tests are about; it and those it calls are all that answers'),
  ...common,
  tests: z.array(z.strictObject({ name: z.string().min(1), ...common, chat })).min(1),
});

export type Conversation = z.infer<typeof testFile>['tests'][number];

export interface TestFile {
  path: string;
  flow: string | undefined;
  flowPlace: string;
  tests: (Conversation & { place: string; itemPlaces: string[] })[];
}

export function parseTestFile({ path, source }: FlowSource): TestFile | { faults: Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(Math.min(offset, source.length));
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const placeOf = (where: Path): string => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const key of where) {
      const pair = isMap(node) ? node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key)) : undefined;
      node = pair ? pair.value : isSeq(node) ? node.items[Number(key)] : undefined;
      offset = (node as { range?: [number] } | undefined)?.range?.[0] ?? offset;
    }
    return at(offset);
  };
  if (document.errors.length > 0)
    return { faults: document.errors.map(({ pos, message }) => ({ path: at(pos[0]), message: `is not YAML: ${message}` })) };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return { faults: [{ path: at(0), message: `cannot be read as YAML: ${String(error)}` }] };
  }
  const result = testFile.safeParse(value, { error: explainIssue });
  if (!result.success) {
    const issues = result.error.issues.flatMap((issue) => [...spreadIssues(issue, value)]);
    return { faults: issues.map(({ path: where, message }) => ({ path: placeOf(where as Path), message })) };
  }
  const { flow, tests, ...rest } = result.data;
  return {
    path,
    flow,
    flowPlace: placeOf(['flow']),
    tests: tests.map((test, index) => ({
      ...rest,
      ...test,
      http_mocks: [...(test.http_mocks ?? []), ...(rest.http_mocks ?? [])],
      place: placeOf(['tests', index]),
      itemPlaces: test.chat.map((_, nth) => placeOf(['tests', index, 'chat', nth])),
    })),
  };
}
