import test from 'ava';
import { Watch } from '../../../src/sessions/engines/wppconnect/watch.ts';
import type { Look } from '../../../src/sessions/engines/wppconnect/wire/map-event.ts';
import { FakeClock } from '../../helpers/runtime.ts';

const unlinked: Look = { registered: false, authenticated: false, mainReady: true, listening: true, socket: 'UNPAIRED', account: null };
const open: Look = {
  registered: true,
  authenticated: true,
  mainReady: true,
  listening: true,
  socket: 'CONNECTED',
  account: { phone: '55119', pushName: null, lid: null },
};

/** A watch over a page that shows what the test says. */
function watchOver() {
  const clock = new FakeClock();
  const said: string[] = [];
  const page: { shows: Look | null; mayTakeBack: boolean } = { shows: unlinked, mayTakeBack: false };
  const watch = new Watch({
    clock,
    host: {
      qr: (code, validFor) => said.push(`qr ${code} ${validFor}`),
      pairingCode: (code, phone) => said.push(`pairing code ${code} for ${phone}`),
      passkey: ({ challenge }) => said.push(`passkey for ${challenge}`),
      passkeyCode: (code) => said.push(`passkey code ${code}`),
      scanned: () => said.push('scanned'),
      opened: ({ phone }) => said.push(`opened ${phone}`),
      account: ({ kind, newChatsUntil }) => said.push(`account ${kind} ${newChatsUntil}`),
    },
    look: async () => page.shows ?? Promise.reject(new Error('the page is loading')),
    end: (reason) => {
      said.push(`end ${reason}`);
      watch.stop();
    },
    takeBack: () => {
      said.push('take back');
      return page.mayTakeBack;
    },
    interrupted: () => said.push('interrupted'),
    resumed: () => said.push('resumed'),
  });
  /** Lets `seconds` pass, with whatever falls due in them. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  watch.lookSoon();
  return { watch, said, page, pass, clock };
}

test('a code, a scan, a login are told in order and once', async (t) => {
  const { watch, said, page, pass } = watchOver();
  await pass(1);
  watch.code('a');
  watch.code('b');
  page.shows = { ...unlinked, socket: 'PAIRING' };
  await pass(3);
  page.shows = open;
  await pass(20);
  t.deepEqual(said, ['qr a 60000', 'qr b 20000', 'scanned', 'opened 55119']);
});

test('a login that looks unlinked for a moment goes on', async (t) => {
  const { watch, said, page, pass } = watchOver();
  page.shows = open;
  await pass(2);
  page.shows = unlinked;
  watch.lookSoon();
  watch.lookSoon();
  await pass(1);
  page.shows = open;
  await pass(20);
  t.deepEqual(said, ['opened 55119']);
});

test('a login that stays unlinked has ended', async (t) => {
  const { said, page, pass } = watchOver();
  page.shows = open;
  await pass(2);
  page.shows = unlinked;
  await pass(10);
  t.deepEqual(said, ['opened 55119', 'end logged-out']);
});

test('a code that shows after a login is not offered to be scanned', async (t) => {
  const { watch, said, page, pass } = watchOver();
  page.shows = open;
  await pass(2);
  watch.code('a');
  t.deepEqual(said, ['opened 55119']);
});

test('a reload is told when it begins, and when the page listens again', async (t) => {
  const { watch, said, page, pass } = watchOver();
  page.shows = open;
  await pass(12);
  page.shows = null;
  watch.pageLoaded();
  await pass(3);
  page.shows = open;
  await pass(6);
  t.deepEqual(said, ['opened 55119', 'interrupted', 'resumed']);
});

test('a login that another WhatsApp Web has is taken back where that is wished for, and given a moment; else it has ended', async (t) => {
  const { said, page, pass } = watchOver();
  page.shows = open;
  await pass(2);
  page.mayTakeBack = true;
  page.shows = { ...open, socket: 'CONFLICT' };
  await pass(8);
  t.deepEqual(said, ['opened 55119', 'take back']);
  page.shows = open;
  await pass(6);
  page.mayTakeBack = false;
  page.shows = { ...open, socket: 'CONFLICT' };
  await pass(6);
  t.deepEqual(said, ['opened 55119', 'take back', 'take back', 'end conflict']);
});

test('once stopped it says nothing and waits for nothing', async (t) => {
  const { watch, said, page, pass, clock } = watchOver();
  await pass(1);
  watch.stop();
  page.shows = open;
  watch.code('a');
  watch.lookSoon();
  await pass(5);
  t.deepEqual(said, []);
  t.is(clock.pending, 0);
});

test('what WhatsApp Web does behind its question for a passkey is not told, until the question is gone', async (t) => {
  const { watch, said, page, pass } = watchOver();
  const asks = (challenge: string) => watch.passkey({ challenge }, 600_000);
  await pass(1);
  watch.code('a');
  t.true(watch.mayPass);
  t.true(asks('first'));
  t.false(watch.mayPass);
  page.shows = { ...unlinked, socket: 'PAIRING' };
  watch.code('behind');
  watch.gate({ showsQr: false, code: 'HELLO' });
  await pass(3);
  t.deepEqual(said.splice(0), ['qr a 60000', 'passkey for first'], 'nobody has signed, so that no code can be compared');

  page.shows = unlinked;
  watch.gate({ showsQr: true, code: null });
  t.deepEqual(said.splice(0), ['qr behind 20000']);
  asks('withdrawn');
  watch.withdrawn();
  t.true(watch.mayPass, 'it asks once more when Continue is pressed again');
  asks('second');
  watch.gate({ showsQr: true, code: null });
  watch.answered();
  watch.withdrawn();
  t.false(watch.mayPass, 'a code is compared by a person');
  for (const code of ['K7RWQ', 'K7RWQ', null, 'B2C3D']) watch.gate({ showsQr: false, code });
  t.deepEqual(
    said.splice(0),
    ['passkey for withdrawn', 'passkey for second', 'passkey code K7RWQ', 'passkey code B2C3D'],
    'the QR code is the one that was scanned',
  );
  watch.pageLoaded();
  watch.code('of the new page');
  asks('third');
  watch.answered();
  page.shows = open;
  await pass(3);
  t.deepEqual(said, ['qr of the new page 20000', 'passkey for third', 'opened 55119']);
  t.false(asks('fourth'), 'who is linked is asked for something else');
});

test('what the account is and may do is told once it is open, and whenever it is another', async (t) => {
  const { watch, said, page, pass } = watchOver();
  const lookAt = (newChatsUntil: number | null): Look => ({ ...open, facts: { kind: 'business', newChatsUntil } });
  page.shows = { ...lookAt(null), socket: 'OPENING' };
  await pass(2);
  t.deepEqual(said, []);
  page.shows = lookAt(5_000);
  await pass(20);
  t.is(watch.newChatsUntil, 5_000);
  page.shows = lookAt(null);
  await pass(20);
  t.deepEqual(said, ['opened 55119', 'account business 5000', 'account business null']);
});
