import test from 'ava';
import { isPattern } from '../../src/core/event-patterns.ts';
import type { SessionId } from '../../src/core/ids.ts';
import { matches } from '../../src/webhooks/endpoints/filter.ts';

const event = { type: 'message.received', sessionId: 'ses_1' as SessionId, sessionName: 'shop' } as const;

test('an event passes by star, by its type, and by a prefix', (t) => {
  for (const events of [['*'], ['message.received'], ['message.*'], ['session.qr', 'message.*']]) {
    t.true(matches({ events, sessions: [] }, event), String(events));
  }
  for (const events of [[], ['message.sent'], ['session.*'], ['message'], ['mess*'], ['message.received.*']]) {
    t.false(matches({ events, sessions: [] }, event), String(events));
  }
});

test('an event passes by the id or the name of its session', (t) => {
  t.true(matches({ events: ['*'], sessions: ['ses_1'] }, event));
  t.true(matches({ events: ['*'], sessions: ['bar', 'shop'] }, event));
  t.false(matches({ events: ['*'], sessions: ['bar'] }, event));
});

test('what has no session passes whichever sessions are listed', (t) => {
  t.true(matches({ events: ['*'], sessions: ['bar'] }, { type: 'webhook.disabled', sessionId: null, sessionName: null }));
});

test('a pattern that can match nothing is none', (t) => {
  for (const pattern of ['*', 'message.received', 'session.*', 'custom.*', 'custom.order.paid']) t.true(isPattern(pattern), pattern);
  for (const pattern of ['', 'message', 'message.recieved', '*.*', 'msg.*', 'custom.', '.*']) t.false(isPattern(pattern), pattern);
});
