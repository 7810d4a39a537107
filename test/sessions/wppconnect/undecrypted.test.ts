import test from 'ava';
import { type InboundMessage, withoutContent } from '../../../src/core/message.ts';
import { Undecrypted } from '../../../src/sessions/engines/wppconnect/wire/undecrypted.ts';
import { FakeClock } from '../../helpers/runtime.ts';

const PATIENCE = 60_000;
const message = (id: string, type: string, timestamp: number): InboundMessage => ({
  engineId: `false_551188@c.us_${id}`,
  fromMe: false,
  ...withoutContent(type),
  chat: { id: '551188@c.us', kind: 'private' },
  from: { id: '551188@c.us', lid: null, phone: '551188', name: null },
  to: '551199@c.us',
  timestamp,
});

function start() {
  const clock = new FakeClock();
  const told: string[] = [];
  const undecrypted = new Undecrypted(clock, PATIENCE, ({ engineId, type }) => told.push(`${engineId.slice(-1)} ${type}`));
  return { clock, told, undecrypted, encrypted: (id: string) => message(id, 'ciphertext', clock.now()) };
}

test('a message that becomes readable in its time is told once, readable', (t) => {
  const { clock, told, undecrypted, encrypted } = start();
  t.is(undecrypted.take(encrypted('A')), null);
  clock.advance(PATIENCE / 2);
  t.like(undecrypted.take(message('A', 'text', clock.now())), { type: 'text' });
  clock.advance(PATIENCE * 2);
  t.deepEqual(told, []);
});

test('one that stays is told after its time, and readable later all the same', (t) => {
  const { clock, told, undecrypted, encrypted } = start();
  t.is(undecrypted.take(encrypted('A')), null);
  t.is(undecrypted.take(encrypted('A')), null, 'heard twice it is waited for once');
  clock.advance(PATIENCE);
  t.deepEqual(told, ['A ciphertext']);
  t.like(undecrypted.take(message('A', 'text', clock.now())), { type: 'text' });
});

test('what was listed is waited for only if it is young', (t) => {
  const { clock, told, undecrypted, encrypted } = start();
  t.is(undecrypted.takeListed(encrypted('A')), null);
  t.like(undecrypted.takeListed(message('B', 'ciphertext', clock.now() - PATIENCE)), { type: 'ciphertext' });
  t.like(undecrypted.takeListed(message('C', 'text', 0)), { type: 'text' });
  undecrypted.stop();
  clock.advance(PATIENCE * 2);
  t.deepEqual(told, [], 'after the end nothing is told');
});

test('what else cannot be shown is told at once', (t) => {
  const { undecrypted } = start();
  for (const type of ['view-once', 'unknown', 'oversized']) t.like(undecrypted.take(message('A', type, 1)), { type });
});
