import test from 'ava';
import type { Address } from '../../src/egress/guard.ts';
import { boundedLookup } from '../../src/egress/resolve.ts';

const ADDRESS: Address = { address: '93.184.215.14', family: 4 };

test('a name is looked up once at a time, whoever asks, and anew afterwards', async (t) => {
  let asked = 0;
  const resolve = boundedLookup(async () => {
    asked++;
    return [ADDRESS];
  });
  t.deepEqual(await Promise.all([resolve('a.example'), resolve('a.example')]), [[ADDRESS], [ADDRESS]]);
  t.is(asked, 1);
  await resolve('a.example');
  t.is(asked, 2);
});

test('lookups that hang leave threads to others, and those behind them come when one ends', async (t) => {
  const hanging = new Map<string, (addresses: Address[]) => void>();
  const resolve = boundedLookup((hostname) => new Promise((answer) => hanging.set(hostname, answer)));
  const names = Array.from({ length: 20 }, (_, i) => `${i}.example`);
  const answers = names.map((name) => resolve(name));
  await Promise.resolve();
  t.is(hanging.size, 8);
  hanging.get('0.example')?.([ADDRESS]);
  await answers[0];
  await new Promise(setImmediate);
  t.is(hanging.size, 9);
  for (const name of names) {
    hanging.get(name)?.([ADDRESS]);
    await answers[names.indexOf(name)];
    await new Promise(setImmediate);
  }
  t.is((await Promise.all(answers)).length, 20);
});

test('a lookup that fails is told to all who asked, and is forgotten', async (t) => {
  let fails = true;
  const resolve = boundedLookup(async () => {
    if (fails) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    return [ADDRESS];
  });
  await Promise.all([t.throwsAsync(resolve('b.example')), t.throwsAsync(resolve('b.example'))]);
  fails = false;
  t.deepEqual(await resolve('b.example'), [ADDRESS]);
});
