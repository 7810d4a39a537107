import test from 'ava';
import { during } from '../../src/core/during.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { LoopWatch } from '../../src/ops/loop-watch.ts';
import { until } from '../helpers/hub.ts';
import { testRuntime } from '../helpers/runtime.ts';

function hold(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test.serial('whoever holds the event loop is told, in the log with the tenant and to the meter without', async (t) => {
  const runtime = testRuntime();
  const held: [string | null, number][] = [];
  const watch = new LoopWatch(runtime, { held: (what, took) => held.push([what, took]) });
  watch.start();
  t.teardown(() => watch.stop());
  during({ tenantId: 'tnt_a' as TenantId, what: 'flows.turn' }, () =>
    during({ tenantId: 'tnt_b' as TenantId, what: 'short' }, () => hold(1)),
  );
  // What is held before the histogram has begun is not in it.
  await until(
    async () => {
      during({ tenantId: 'tnt_a' as TenantId, what: 'flows.turn' }, () => hold(300));
      return held.length > 0;
    },
    { what: 'the hold to be noticed' },
  );
  const [[what, took] = ['', 0]] = held;
  t.is(what, 'flows.turn');
  t.true(took > 200, `${took} ms`);
  const line = runtime.log.lines.find(({ level }) => level === (took < 500 ? 'info' : 'warn'));
  t.like(line?.fields, { what: 'flows.turn', tenantId: 'tnt_a' });
});

test.serial('a hold that nobody has marked is told, too', async (t) => {
  const runtime = testRuntime();
  const held: (string | null)[] = [];
  const watch = new LoopWatch(runtime, { held: (what) => held.push(what) });
  watch.start();
  t.teardown(() => watch.stop());
  await until(
    async () => {
      hold(600);
      return held.length > 0;
    },
    { what: 'the hold to be noticed' },
  );
  t.is(held[0], null);
  t.is(runtime.log.lines.find(({ level }) => level === 'warn')?.fields.what, 'unknown');
});

test('what a piece of work gives or throws comes through', (t) => {
  t.is(
    during({ tenantId: null, what: 'a' }, () => 5),
    5,
  );
  t.throws(
    () =>
      during({ tenantId: null, what: 'a' }, () => {
        throw new Error('x');
      }),
    { message: 'x' },
  );
});
