import test from 'ava';
import { Offers } from '../../../src/sessions/engines/wppconnect/offers.ts';
import { FakeClock, memoryLogger } from '../../helpers/runtime.ts';

/** A hub that stores what it is offered once `refusals` is used up. */
function hub() {
  const clock = new FakeClock();
  const stored: string[] = [];
  const state = { refusals: 0 };
  const offers = new Offers(clock, memoryLogger());
  const offer = (what: string) =>
    offers.add(async () => {
      if (state.refusals-- > 0) throw new Error('the disk is full');
      stored.push(what);
    });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { clock, stored, state, offers, offer, settle };
}

test('what is refused is offered again, and nothing overtakes it', async (t) => {
  const { clock, stored, state, offer, settle } = hub();
  state.refusals = 2;
  offer('first');
  offer('second');
  await settle();
  t.deepEqual(stored, []);
  clock.advance(500);
  await settle();
  t.deepEqual(stored, [], 'the second pause is longer');
  clock.advance(1_000);
  await settle();
  t.deepEqual(stored, ['first', 'second']);
});

test('closing offers what waits once more and does not wait for a pause', async (t) => {
  const { stored, state, offers, offer, settle } = hub();
  state.refusals = 2;
  offer('lost');
  offer('kept');
  await settle();
  await offers.close();
  t.deepEqual(stored, ['kept']);
});
