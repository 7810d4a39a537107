/** The tests of a flow as they are written in this browser: the hub keeps none but those that stand in a file beside a flow's. */
import { signal } from '@preact/signals';
import type { Simulation } from '../../../../client/index.ts';
import { acting } from '../../ask.ts';
import { who } from '../../shell/who.ts';
import { type Move, type Outcome, outcomesOf } from './conversation.ts';

const written = signal<ReadonlyMap<string, string>>(new Map());

const tenant = (): string => acting.value ?? (who.value?.kind === 'key' ? who.value.tenantId : '');
const keyOf = (name: string): string => `hookline.tests ${tenant()} ${name}`;

/** Null: there are none. A browser may refuse to keep anything; then they last as long as the page. */
export function testsWritten(name: string): string | null {
  const key = keyOf(name);
  const here = written.value.get(key);
  if (here !== undefined) return here;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null: forgets them. */
export function writeTests(name: string, text: string | null): void {
  const key = keyOf(name);
  const next = new Map(written.peek());
  if (text === null) next.delete(key);
  else next.set(key, text);
  written.value = next;
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // See above.
  }
}

const beginning = (name: string): string => `flow: ${name}\ntests:\n`;

/** What the tests of a flow begin with. */
export const firstTests = (name: string, says: string): string => `${beginning(name)}  - name: ${quoted(`who writes ${says} is answered`)}
    chat:
      - user: ${quoted(says)}
      - bot: { matches: "." }
`;

/** The chat as it went, as one more test behind those that are there. */
export function withChat(tests: string | null, { name, moves, said }: { name: string; moves: readonly Move[]; said: Simulation }): string {
  const before = tests === null || tests.trim() === '' ? beginning(name) : tests.replace(/\n*$/, '\n');
  const lines = moves.flatMap((move, at) => [
    'user' in move ? `user: ${quoted(move.user)}` : 'start' in move ? `start: ${move.start}` : `advance: ${move.advance}`,
    ...outcomesOf(said, at).flatMap(saidIn),
  ]);
  const first = moves.find((move) => 'user' in move);
  const title = first && 'user' in first ? first.user : name;
  return `${before}  - name: ${quoted(title)}\n    chat:\n${lines.map((line) => `      - ${line}\n`).join('')}`;
}

const saidIn = (outcome: Outcome): string[] => (outcome.kind === 'said' ? [`bot: ${quoted(outcome.text)}`] : []);

/** A text that YAML takes as it is. */
const quoted = (text: string): string => JSON.stringify(text);
