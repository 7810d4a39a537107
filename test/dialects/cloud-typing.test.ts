import test from 'ava';
import type { LedgerEvent } from '../../src/core/events.ts';
import type { SessionRef } from '../../src/core/session.ts';
import { TypingIndicators } from '../../src/dialects/cloud/typing.ts';
import { FakeClock } from '../helpers/runtime.ts';

const SHOP = { id: 'ses_1', tenantId: 'tnt_1', name: 'shop' } as unknown as SessionRef;
const [ANA, BO] = ['5511988887777@c.us', '5511988886666@c.us'];

function world() {
  const clock = new FakeClock();
  const seen: string[] = [];
  const listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  const typing = new TypingIndicators({
    clock,
    chats: {
      async typing(_session, chat, on) {
        seen.push(`${chat === ANA ? 'Ana' : 'Bo'} ${on ? 'on' : 'off'}`);
      },
    },
    ledger: {
      onAppend(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  });
  const happens = (event: object) => {
    for (const listener of listeners) listener([{ sessionId: SHOP.id, ...event } as LedgerEvent]);
  };
  return { clock, seen, listeners, typing, happens };
}

test('it is shown for 25 s, from the last time that it was asked for', async (t) => {
  const { clock, seen, listeners, typing } = world();
  await typing.show(SHOP, ANA);
  clock.advance(20_000);
  await typing.show(SHOP, ANA);
  clock.advance(24_999);
  t.deepEqual(seen, ['Ana on', 'Ana on']);
  clock.advance(1);
  t.deepEqual(seen, ['Ana on', 'Ana on', 'Ana off']);
  t.is(listeners.size, 0);
});

test('it ends with a message of the session to the chat, and with no other', async (t) => {
  const { clock, seen, listeners, typing, happens } = world();
  await typing.show(SHOP, ANA);
  await typing.show(SHOP, BO);
  happens({ type: 'message.delivered', json: JSON.stringify({ chat: { id: ANA } }) });
  happens({ type: 'message.sent', json: JSON.stringify({ chat: { id: ANA } }), sessionId: 'ses_2' });
  t.deepEqual(seen, ['Ana on', 'Bo on']);
  happens({ type: 'message.sent', json: JSON.stringify({ chat: { id: ANA } }) });
  t.deepEqual(seen, ['Ana on', 'Bo on', 'Ana off']);
  clock.advance(25_000);
  t.deepEqual(seen, ['Ana on', 'Bo on', 'Ana off', 'Bo off']);
  t.is(listeners.size, 0);
});

test('what ended is past: the next one is shown for its own time', async (t) => {
  const { clock, seen, typing, happens } = world();
  await typing.show(SHOP, ANA);
  happens({ type: 'message.sent', json: JSON.stringify({ chat: { id: ANA } }) });
  await typing.show(SHOP, ANA);
  clock.advance(24_999);
  t.deepEqual(seen, ['Ana on', 'Ana off', 'Ana on']);
  t.is(clock.pending, 1);
  clock.advance(1);
  t.deepEqual(seen, ['Ana on', 'Ana off', 'Ana on', 'Ana off']);
});
