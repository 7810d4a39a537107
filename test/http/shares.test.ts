import test from 'ava';
import { Shares } from '../../src/http/shares.ts';
import { FakeClock } from '../helpers/runtime.ts';

const EACH = 4;

function shares() {
  const clock = new FakeClock();
  const all = new Shares({ each: EACH, recent: 1_000, turn: 25, clock });
  /** Asks so often for `tenant`; `entered` fills as their turns come. */
  const ask = (tenant: string, times: number) => {
    const entered: { number: number; end(): void }[] = [];
    for (let number = 0; number < times; number++) void all.enter(tenant).then((end) => entered.push({ number, end }));
    return entered;
  };
  return { clock, ask };
}

const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

test('who is alone waits for nobody', async (t) => {
  const entered = shares().ask('a', 100);
  await drained();
  t.is(entered.length, 100);
});

test('while another tenant asks, of each only so many are worked at, and the others follow in line', async (t) => {
  const { ask } = shares();
  const other = ask('b', 1);
  const entered = ask('a', 10);
  await drained();
  t.is(other.length, 1);
  t.is(entered.length, EACH);
  const [first, second] = entered;
  first?.end();
  first?.end();
  await drained();
  t.deepEqual(
    entered.map(({ number }) => number),
    [0, 1, 2, 3, 4],
    'ended twice, it gives its place once',
  );
  second?.end();
  await drained();
  t.is(entered.length, 6);
  for (let at = 2; at < 10; at++) {
    entered[at]?.end();
    await drained();
  }
  t.is(entered.length, 10);
});

test('a request that waits for something else than the hub gives its place to the next one', async (t) => {
  const { ask, clock } = shares();
  ask('b', 1);
  const entered = ask('a', 10);
  await drained();
  clock.advance(25);
  await drained();
  t.is(entered.length, 8);
  for (const { end } of entered) end();
  await drained();
  t.is(entered.length, 10, 'those that end after their turn give nothing twice');
  clock.advance(25);
  await drained();
  const later = ask('a', 10);
  await drained();
  t.is(later.length, EACH);
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
