import test from 'ava';
import { isPattern } from '../../src/core/event-patterns.ts';
import type { SessionId } from '../../src/core/ids.ts';
import { matches, passes, whereaboutsOf } from '../../src/webhooks/endpoints/filter.ts';

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

/** Ana's two names belong together. */
const namesOf = async (address: string) => (address.startsWith('551') ? [address, '77@lid'] : [address]);
const told = (data: object) => whereaboutsOf({ json: JSON.stringify(data) }, namesOf);
const ana = { id: '77@lid', lid: '77@lid', phone: '5511', name: 'Ana', username: 'ana' };

test('an event says in which chat and by whom it happened, by every name', async (t) => {
  const both = await told({ chat: { id: '5511@c.us', kind: 'private' }, from: ana });
  t.is(both.kind, 'private');
  for (const names of [both.chat, both.sender]) {
    for (const name of ['77@lid', '5511@c.us', 'ana@username']) t.true(names?.includes(name), name);
  }
  const group = await told({ chat: { id: '1@g.us', kind: 'group' }, from: { ...ana, id: '1@g.us', lid: null, phone: null }, author: ana });
  t.deepEqual(group.chat, ['1@g.us']);
  t.false(group.sender?.includes('1@g.us'));
  t.true(group.sender?.includes('5511@c.us'));
  t.deepEqual(await told({ chat: { id: '5511@c.us', kind: 'private' }, from: null }), {
    ...{ kind: 'private', chat: ['5511@c.us', '77@lid'], sender: null },
  });
  const nothing = { kind: null, chat: null, sender: null };
  for (const data of [{}, { chat: null }, { chat: 'a flow may announce anything', from: 7 }]) t.deepEqual(await told(data), nothing);
});

test('each condition keeps out what says otherwise, and nothing that does not say', async (t) => {
  const private_ = await told({ chat: { id: '5511@c.us', kind: 'private' }, from: ana });
  const status = await told({ status: 'connected' });
  for (const filter of [{}, { chatKinds: ['private' as const] }, { chats: ['77@lid'] }, { senders: ['x@c.us', '5511@c.us'] }]) {
    t.true(passes(filter, private_), JSON.stringify(filter));
    t.true(passes(filter, status));
  }
  const out = [{ chatKinds: ['group' as const] }, { chats: ['1@g.us'] }, { senders: ['x@c.us'] }];
  for (const filter of out) {
    t.false(passes(filter, private_), JSON.stringify(filter));
    t.true(passes(filter, status), JSON.stringify(filter));
  }
  t.false(passes({ chatKinds: ['private'], senders: ['x@c.us'] }, private_), 'all of them hold together');
});
