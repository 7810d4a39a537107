import test from 'ava';
import { Shares } from '../../src/http/shares.ts';
import { FakeClock } from '../helpers/runtime.ts';

const OWN = 2;
const PAUSE = 50;
const RECENT = 1_000;
/** So many at once are no reason to wait. */
const BURST = 4 * OWN;
/** Which is more than twice as much as another one asks for. */
const MUCH = 2 * OWN + 1;

function shares({ isBusy = (): boolean => true } = {}) {
  const clock = new FakeClock();
  const all = new Shares({ own: OWN, recent: RECENT, turn: 25, pause: PAUSE, isBusy, clock });
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

/** It has had so many open for long, which wait for something else than the hub. */
async function hasHad(much: number, tenant: string, { ask, clock }: ReturnType<typeof shares>) {
  const open = ask(tenant, much);
  for (let turns = 0; turns < 5 * RECENT; turns += PAUSE) {
    clock.advance(PAUSE);
    await drained();
  }
  return open;
}

test('a few at once of whoever asks for little are worked at, and more follow in line', async (t) => {
  const { ask } = shares();
  const other = ask('b', 1);
  const entered = ask('a', BURST + 2);
  await drained();
  t.is(other.length, 1);
  t.is(entered.length, BURST);
  entered[0]?.end();
  entered[0]?.end();
  await drained();
  t.is(entered.at(-1)?.number, BURST, 'ended twice, it gives its place once');
  t.is(entered.length, BURST + 1);
});

test('so many are worked at of a tenant that has had more open of late than another one', async (t) => {
  const room = shares();
  await hasHad(OWN, 'b', room);
  t.is((await hasHad(2 * OWN, 'a', room)).length, 2 * OWN);
  const entered = room.ask('a', OWN + 1);
  await drained();
  t.is(entered.length, OWN);
});

test('whoever has had many more open than another one gets what time is left, and one now and then', async (t) => {
  let isBusy = true;
  const room = shares({ isBusy: () => isBusy });
  const { ask, clock } = room;
  await hasHad(1, 'b', room);
  const many = await hasHad(2 * MUCH, 'a', room);
  t.is(many.length, 2 * MUCH);
  const more = ask('a', 10);
  await drained();
  t.is(more.length, 1, 'no place is taken, but the hub is busy');
  const other = ask('b', 1);
  await drained();
  t.is(other.length, 1, 'no reason for the others to wait');
  clock.advance(PAUSE);
  await drained();
  t.is(more.length, 2, 'one for all that');
  clock.advance(PAUSE - 1);
  await drained();
  t.is(more.length, 2, 'its turn is over, but not the pause');
  clock.advance(10);
  await drained();
  t.is(more.length, 3);
  isBusy = false;
  clock.advance(10);
  await drained();
  t.is(more.length, 2 + OWN, 'not all that waits at once, of which the others would feel it');
  more.at(-1)?.end();
  await drained();
  t.is(more.length, 3 + OWN);
});

test('a moment in which the other one has nothing open does not make a tenant one that asks for much', async (t) => {
  const room = shares();
  for (const { end } of await hasHad(1, 'b', room)) end();
  const entered = room.ask('a', MUCH);
  await drained();
  t.is(entered.length, MUCH);
});

test('a request that waits for something else than the hub gives its place to the next one', async (t) => {
  const { ask, clock } = shares();
  ask('b', 1);
  const entered = ask('a', 2 * BURST);
  await drained();
  t.is(entered.length, BURST);
  clock.advance(25);
  await drained();
  t.is(entered.length, 2 * BURST);
  for (const { end } of entered) end();
  clock.advance(25);
  await drained();
  const later = ask('a', 2 * BURST);
  await drained();
  t.is(later.length, BURST, 'those that end after their turn give nothing twice');
});

test('a line that is too long takes no more', async (t) => {
  const { all, ask } = shares();
  ask('b', 1);
  ask('a', BURST + 1_000);
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

/** So many are asked for at once and refused; `count`: of how many that is told. */
async function refuse(times: number, tenant: string, { all }: ReturnType<typeof shares>, how: Parameters<typeof all.refuse>[1] = {}) {
  const told = { count: 0 };
  for (let number = 0; number < times; number++) {
    void all.enter(tenant).then(async (end) => {
      await all.refuse(tenant, how);
      told.count++;
      end();
    });
  }
  for (let turns = 0; turns < times; turns++) await drained();
  return told;
}

test('whoever asks for what is refused, many at a time, is told so no more often than another one is answered', async (t) => {
  const room = shares();
  room.ask('b', 1);
  const told = await refuse(100, 'a', room);
  t.true(told.count >= 20 && told.count < 30, `${told.count} at once`);
  for (let ms = 0; ms < 1_000; ms += 10) {
    room.clock.advance(10);
    await drained();
  }
  t.true(told.count >= 30 && told.count < 60, `${told.count} a second later`);
  for (let ms = 0; ms < 10_000; ms += 10) {
    room.clock.advance(10);
    await drained();
  }
  t.is(told.count, 100);
});

test('a refusal after which much has to be let go by is told no more often in any case, and at once to whoever is alone or has few', async (t) => {
  const isCostly = true;
  const calm = shares({ isBusy: () => false });
  calm.ask('b', 1);
  for (let number = 0; number < 15; number++) {
    const end = await calm.all.enter('a');
    await calm.all.refuse('a', { isCostly });
    end();
  }
  const told = await refuse(100, 'a', calm, { isCostly });
  t.true(told.count < 10, `${told.count} at once`);
  for (let ms = 0; ms < 1_000; ms += 10) {
    calm.clock.advance(10);
    await drained();
  }
  t.true(told.count >= 15 && told.count < 30, `${told.count} a second later`);
  t.is((await refuse(100, 'a', shares(), { isCostly })).count, 100);
});

test('refusals of one at a time, of whoever is alone, and while there is time for all, are told at once', async (t) => {
  t.is((await refuse(100, 'a', shares())).count, 100);
  const calm = shares({ isBusy: () => false });
  calm.ask('b', 1);
  t.is((await refuse(100, 'a', calm)).count, 100);
  const room = shares();
  room.ask('b', 1);
  for (let number = 0; number < 100; number++) {
    const end = await room.all.enter('a');
    await room.all.refuse('a');
    end();
  }
});
