import test from 'ava';
import { barOf, showProgress } from '../../src/cli/progress.ts';

test('a bar says how far it is, on one line of the screen', (t) => {
  t.is(barOf({ what: 'media', done: 600, total: 1_000 }), `media ${'█'.repeat(18)}${'░'.repeat(12)} 60 %  600/1000`);
  t.is(barOf({ what: 'media', done: 0, total: 0 }), `media ${'█'.repeat(30)} 100 %  0/0`);
  t.is(barOf({ what: 'media', done: 5, total: 4 }), `media ${'█'.repeat(30)} 100 %  5/4`);
  for (const columns of [10, 20, 40]) t.true(barOf({ what: 'media', done: 1, total: 3 }, columns).length < columns, String(columns));
});

test('it is drawn on a terminal and taken away again; a file or a pipe gets nothing', (t) => {
  const written: string[] = [];
  const screen = (isTTY: boolean) => ({ isTTY, columns: 80, write: (text: string) => written.push(text) > 0 });
  {
    using progress = showProgress(screen(true) as never);
    progress.to('media', 1, 2);
    progress.to('media', 1, 2);
    progress.to('media', 2, 2);
  }
  t.is(written.length, 3, 'the second one came too soon');
  t.regex(written[1] ?? '', /2\/2/);
  t.is(written.at(-1), '\r\x1b[K');
  written.length = 0;
  {
    using progress = showProgress(screen(false) as never);
    progress.to('media', 1, 2);
  }
  t.deepEqual(written, []);
});
