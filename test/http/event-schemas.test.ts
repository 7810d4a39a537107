import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EVENTS_PAGE, eventsPage } from '../../docs/generate.ts';
import { EVENT_TYPES } from '../../src/core/events.ts';
import { CUSTOM, EVENTS } from '../../src/http/shapes/event-data.ts';
import { DOCUMENTED_EVENTS, Envelope } from '../../src/http/shapes/events.ts';
import { linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startHub as startWebhooks } from '../webhooks/hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: an event as it came
type Event = any;

/** Nothing is missing, nothing is wrong, and nothing is there that is not documented. */
function isAsDocumented(t: ExecutionContext, event: Event): void {
  const { data } = EVENTS[event.type as keyof typeof EVENTS] ?? CUSTOM;
  t.deepEqual(data.parse(event.data), event.data, event.type);
  t.notThrows(() => Envelope.parse(event), event.type);
}

test('each type has an example that its own schema takes, whole', (t) => {
  t.deepEqual(new Set(Object.keys(EVENTS)), new Set<string>(EVENT_TYPES));
  for (const { example } of DOCUMENTED_EVENTS) isAsDocumented(t, example);
});

test('docs/events.md is what node docs/generate.ts writes', async (t) => {
  t.is(await readFile(EVENTS_PAGE, 'utf8'), eventsPage());
});

test('a schema refuses what is not its event', (t) => {
  for (const [type, data] of [
    ['message.received', { text: 'hello' }],
    ['message.received', { ...(EVENTS['message.received'].example as object), chat: null }],
    ['session.status', { from: 'qr', to: 'linked', reason: null }],
    ['no.such', {}],
  ] as const) {
    const [event] = DOCUMENTED_EVENTS;
    t.throws(() => Envelope.parse({ ...event?.example, type, data }), undefined, type);
  }
});

test('what the webhook tests send is what the hub would send', async (t) => {
  const { hub, tenantId, session } = await startWebhooks(t, 'sqlite');
  await hub.receive(tenantId, session, 'hello');
  const rows = await hub.db.sql('events');
  for (const { type, data } of rows) t.deepEqual(EVENTS[type as 'message.received'].data.parse(JSON.parse(data)), JSON.parse(data));
  t.is(rows.length, 1);
});

test('every event of a whole scenario, as a webhook gets it, is as documented', async (t) => {
  t.timeout(120_000);
  const hub = await startHub({ env: { HOOKLINE_SENDS_TIMEOUT_SECONDS: '5' } });
  const receiver = await startReceiver();
  const gone = await startReceiver(() => 410);
  t.teardown(async () => {
    await hub.dispose();
    await Promise.all([receiver.close(), gone.close()]);
  });
  const { call } = await hub.tenant();
  const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url });
  const came = (type: string, matches: (data: Event) => boolean = () => true) =>
    until(() => receiver.requests.find(({ json }) => json.type === type && matches(json.data))?.json, {
      what: () => `${type}; there came ${receiver.requests.map(({ json }) => json.type)}`,
    });
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions', { name: 'by-code', engine: 'sandbox' });
  t.is((await call('POST', '/api/sessions/by-code/pairing-code', { phone: '5511900000001' })).status, 200);
  await call('POST', '/api/sessions/by-code/sandbox/faults', { passkey: { askNext: 1, code: 'K7RWQ' } });
  await call('POST', '/api/sessions/by-code/sandbox/scan');
  await call('POST', '/api/sessions/by-code/passkey', { credential: null });
  await came('session.passkey', ({ state }) => state === 'refused');
  const shop = '/api/sessions/shop';
  const send = async (more: object = {}): Promise<string> =>
    (await call('POST', `${shop}/messages`, { to: '5511988887777', type: 'text', text: 'hello', reference: 'r', ...more })).json.id;

  const flow = 'flow: hi\nversion: 1\nstart:\n  - says: [hi]\n  - api: true\nsteps:\n  - say: Hello!\n  - end\n';
  t.is((await call('PUT', '/api/flows/hi', flow, { 'content-type': 'application/yaml' })).status, 200);
  const chat = '5511988887777';
  await call('POST', `${shop}/sandbox/receive`, { from: chat, text: 'hi' });
  await call('POST', `${shop}/sandbox/receive`, { from: chat, chat: '120363041234567890@g.us', text: 'in a group' });
  await call('POST', `${shop}/sandbox/receive`, {
    from: chat,
    type: 'image',
    media: { base64: 'aGk=', mimetype: 'image/png', filename: 'a.png' },
  });
  await call('POST', `${shop}/sandbox/receive`, { from: chat, text: 'mine', fromMe: true });
  await came('flow.ended');
  await call('POST', '/api/flows/hi/start', { session: 'shop', chat: '5511977776666' });
  await came('flow.requested');
  const queue = 'flow: busy\nversion: 1\nmode: queue\nstart:\n  - says: [busy]\nsteps:\n  - wait: 1h\n';
  t.is((await call('PUT', '/api/flows/busy', queue, { 'content-type': 'application/yaml' })).status, 200);
  await call('POST', `${shop}/sandbox/receive`, { from: '5511966665555', text: 'busy' });
  await came('flow.started', (data) => data.flow === 'busy');
  t.is((await call('POST', '/api/flows/hi/start', { session: 'shop', chat: '5511966665555' })).status, 202);
  await call('POST', `${shop}/chats/5511966665555/handoff`);
  await came('flow.refused');
  t.is((await call('POST', `${shop}/chats/${chat}/handoff`)).status, 200);
  t.is((await call('POST', `${shop}/chats/${chat}/resume`)).status, 200);
  t.is((await call('PUT', `${shop}/chats/${chat}/opt-out`)).status, 200);
  t.is((await call('DELETE', `${shop}/chats/${chat}/opt-out`)).status, 200);
  const sent = await send({ typing: 10 });
  await came('message.sent', ({ id }) => id === sent);
  for (const ack of ['delivered', 'read', 'played']) await call('POST', `${shop}/sandbox/ack`, { messageId: sent, ack });
  const happens = (what: object) => call('POST', `${shop}/sandbox/happens`, { from: chat, ...what });
  await happens({ kind: 'reaction', messageId: sent, emoji: '👍' });
  await call('POST', `${shop}/sandbox/receive`, { from: chat, text: 'before', engineId: 'THEIRS' });
  await happens({ kind: 'edited', messageId: 'THEIRS', text: 'after' });
  await happens({ kind: 'revoked', messageId: 'THEIRS' });
  const poll = await send({ type: 'poll', question: 'Which?', options: ['a', 'b'], text: undefined });
  await came('message.sent', ({ id }) => id === poll);
  await happens({ kind: 'poll-vote', messageId: poll, options: ['a'] });
  await happens({ kind: 'presence', state: 'typing' });
  await happens({ kind: 'participants', chat: '120363041234567890@g.us', action: 'join', participants: ['5521977776666'] });
  await happens({ kind: 'call', video: true });
  await came('call.incoming');
  const failed = await send();
  await came('message.sent', ({ id }) => id === failed);
  await call('POST', `${shop}/sandbox/ack`, { messageId: failed, ack: 'failed' });
  const later = await send({ sendAt: new Date(Date.now() + 600_000).toISOString() });
  await call('DELETE', `/api/messages/${later}`);
  await call('POST', `${shop}/sandbox/faults`, { send: { hang: true } });
  const hanging = await send();
  await came('message.unknown', ({ id }) => id === hanging);
  await call('POST', `${shop}/disconnect`);
  const late = await send({ expiresAt: new Date(Date.now() + 1_000).toISOString() });
  await came('message.expired', ({ id }) => id === late);
  await call('POST', '/api/webhooks', { url: gone.url, events: ['session.*'] });
  const tokens = join(hub.directory, 'tokens');
  const profiles = (await readdir(tokens, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of profiles) await appendFile(join(tokens, name, 'inbox.jsonl'), 'no message\n');
  await call('POST', `${shop}/connect`);
  await came('webhook.disabled');
  await came('quarantine.added');
  await call('POST', `${shop}/sandbox/happens`, { kind: 'dialog', text: 'New terms' });
  await came('session.attention', ({ reason }) => reason === 'dialog');
  await call('POST', `/api/webhooks/${endpoint.id}/test`);
  await came('webhook.test');
  await call('DELETE', shop);
  await came('session.status', ({ reason }) => reason === 'deleted');

  for (const { json } of receiver.requests) isAsDocumented(t, json);
  const seen = new Set(receiver.requests.map(({ json }) => json.type));
  // Those need a browser that hangs, a flow that the checks before it would not have let in, and a day (see lane-pacing.test.ts).
  const rare = new Set<string>(['session.stale', 'flow.failed', 'message.undelivered']);
  const soon = (type: string) => /^media\./.test(type);
  t.deepEqual(
    [...EVENT_TYPES].filter((type) => !seen.has(type) && !rare.has(type) && !soon(type)),
    [],
  );
});
