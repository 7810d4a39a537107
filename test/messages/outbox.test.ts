import test from 'ava';
import { HooklineError, messageOf } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import type { SendRequest } from '../../src/core/message.ts';
import { heldByAnother, stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { Hub, insertSession, openHub } from './hub.ts';
import { PNG } from './media/world.ts';

const DAY = 24 * 60 * 60_000;
const greeting: SendRequest = { to: '5511987654321', type: 'text', text: 'hello' };

for (const store of await stores()) {
  test(`${store}: fifty callers with one Idempotency-Key make one message`, async (t) => {
    const hub = await openHub(t, store);
    const answers = await Promise.all(Array.from({ length: 50 }, () => hub.accept({}, 'order-7')));
    await hub.drain();
    t.is(new Set(answers.map(({ message }) => message.id)).size, 1);
    t.is(answers.filter(({ replayed }) => !replayed).length, 1);
    t.is(hub.engine.sent.length, 1);
    t.is((await hub.events('message.queued')).length, 1);
    const late = await hub.accept({}, 'order-7');
    t.true(late.replayed);
    t.deepEqual(late.message, answers[0]?.message, 'the answer is the first one, whatever became of the message since');
  });

  test(`${store}: the answer is the first one although the message says something else by now`, async (t) => {
    const hub = await openHub(t, store);
    const first = await hub.accept({}, 'order-7');
    await hub.drain();
    for (const text of ['helo', 'hullo']) {
      await hub.outbox.accept(hub.session.tenantId, hub.session, { type: 'edit', messageId: first.message.id, text });
      await hub.drain();
    }
    t.is((await hub.outbox.get(hub.session.tenantId, first.message.id)).text, 'hullo');
    t.deepEqual((await hub.accept({}, 'order-7')).message, first.message);
  });

  test(`${store}: one key with another send is refused and sends nothing`, async (t) => {
    const hub = await openHub(t, store);
    await hub.accept({}, 'order-7');
    await t.throwsAsync(hub.accept({ text: 'other' }, 'order-7'), { instanceOf: HooklineError, code: 'idempotency-mismatch' });
    await hub.drain();
    t.is(hub.engine.sent.length, 1);
  });

  test(`${store}: a key is free again after a day`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock, start: false });
    const first = await hub.accept({}, 'order-7');
    clock.advance(DAY - 1);
    t.true((await hub.accept({}, 'order-7')).replayed);
    clock.advance(1);
    const next = await hub.accept({ text: 'other' }, 'order-7');
    t.false(next.replayed);
    t.not(next.message.id, first.message.id);
  });

  test(`${store}: a send inside a transaction shares its fate, and its key is not a caller's`, async (t) => {
    const hub = await openHub(t, store);
    const { session } = hub;
    const rolledBack = hub.db.write(async (tx) => {
      await hub.outbox.enqueue(tx, session, { ...greeting, key: 'evt_1:0' });
      throw new Error('the turn failed');
    });
    await t.throwsAsync(rolledBack, { message: 'the turn failed' });
    t.deepEqual(await hub.events(), []);
    const first = await hub.db.write((tx) => hub.outbox.enqueue(tx, session, { ...greeting, key: 'evt_1:0' }));
    const again = await hub.db.write((tx) => hub.outbox.enqueue(tx, session, { ...greeting, text: 'rendered anew', key: 'evt_1:0' }));
    t.is(again.id, first.id);
    t.false((await hub.accept({}, 'evt_1:0')).replayed);
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['hello', 'hello']);
  });

  test(`${store}: a queued or scheduled send can be canceled, a sent one not`, async (t) => {
    const hub = await openHub(t, store);
    const { tenantId } = hub.session;
    await hub.say('disconnected');
    const queued = await hub.accept();
    const scheduled = await hub.accept({ sendAt: Date.now() + DAY });
    t.is((await hub.outbox.cancel(tenantId, queued.message.id)).status, 'canceled');
    t.is((await hub.outbox.cancel(tenantId, scheduled.message.id)).status, 'canceled');
    const sent = await hub.accept();
    await hub.say('connected');
    await hub.drain();
    await t.throwsAsync(hub.outbox.cancel(tenantId, sent.message.id), { code: 'message-not-cancelable' });
    t.is(hub.engine.sent.length, 1);
    t.is((await hub.events('message.canceled')).length, 2);
  });

  test(`${store}: a failed send can be sent again under the same id, as a new one to WhatsApp`, async (t) => {
    const hub = await openHub(t, store);
    const { tenantId } = hub.session;
    hub.engine.onSend = async () => {
      hub.engine.onSend = async () => undefined;
      throw new HooklineError('engine-timeout', 'No answer.');
    };
    const { message } = await hub.accept();
    await hub.drain();
    const retried = await hub.outbox.retry(tenantId, message.id);
    t.like(retried, { id: message.id, status: 'queued', engineId: null });
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'sent');
    t.is(new Set(hub.engine.sent.map(({ engineId }) => engineId)).size, 2);
    await t.throwsAsync(hub.outbox.retry(tenantId, message.id), { code: 'message-not-retryable' });
  });

  test(`${store}: acks move a message on and never back, and settle an unknown one`, async (t) => {
    const hub = await openHub(t, store);
    const { session } = hub;
    const { message } = await hub.accept();
    await hub.drain();
    const engineId = hub.engine.sent[0]?.engineId as string;
    for (const level of ['sent', 'delivered', 'delivered', 'read', 'delivered', 'failed'] as const) {
      await hub.outbox.ack(session, { engineId, level, at: Date.now() });
    }
    await hub.outbox.ack(session, { engineId: 'true_nobody_1', level: 'read', at: Date.now() });
    t.is(await hub.statusOf(message.id), 'read');
    t.is((await hub.events('message.delivered')).length, 1);
    t.is((await hub.events('message.failed')).length, 0);

    hub.engine.onSend = async () => {
      throw new HooklineError('engine-timeout', 'No answer.');
    };
    const { message: open } = await hub.accept();
    await hub.drain();
    t.is(await hub.statusOf(open.id), 'unknown');
    await hub.outbox.ack(session, { engineId: hub.engine.sent[1]?.engineId as string, level: 'delivered', at: Date.now() });
    t.is(await hub.statusOf(open.id), 'delivered');
  });

  test(`${store}: a list is paged newest first and filtered`, async (t) => {
    const hub = await openHub(t, store);
    const { tenantId, id } = hub.session;
    const [asked, other] = ['5511987654321', '551187654321'];
    for (const [at, text] of ['a', 'b', 'c', 'd', 'e'].entries()) await hub.accept({ text, to: at % 2 ? `${other}@c.us` : asked });
    await hub.accept({ text: 'to a group', to: '123456789@g.us' });
    const read = async (filter: object) => {
      const texts: (string | undefined)[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await hub.outbox.list(tenantId, id, { limit: 2, ...filter, ...(cursor && { cursor }) });
        texts.push(...page.data.map(({ text }) => text));
        cursor = page.nextCursor;
      } while (cursor);
      return texts;
    };
    t.deepEqual(await read({}), ['to a group', 'e', 'd', 'c', 'b', 'a']);
    t.deepEqual(await read({ chats: [`${asked}@c.us`] }), ['e', 'c', 'a']);
    const names = ['123456789012345@lid', `${asked}@c.us`, `${other}@c.us`];
    t.deepEqual(await read({ chats: names }), ['e', 'd', 'c', 'b', 'a'], 'one conversation, whatever the name');
    t.deepEqual(await read({ chats: names, direction: 'inbound' }), []);
    t.deepEqual(await read({ direction: 'inbound' }), []);
    t.deepEqual(await read({ status: 'canceled' }), []);
    t.deepEqual(await read({ since: Date.now() + DAY }), []);
    await t.throwsAsync(hub.outbox.list(tenantId, id, { limit: 2, cursor: 'msg_of_nobody' }), { code: 'invalid-query' });
  });

  test(`${store}: another tenant's message is not found`, async (t) => {
    const hub = await openHub(t, store);
    const stranger = (await insertSession(hub.db, 'other')).tenantId;
    const { message } = await hub.accept();
    for (const verb of ['get', 'cancel', 'retry'] as const) {
      await t.throwsAsync(hub.outbox[verb](stranger, message.id), { code: 'not-found' });
    }
    t.deepEqual((await hub.outbox.list(stranger, hub.session.id, { limit: 10 })).data, []);
  });

  test(`${store}: a session that goes tells the end of every open send`, async (t) => {
    const hub = await openHub(t, store, { start: false });
    const { session } = hub;
    await hub.accept({ text: 'queued' });
    await hub.accept({ text: 'scheduled', sendAt: Date.now() + DAY });
    await hub.db
      .write(async (tx) => {
        await hub.outbox.onDestroy(tx, session);
        await tx.sql('whatsapp_instances').where({ id: session.id }).delete();
      })
      .then(
        () => undefined,
        (error) => t.fail(String(error)),
      );
    t.is((await hub.events('message.canceled')).length, 2);
    t.deepEqual(await hub.db.sql('messages'), []);
    t.deepEqual(await hub.db.sql('lanes'), []);
  });
}

test('what a send may not be is refused with its place, and nothing is stored', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const refused = async (send: Parameters<typeof hub.accept>[0], code: string, path: string) => {
    const error = await t.throwsAsync<HooklineError>(hub.accept(send));
    t.is(error?.code, code as never);
    t.is(error?.errors?.[0]?.path, path);
  };
  await refused({ to: 'somebody' }, 'recipient-invalid', 'to');
  await refused({ mentions: ['5511987654321', 'somebody'] }, 'recipient-invalid', 'mentions.1');
  await refused({ text: '' }, 'invalid-body', 'text');
  await refused({ text: 'x'.repeat(65_537) }, 'invalid-body', 'text');
  await refused({ expiresAt: Date.now() - 1 }, 'invalid-body', 'expiresAt');
  await refused({ sendAt: Date.now() + DAY, expiresAt: Date.now() + 1_000 }, 'invalid-body', 'expiresAt');
  await refused({ priority: 0.5 }, 'invalid-body', 'priority');
  await refused({ replyTo: newId('msg', 0) }, 'invalid-body', 'replyTo');
  for (const replyTo of [
    'nonsense',
    '3EB0AA',
    'true_',
    'false_5511987654321_AA',
    'false_5511987654321@c.us',
    'maybe_5511987654321@c.us_AA',
  ]) {
    await refused({ replyTo }, 'invalid-body', 'replyTo');
  }
  for (const other of ['120363025246125486@g.us', '\u200e120363144038483540@newsletter']) {
    await refused({ mentions: ['5511987654321', other] }, 'invalid-body', 'mentions.1');
  }
  t.deepEqual(await hub.db.sql('messages'), []);
  t.deepEqual(await hub.events(), []);
  await hub.accept({ text: 'x'.repeat(65_536) });
});

const NEWSLETTER = '120363144038483540@newsletter';
const POLL = { type: 'poll', question: 'When?', options: ['now', 'later'] } as const;
const ROW = { id: 'a', title: 'Apple' };
const LIST = { type: 'list' as const, text: 'Choose', button: 'Open', sections: [{ title: 'Fruit', rows: [ROW] }] };

test('what WhatsApp shows nothing for is refused with its place, in whatever it stands', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const ways: [path: string, send: (blank: string) => object][] = [
    ['text', (text) => ({ text })],
    ['question', (question) => ({ ...POLL, question })],
    ['options.1', (option) => ({ ...POLL, options: ['now', option] })],
    ['text', (text) => ({ ...LIST, text })],
    ['button', (button) => ({ ...LIST, button })],
    ['sections.0.rows.0.title', (title) => ({ ...LIST, sections: [{ title: 'Fruit', rows: [{ ...ROW, title }] }] })],
    ['contacts.0.name', (name) => ({ type: 'contact', contacts: [{ name, phones: ['5511987654321'] }] })],
  ];
  for (const blank of [' ', '\n\n', '\u200b', '\u00a0\t\u3000', '\u2060\ufeff\u00ad', '\u3164', '\u2800', '\u202e\u0000']) {
    for (const [path, send] of ways) {
      const error = await t.throwsAsync<HooklineError>(hub.accept(send(blank) as never), undefined, `${path} ${JSON.stringify(blank)}`);
      t.is(error?.code, 'invalid-body');
      t.is(error?.errors?.[0]?.path, path);
    }
  }
  for (const text of ['.', ' a ', '\u200bא', '👩‍👧', '\u0301', '\u{1fae8}']) await hub.accept({ text });
  await hub.accept({ type: 'location', latitude: 1, longitude: 2, name: ' ' } as never);
});

test('a newsletter is sent what it takes, and the rest is refused at once', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const others = [
    { type: 'location', latitude: 1, longitude: 2 },
    { type: 'contact', contacts: [{ name: 'Ana', phones: ['55'] }] },
    LIST,
  ] as const;
  for (const to of [NEWSLETTER, ` \u200e${NEWSLETTER}`]) {
    for (const content of others) {
      const error = await t.throwsAsync<HooklineError>(hub.accept({ ...content, to } as never));
      t.is(error?.code, 'invalid-body', content.type);
      t.is(error?.errors?.[0]?.path, 'type');
    }
  }
  await hub.accept({ text: 'hello', to: NEWSLETTER });
  await hub.accept({ ...POLL, to: NEWSLETTER } as never);
  await hub.accept({ ...LIST } as never);
});

test('what was deleted for everybody, and what only changed a message, is answered no more', async (t) => {
  const hub = await openHub(t, 'sqlite');
  const { message } = await hub.accept();
  await hub.drain();
  await hub.accept({ replyTo: message.id });
  const reaction = (await hub.accept({ type: 'reaction', messageId: message.id, emoji: '👍' } as never)).message;
  await hub.accept({ type: 'revoke', messageId: message.id } as never);
  await hub.drain();
  const { engineId } = await hub.outbox.get(hub.session.tenantId, message.id);
  for (const replyTo of [message.id, engineId ?? '', reaction.id]) {
    const error = await t.throwsAsync<HooklineError>(hub.accept({ replyTo }), { code: 'invalid-body' });
    t.is(error?.errors?.[0]?.path, 'replyTo');
  }
});

test('a send is refused alike by whatever way it comes', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const bad: SendRequest[] = [
    { to: '5511987654321', type: 'text', text: ' ' },
    { to: '5511987654321', type: 'text', text: 'x', replyTo: 'nonsense' },
    { to: '5511987654321', type: 'text', text: 'x', mentions: ['120363025246125486@g.us'] },
    { to: NEWSLETTER, ...LIST },
  ];
  const { session } = hub;
  const results = await hub.outbox.acceptMany(
    session.tenantId,
    bad.map((send) => ({ session, send })),
  );
  for (const [index, send] of bad.entries()) {
    const within = await t.throwsAsync<HooklineError>(hub.db.write((tx) => hub.outbox.enqueue(tx, session, { ...send, key: `${index}` })));
    const alone = await t.throwsAsync<HooklineError>(hub.outbox.accept(session.tenantId, session, send));
    const many = results[index];
    for (const error of [within, alone, many?.status === 'rejected' ? many.reason : undefined]) {
      t.is(error?.code, 'invalid-body');
      t.deepEqual(error?.errors, alone?.errors);
    }
  }
  t.deepEqual(await hub.db.sql('messages'), []);
});

test('sends that meet a database that another process holds are refused together, none after the other', async (t) => {
  const { db, location, dispose } = await testDatabase('sqlite');
  const hub = new Hub(db, await insertSession(db));
  const release = await heldByAnother(location, ({ sql }) => sql('hub_settings').insert({ name: 'x', value: 'y' }));
  const many = () => Promise.all(Array.from({ length: 200 }, () => hub.accept().then(() => 'accepted', messageOf)));
  const later = new Promise((resolve) => setTimeout(resolve, 1_000)).then(many);
  // It is held until all of them have been answered.
  for (const said of [...(await many()), ...(await later)]) t.regex(said, /Nothing was stored/);
  await release();
  t.is((await hub.accept()).message.status, 'queued');
  await hub.stop();
  await dispose();
});

test('the engine id of a message is told to its own session only', async (t) => {
  const hub = await openHub(t, 'sqlite');
  const { message } = await hub.accept();
  await hub.drain();
  t.is(await hub.outbox.engineIdOf(hub.session, message.id), hub.engine.sent[0]?.engineId ?? null);
  t.is(await hub.outbox.engineIdOf(await insertSession(hub.db, 'other'), message.id), null);
});

test('a send of which it was not known in time whether it is stored has its file once it is', async (t) => {
  const hub = await openHub(t, 'sqlite');
  const { tenantId } = hub.session;
  const released = Promise.withResolvers<void>();
  const write = hub.db.write;
  let slow: Promise<void> | undefined;
  // In one commit with something that takes its time.
  const beside: typeof write = (work, whose) => {
    const written = write(work, whose);
    if (whose?.for === tenantId) slow ??= write(() => released.promise);
    return written;
  };
  Object.assign(hub.db, { write: beside });
  const send = { to: '5511987654321', type: 'image', media: { base64: PNG.toString('base64') } } as const;
  await t.throwsAsync(hub.outbox.accept(tenantId, hub.session, send), { message: /not known whether it was stored/ });
  released.resolve();
  await slow;
  await hub.drain();
  const { data } = await hub.outbox.list(tenantId, hub.session.id, { limit: 10 });
  t.deepEqual(
    data.map(({ status }) => status),
    ['sent'],
  );
});
