import test from 'ava';
import { closest } from '../../src/core/closest.ts';

const WORDS = ['port', 'host', 'dataDir', 'tokensDir'];

test('a slip of the fingers finds the word that was meant', (t) => {
  for (const [slip, meant] of [
    ['prot', 'port'],
    ['HOST', 'host'],
    ['datadir', 'dataDir'],
    ['tokenDir', 'tokensDir'],
    ['port', 'port'],
  ] as const) {
    t.is(closest(slip, WORDS) as string, meant);
  }
});

test('a word that is like none of them finds none, and a huge one is not even compared', (t) => {
  for (const word of ['', 'x', 'webhooks', 'p'.repeat(1_000_000)]) t.is(closest(word, WORDS), undefined);
  t.is(closest('port', []), undefined);
});
