import test from 'ava';
import { Shares } from '../../src/http/shares.ts';
import { FakeClock } from '../helpers/runtime.ts';

const OWN = 2;
const PAUSE = 50;
/** Which is more than twice as much as another one asks for. */
const MUCH = 2 * OWN + 1;

function shares({ isBusy = (): boolean => true } = {}) {
  const clock = new FakeClock();
  const all = new Shares({ own: OWN, recent: 1_000, turn: 25, pause: PAUSE, isBusy, clock });
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

test('while another tenant asks, so many of each are worked at, and the others follow in line', async (t) => {
  const { ask } = shares();
  const other = ask('b', 1);
  const entered = ask('a', 4);
  await drained();
  t.is(other.length, 1);
  t.is(entered.length, OWN);
  entered[0]?.end();
  entered[0]?.end();
  await drained();
  t.deepEqual(
    entered.map(({ number }) => number),
    [0, 1, 2],
    'ended twice, it gives its place once',
  );
});

test('whoever asks for much more than another one gets what time is left, and one now and then', async (t) => {
  let isBusy = true;
  const { ask, clock } = shares({ isBusy: () => isBusy });
  ask('b', 1);
  const many = ask('a', 100);
  await drained();
  for (const { end } of many.splice(0)) end();
  await drained();
  t.is(many.length, 0, 'its places are free, but the hub is busy');
  const other = ask('b', 1);
  await drained();
  t.is(other.length, 1, 'no reason for the others to wait');
  clock.advance(PAUSE);
  await drained();
  t.is(many.length, 1, 'one for all that');
  clock.advance(PAUSE - 1);
  await drained();
  t.is(many.length, 1, 'its turn is over, but not the pause');
  clock.advance(10);
  await drained();
  t.is(many.length, 2);
  isBusy = false;
  clock.advance(10);
  await drained();
  t.is(many.length, 98);
});

test('what one tenant has open while it waits for something else is told from what it has not asked', async (t) => {
  const { ask, clock } = shares();
  const slow = ask('b', MUCH);
  await drained();
  for (let turns = 0; turns < MUCH; turns++) {
    clock.advance(PAUSE);
    await drained();
  }
  t.is(slow.length, MUCH);
  const entered = ask('a', MUCH);
  await drained();
  t.is(entered.length, OWN, 'it asks for no more than the other one');
});

test('a request that waits for something else than the hub gives its place to the next one', async (t) => {
  const { ask, clock } = shares();
  ask('b', 1);
  const entered = ask('a', 4);
  await drained();
  clock.advance(25);
  await drained();
  t.is(entered.length, 4);
  for (const { end } of entered) end();
  clock.advance(25);
  await drained();
  const later = ask('a', 4);
  await drained();
  t.is(later.length, OWN, 'those that end after their turn give nothing twice');
});

test('a line that is too long takes no more', async (t) => {
  const { all, ask } = shares();
  ask('b', 1);
  ask('a', 1_002);
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
