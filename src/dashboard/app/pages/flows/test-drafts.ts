/** The tests of a flow as they are written and not saved yet; kept as long as the app is open. */
import { signal } from '@preact/signals';
import type { Simulation } from '../../../../client/index.ts';
import { acting } from '../../ask.ts';
import { type Mock, type Move, type Outcome, outcomesOf } from './conversation.ts';

interface Written {
  text: string;
  /** Of the tests that it began as; null: there were none, or they stand in a file. */
  revision: number | null;
}

const written = signal<ReadonlyMap<string, Written>>(new Map());

const keyOf = (name: string): string => `${acting.value ?? ''} ${name}`;

/** Null: nothing is written that is not saved. */
export const testsWritten = (name: string): Written | null => written.value.get(keyOf(name)) ?? null;

/** Null: forgets it. */
export function writeTests(name: string, tests: Written | null): void {
  const next = new Map(written.peek());
  if (tests === null) next.delete(keyOf(name));
  else next.set(keyOf(name), tests);
  written.value = next;
}

/** Whether anything of any flow is not saved. */
export const hasUnsavedTests = (): boolean => written.value.size > 0;

const beginning = (name: string): string => `flow: ${name}\ntests:\n`;

/** What the tests of a flow begin with. */
export const firstTests = (name: string, says: string): string => `${beginning(name)}  - name: ${quoted(`who writes ${says} is answered`)}
    chat:
      - user: ${quoted(says)}
      - bot: { matches: "." }
`;

/** A chat as it went. */
export interface Chat {
  name: string;
  moves: readonly Move[];
  mocks: readonly Mock[];
  said: Simulation;
}

/** The chat as one more test behind those that are there. */
export function withChat(tests: string | null, { name, moves, mocks, said }: Chat): string {
  const before = tests === null || tests.trim() === '' ? beginning(name) : tests.replace(/\n*$/, '\n');
  const lines = moves.flatMap((move, at) => [
    'user' in move ? `user: ${quoted(move.user)}` : 'start' in move ? `start: ${move.start}` : `advance: ${move.advance}`,
    ...outcomesOf(said, at).flatMap(saidIn),
  ]);
  const first = moves.find((move) => 'user' in move);
  const title = first && 'user' in first ? first.user : name;
  // JSON is YAML.
  const answers = mocks.length === 0 ? '' : `    http_mocks:\n${mocks.map((mock) => `      - ${JSON.stringify(mock)}\n`).join('')}`;
  return `${before}  - name: ${quoted(title)}\n${answers}    chat:\n${lines.map((line) => `      - ${line}\n`).join('')}`;
}

const saidIn = (outcome: Outcome): string[] => (outcome.kind === 'said' ? [`bot: ${quoted(outcome.text)}`] : []);

/** A text that YAML takes as it is. */
const quoted = (text: string): string => JSON.stringify(text);
