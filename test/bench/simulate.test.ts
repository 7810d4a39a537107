/** What docs/scaling.md tells of clusters that nobody has started is what the simulation says, and the simulation says the same each time. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { placement, plan, reconnect, shown, takeover } from '../../bench/simulate.ts';
import { ROOT } from '../helpers/hub.ts';

test('docs/scaling.md shows what the commands that it names print', async (t) => {
  const text = await readFile(join(ROOT, 'docs/scaling.md'), 'utf8');
  const named = [...text.matchAll(/`node bench\/simulate\.ts (\w+)`/g)].map(([, what]) => what as string);
  t.deepEqual(named, ['plan', 'placement', 'takeover', 'reconnect']);
  for (const what of named) t.true(text.includes(shown(what)), what);
});

test('the same seed gives the same cluster, and another one another', (t) => {
  const one = { nodes: 3, room: 20_000, sessions: 100, by: 'room' } as const;
  t.deepEqual(placement(one), placement(one));
  t.notDeepEqual(placement(one), placement(one, 2));
});

test('what is worked out is within what it was given', (t) => {
  const { fullest, refused } = placement({ nodes: 3, room: 20_000, sessions: 600, by: 'room' });
  t.true(refused > 0 && fullest < 21_000);
  const few = takeover({ nodes: 3, sessions: 60, launches: 2, processors: 8 });
  const many = takeover({ nodes: 3, sessions: 600, launches: 2, processors: 8 });
  t.true(few.begun.all >= 30 && many.connected.all > few.connected.all);
  const strict = reconnect({ nodes: 1, sessions: 200, away: 60, lets: 2, launches: 8 });
  t.true(strict.all >= 200 / 2 - 1);
  t.true(reconnect({ nodes: 1, sessions: 200, away: 60, lets: 50, launches: 8 }).all < strict.all);
  const [small, large] = [plan({ sessions: 1_000, memory: 64 }), plan({ sessions: 100_000, memory: 64 })];
  t.true(large.nodes > 50 * small.nodes && large.databases > small.databases);
});
