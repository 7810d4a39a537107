import test from 'ava';
import { Shares } from '../../src/http/shares.ts';
import { FakeClock } from '../helpers/runtime.ts';

const ALL = 4;
const OWN = 2;

function shares({ isBusy = (): boolean => true } = {}) {
  const clock = new FakeClock();
  const all = new Shares({ all: ALL, own: OWN, recent: 1_000, turn: 25, isBusy, clock });
  /** Asks so often for `tenant`; `entered` fills as their turns come. */
  const ask = (tenant: string, times: number) => {
    const entered: { number: number; end(): void }[] = [];
    for (let number = 0; number < times; number++) void all.enter(tenant).then((end) => entered.push({ number, end }));
    return entered;
  };
  return { all, clock, ask };
}

const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

test('who is alone waits for nobody', async (t) => {
  const entered = shares().ask('a', 100);
  await drained();
  t.is(entered.length, 100);
});

test('while there is time for all nobody waits', async (t) => {
  const { ask } = shares({ isBusy: () => false });
  ask('b', 1);
  const entered = ask('a', 100);
  await drained();
  t.is(entered.length, 100);
});

test('while another tenant asks, so many are worked at in all, and the others follow in line', async (t) => {
  const { ask } = shares();
  const other = ask('b', 1);
  const entered = ask('a', 10);
  await drained();
  t.is(other.length, 1);
  t.is(entered.length, ALL - 1);
  entered[0]?.end();
  entered[0]?.end();
  await drained();
  t.deepEqual(
    entered.map(({ number }) => number),
    [0, 1, 2, 3],
    'ended twice, it gives its place once',
  );
  for (let at = 1; at < 10; at++) {
    entered[at]?.end();
    await drained();
  }
  t.is(entered.length, 10);
});

test('whoever asks much has no more of it than the others that wait', async (t) => {
  const { ask } = shares();
  const first = ask('b', 1);
  const many = ask('a', 100);
  await drained();
  const second = ask('b', 1);
  await drained();
  t.is(second.length, 1, 'its own place, although none is free');
  const third = ask('b', 1);
  for (let ended = 0; ended < 10; ended++) {
    many[ended]?.end();
    await drained();
  }
  t.is(many.length, 10 + ALL / 2);
  t.is(third.length, 0);
  first[0]?.end();
  await drained();
  t.is(third.length, 1, 'before the 88 that came first');
});

test('a request that waits for something else than the hub gives its place to the next one', async (t) => {
  const { ask, clock } = shares();
  ask('b', 1);
  const entered = ask('a', 10);
  await drained();
  clock.advance(25);
  await drained();
  t.is(entered.length, 2 * ALL - 1);
  for (const { end } of entered) end();
  await drained();
  t.is(entered.length, 10, 'those that end after their turn give nothing twice');
  clock.advance(25);
  await drained();
  const later = ask('a', 10);
  await drained();
  t.is(later.length, ALL);
});

test('a line that is too long takes no more', async (t) => {
  const { all, ask } = shares();
  ask('b', 1);
  ask('a', 1_003);
  await drained();
  await t.throwsAsync(all.enter('a'), { code: 'rate-limited' });
});

test('who has not asked for a while is no reason to wait', async (t) => {
  const { ask, clock } = shares();
  const [other] = [ask('b', 1)];
  await drained();
  other[0]?.end();
  clock.advance(1_000);
  const entered = ask('a', 10);
  await drained();
  t.is(entered.length, 10);
});
