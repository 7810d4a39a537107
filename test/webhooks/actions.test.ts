import test, { type ExecutionContext } from 'ava';
import type { DialectName } from '../../src/db/dialect.ts';
import { messageStore } from '../../src/messages/message/store.ts';
import { draftOfInbound } from '../../src/messages/sends/draft.ts';
import { laneOf } from '../../src/webhooks/lane-key.ts';
import type { AttemptView } from '../../src/webhooks/owed/delivery.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { type Started, startHub, TestHub, until } from './hub.ts';
import { type Receiver, type Respond, startReceiver } from './receiver.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==';
const CHAT = '5511988887777@c.us';

const answering =
  (answer: unknown, type = 'application/json'): Respond =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': type }).end(typeof answer === 'string' ? answer : JSON.stringify(answer));

/** What the phone was made to show. */
class Phone {
  readonly shown: unknown[] = [];
  seen = async (chat: string): Promise<void> => void this.shown.push(['seen', chat]);
  typing = async (chat: string, on: boolean): Promise<void> => void this.shown.push(['typing', chat, on]);
}

/** One `message.received` of the chat. */
async function receive({ hub, tenantId, session }: Started, data: unknown = { id: 'msg_1', chat: { id: CHAT, kind: 'private' } }) {
  const [event] = await hub.db.write((tx) => hub.ledger.append(tx, [{ tenantId, session, type: 'message.received', data }]));
  await hub.drain();
  return event;
}

const sent = ({ hub }: Started): Promise<{ id: string; chat_id: string; content: string; status: string }[]> =>
  hub.db.sql('messages').orderBy('ordinal');

async function attempts({ hub, tenantId }: Started, endpointId: string): Promise<AttemptView[]> {
  const { data } = await hub.deliveries.list(tenantId, endpointId, { limit: 1 });
  return (await hub.deliveries.get(tenantId, data[0]?.id ?? '')).attempts;
}

async function answered(
  t: ExecutionContext,
  dialect: DialectName,
  how: Respond,
  phone: Phone | null = new Phone(),
): Promise<Started & { receiver: Receiver; endpointId: string; phone: Phone | null }> {
  const started = await startHub(t, dialect);
  started.hub.engine = phone;
  const receiver = await startReceiver(t, how);
  const { id } = await started.hub.endpoints.create(started.tenantId, { url: receiver.url, events: ['message.received'] });
  return { ...started, receiver, endpointId: id, phone };
}

for (const dialect of await stores()) {
  test(`${dialect}: a receiver's answer sends, types and marks as seen in the chat of the event`, async (t) => {
    const actions = [{ typing: 1500 }, { text: 'Thanks!' }, { seen: true }, { text: 'Elsewhere', to: '+55 11 98765-4321' }];
    const started = await answered(t, dialect, answering({ ok: true, actions }));
    await receive(started);
    const messages = await sent(started);
    t.deepEqual(
      messages.map(({ chat_id, content, status }) => [chat_id, JSON.parse(content).text, JSON.parse(content).typing, status]),
      [
        [CHAT, 'Thanks!', 1500, 'queued'],
        ['5511987654321@c.us', 'Elsewhere', undefined, 'queued'],
      ],
    );
    t.deepEqual(started.phone?.shown, [['seen', CHAT]]);
    const [attempt] = await attempts(started, started.endpointId);
    t.deepEqual(attempt?.actions, [
      { index: 0, ok: true },
      { index: 1, ok: true, messageId: messages[0]?.id },
      { index: 2, ok: true },
      { index: 3, ok: true, messageId: messages[1]?.id },
    ] as AttemptView['actions']);
  });

  test(`${dialect}: a redelivery whose answer asks for the same again sends nothing twice`, async (t) => {
    const started = await answered(t, dialect, answering({ actions: [{ text: 'Thanks!' }] }));
    await receive(started);
    const { data } = await started.hub.deliveries.list(started.tenantId, started.endpointId, { limit: 1 });
    await started.hub.deliveries.retry(started.tenantId, data[0]?.id ?? '');
    await started.hub.drain();
    const messages = await sent(started);
    t.is(messages.length, 1);
    const made = await attempts(started, started.endpointId);
    t.is(made.length, 2);
    for (const { actions } of made) t.like(actions, { 0: { ok: true, messageId: messages[0]?.id }, length: 1 });
  });

  test(`${dialect}: it sends a file, reacts to the event's message and takes the chat from the flows, each once`, async (t) => {
    const actions = [
      { typing: 900 },
      { media: { base64: PNG, filename: 'logo.png' }, caption: 'Our logo' },
      { media: { url: 'http://127.0.0.1:9/a.pdf' }, to: '5511987654321' },
      { react: '👍' },
      { handoff: { pauseSeconds: 3_600 } },
    ];
    const started = await answered(t, dialect, answering({ actions }));
    const { hub, tenantId, session } = started;
    const message = draftOfInbound(
      { ...session, tenantId },
      {
        ...{ engineId: `false_${CHAT}_1`, fromMe: false, type: 'text', text: 'hi', to: '1@c.us', timestamp: 0 },
        ...{ chat: { id: CHAT, kind: 'private' }, from: { id: CHAT, lid: null, phone: '5511988887777', name: null } },
      },
      hub.runtime.clock.now(),
    );
    await messageStore(hub.db).transact(tenantId, (messages) => messages.insert(message));
    await receive(started, { id: message.id, chat: { id: CHAT, kind: 'private' } });
    const messages = await sent(started);
    const contents = messages.slice(1).map(({ chat_id, content }) => ({ chat: chat_id, ...JSON.parse(content) }));
    t.like(contents, {
      0: { chat: CHAT, caption: 'Our logo', typing: 900, media: { mimetype: 'image/png', filename: 'logo.png', status: 'ready' } },
      1: { chat: '5511987654321@c.us', media: { filename: 'a.pdf', status: 'pending' } },
      2: { chat: CHAT, emoji: '👍', messageId: message.id },
      length: 3,
    });
    t.deepEqual(
      (await hub.db.sql('messages').orderBy('ordinal')).slice(1).map(({ type }) => type),
      ['image', 'document', 'reaction'],
    );
    const chat = { ...session, tenantId };
    t.like(await hub.handoffs.get(chat, CHAT), { active: true, by: 'webhook' });
    const results = (await attempts(started, started.endpointId))[0]?.actions;
    t.deepEqual(
      results?.map(({ ok }) => ok),
      [true, true, true, true, true],
    );

    await hub.handoffs.end(chat, CHAT);
    const { data } = await hub.deliveries.list(tenantId, started.endpointId, { limit: 1 });
    await hub.deliveries.retry(tenantId, data[0]?.id ?? '');
    await hub.drain();
    t.is((await sent(started)).length, messages.length);
    t.like(await hub.handoffs.get(chat, CHAT), { active: false }, 'somebody resumed since, and the redelivery leaves it so');
    t.deepEqual((await attempts(started, started.endpointId))[1]?.actions, results);
  });

  test(`${dialect}: a crash between the answer and its commit loses no action and doubles none`, async (t) => {
    const database = await testDatabase(dialect);
    const hub = new TestHub(database.db);
    t.teardown(async () => {
      await hub.stop();
      await database.dispose();
    });
    const tenantId = await hub.tenant();
    const started = { hub, tenantId, session: await hub.session(tenantId, 'shop') };
    const receiver = await startReceiver(t, answering({ actions: [{ text: 'Thanks!' }] }));
    const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.received'] });
    hub.ledger.start();
    const event = await receive(started);
    const key = laneOf(endpoint, event as NonNullable<typeof event>);
    const dying = (work: Parameters<Parameters<TestHub['dispatcher']['pump']>[0]['commit']>[0]): Promise<void> =>
      hub.db.write(async (tx) => {
        await work(tx);
        throw new Error('killed');
      });
    await t.throwsAsync(hub.dispatcher.pump({ key, tenantId, commit: dying }), { message: 'killed' });
    t.deepEqual(await sent(started), []);
    await hub.lanes.start();
    await hub.drain();
    t.deepEqual(receiver.ids(), [event?.id, event?.id]);
    t.is((await sent(started)).length, 1);
    t.like(await attempts(started, endpoint.id), { 0: { actions: { 0: { ok: true } } }, length: 1 });
  });

  test(`${dialect}: two endpoints that answer one event are both heard`, async (t) => {
    const started = await answered(t, dialect, answering({ actions: [{ text: 'one' }] }));
    const other = await startReceiver(t, answering({ actions: [{ text: 'two' }] }));
    await started.hub.endpoints.create(started.tenantId, { url: other.url, events: ['message.received'] });
    await receive(started);
    t.deepEqual((await sent(started)).map(({ content }) => JSON.parse(content).text).sort(), ['one', 'two']);
  });

  test(`${dialect}: each bad action is told on the attempt, the good ones run and the delivery is a success`, async (t) => {
    const actions = [
      { text: 'to nobody', to: 'nobody' },
      { text: '' },
      { text: 'quotes what is not there', replyTo: 'msg_none' },
      { text: 'nul', to: '5511\0' },
      { text: 'half \ud83d' },
      { react: '👍' },
      { media: { url: 'http://10.0.0.1/a.png' } },
      { media: { url: 'https://example.com/a.png', base64: 'AAAA' } },
      { handoff: 'please' },
      { seen: 'yes' },
      { shout: 'HI' },
      { text: 'good', colour: 'red' },
      null,
      { typing: 400 },
      { text: 'typed', to: '123' },
      { text: 'good' },
    ];
    const started = await answered(t, dialect, answering({ actions }));
    await receive(started);
    t.deepEqual(
      (await sent(started)).map(({ content }) => JSON.parse(content).text),
      ['good'],
    );
    const [attempt] = await attempts(started, started.endpointId);
    t.is(attempt?.errorClass, null);
    t.deepEqual(
      attempt?.actions.map(({ index, ok, error }) => [index, ok, error?.code]),
      [
        [0, false, 'recipient-invalid'],
        [1, false, 'invalid-body'],
        [2, false, 'invalid-body'],
        [3, false, 'invalid-body'],
        [4, false, 'invalid-body'],
        [5, false, 'invalid-body'],
        [6, false, 'url-forbidden'],
        [7, false, 'invalid-body'],
        [8, false, 'invalid-body'],
        [9, false, 'invalid-body'],
        [10, false, 'invalid-body'],
        [11, false, 'invalid-body'],
        [12, false, 'invalid-body'],
        [13, false, 'recipient-invalid'],
        [14, false, 'recipient-invalid'],
        [15, true, undefined],
      ],
    );
    t.like(await started.hub.deliveries.list(started.tenantId, started.endpointId, { limit: 5 }), { data: { 0: { status: 'delivered' } } });
    const queued = await started.hub.db.sql('events').where({ type: 'message.queued' });
    t.is(queued.length, 1, 'what was refused has left no event behind');
  });
}

test('what only a connected phone can show is refused without one; what is sent waits for it', async (t) => {
  const started = await answered(t, 'sqlite', answering({ actions: [{ seen: true }, { text: 'Thanks!' }, { typing: true }] }), null);
  await receive(started);
  const [attempt] = await attempts(started, started.endpointId);
  t.deepEqual(
    attempt?.actions.map(({ ok, error }) => [ok, error?.code]),
    [
      [false, 'session-not-connected'],
      [true, undefined],
      [false, 'session-not-connected'],
    ],
  );
});

test('an indicator without a text is shown for its time', async (t) => {
  const started = await answered(t, 'sqlite', answering({ actions: [{ typing: 50 }] }));
  await receive(started);
  await until(() => started.phone?.shown.length === 2, 'it was taken back');
  t.deepEqual(started.phone?.shown, [
    ['typing', CHAT, true],
    ['typing', CHAT, false],
  ]);
});

test('an event without a chat can only send to whom the answer names, one without a session nothing', async (t) => {
  const actions = [{ typing: 10 }, { text: 'Hi' }, { text: 'Hi', to: '5511987654321' }, { seen: true }];
  const started = await startHub(t, 'sqlite');
  const receiver = await startReceiver(t, answering({ actions }));
  const { id } = await started.hub.endpoints.create(started.tenantId, { url: receiver.url, events: ['session.status'] });
  const { hub, tenantId, session } = started;
  const results: unknown[] = [];
  for (const subject of [session, null]) {
    const data = { from: 'qr', to: 'connected', reason: null };
    await hub.db.write((tx) => hub.ledger.append(tx, [{ tenantId, session: subject, type: 'session.status', data }]));
    await hub.drain();
    results.push((await attempts(started, id))[0]?.actions.map(({ ok }) => ok));
  }
  t.deepEqual(results, [
    [false, false, true, false],
    [false, false, false, false],
  ]);
});

const QUIET: [string, Respond][] = [
  ['no JSON', answering('{"actions":[{"text":"no"}]}', 'text/plain')],
  ['JSON without actions', answering({ ok: true })],
  ['JSON that is no object', answering('null')],
  ['an empty body', answering('')],
  ['an empty list', answering({ actions: [] })],
  ['a failure', (_, response) => void response.writeHead(500, { 'content-type': 'application/json' }).end('{"actions":[{"text":"no"}]}')],
];
for (const [what, how] of QUIET) {
  test(`${what} asks for nothing`, async (t) => {
    const started = await answered(t, 'sqlite', how);
    await receive(started);
    t.deepEqual((await attempts(started, started.endpointId))[0]?.actions, []);
    t.deepEqual(await sent(started), []);
  });
}

const REFUSED: [string, Respond, string][] = [
  ['a body over 64 KiB', answering({ actions: [{ text: 'x'.repeat(70_000) }] }), 'payload-too-large'],
  ['broken JSON', answering('{"actions":['), 'invalid-body'],
  ['actions that are no list', answering({ actions: { text: 'no' } }), 'invalid-body'],
  ['more than twenty', answering({ actions: Array(21).fill({ text: 'no' }) }), 'invalid-body'],
];
for (const [what, how, code] of REFUSED) {
  test(`${what} is refused as a whole, and the delivery is a success`, async (t) => {
    const started = await answered(t, 'sqlite', how);
    await receive(started);
    const [attempt] = await attempts(started, started.endpointId);
    t.like(attempt, { errorClass: null, status: 200, actions: { 0: { index: null, ok: false, error: { code } }, length: 1 } });
    t.deepEqual(await sent(started), []);
  });
}

test('a session that is gone is told on the attempt', async (t) => {
  const started = await startHub(t, 'sqlite');
  const { hub, tenantId, session } = started;
  const receiver = await startReceiver(t, answering({ actions: [{ text: 'Hi' }] }));
  const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.received'] });
  const data = { id: 'msg_1', chat: { id: CHAT, kind: 'private' } };
  await hub.db.write(async (tx) => {
    await hub.ledger.append(tx, [{ tenantId, session, type: 'message.received', data }]);
    await tx.sql('whatsapp_instances').where({ id: session.id }).delete();
  });
  await hub.drain();
  t.like((await attempts(started, id))[0], { actions: { 0: { ok: false, error: { code: 'not-found' } } } });
});
