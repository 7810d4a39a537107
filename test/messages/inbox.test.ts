import test from 'ava';
import { type Ack, sound, type Told } from '../../src/core/arrival.ts';
import { type InboundMessage, type Notice, withoutContent } from '../../src/core/message.ts';
import { stores } from '../helpers/database.ts';
import { openHub } from './hub.ts';

const ada = { id: '5511987654321@c.us', lid: null, phone: '5511987654321', name: 'Ada' };

const inbound = (changes: Partial<InboundMessage> = {}): InboundMessage => ({
  engineId: 'false_5511987654321@c.us_3EB0',
  fromMe: false,
  type: 'text',
  chat: { id: ada.id, kind: 'private' },
  from: ada,
  to: '5511900000000@c.us',
  text: 'hi',
  timestamp: Date.UTC(2026, 0, 5),
  ...changes,
});

for (const store of await stores()) {
  test(`${store}: an inbound message is stored, announced, and noted at its session`, async (t) => {
    const hub = await openHub(t, store);
    await hub.inbox.receive(hub.session, inbound({ media: { mimetype: 'image/png', size: 12 }, mentions: ['1@lid'] }));
    const [event] = await hub.events();
    t.like(event, { type: 'message.received', sessionId: hub.session.id, sessionName: hub.session.name });
    const data = JSON.parse(event?.json ?? '');
    t.deepEqual(data, {
      id: data.id,
      engineId: 'false_5511987654321@c.us_3EB0',
      sessionId: hub.session.id,
      direction: 'inbound',
      type: 'text',
      status: 'received',
      chat: { id: ada.id, kind: 'private' },
      from: ada,
      to: '5511900000000@c.us',
      text: 'hi',
      mentions: ['1@lid'],
      media: { id: data.media.id, url: null, mimetype: 'image/png', size: 12, status: 'pending' },
      timestamp: '2026-01-05T00:00:00.000Z',
    });
    t.regex(data.id, /^msg_/);
    t.regex(data.media.id, /^med_/);
    t.is(hub.touched.length, 1);
    await hub.drain();
    const ready = { ...data.media, size: 5, status: 'ready', url: `/api/media/${data.media.id}` };
    t.like(JSON.parse((await hub.events('media.ready'))[0]?.json ?? ''), { messageId: data.id, media: { id: ready.id, status: 'ready' } });
    const { history, attempts: _, priority: __, ...message } = await hub.outbox.get(hub.session.tenantId, data.id);
    t.is(history.length, 1);
    const present = { ...message.media, mimetype: ready.mimetype };
    t.deepEqual(present as unknown, ready);
    t.deepEqual({ ...message, media: data.media } as unknown, {
      ...data,
      sendAt: null,
      expiresAt: null,
      edits: [],
      reactions: [],
      votes: [],
    });
  });

  test(`${store}: a message that could not be read, and then can, is told anew under the same id, with its file`, async (t) => {
    const hub = await openHub(t, store);
    const { text: _, ...encrypted } = inbound(withoutContent('ciphertext'));
    await hub.inbox.receive(hub.session, encrypted);
    await hub.inbox.receive(hub.session, encrypted);
    const readable = inbound({ type: 'image', caption: 'here', media: { mimetype: 'image/png' } });
    await hub.inbox.receive(hub.session, readable);
    await hub.inbox.receive(hub.session, readable);
    await hub.inbox.receive(hub.session, encrypted);
    const told = (await hub.events('message.received')).map(({ json }) => JSON.parse(json));
    t.is(told.length, 2);
    t.like(told[0], { type: 'ciphertext', unavailable: { reason: 'undecrypted' } });
    t.like(told[1], { id: told[0].id, type: 'image', caption: 'here', media: { status: 'pending' } });
    t.false('unavailable' in told[1]);
    await hub.drain();
    const kept = await hub.outbox.get(hub.session.tenantId, told[0].id);
    t.like(kept, { type: 'image', caption: 'here', media: { status: 'ready' } });
  });

  test(`${store}: who is known by both names is shown by both from then on`, async (t) => {
    const hub = await openHub(t, store);
    const group = { id: '120363041234567890@g.us', kind: 'group' as const };
    const hidden = { id: '77@lid', lid: '77@lid', phone: null, name: 'Ada' };
    await hub.inbox.receive(hub.session, inbound({ from: { ...ada, lid: '77@lid' } }));
    await hub.inbox.receive(hub.session, inbound({ engineId: 'false_2', chat: group, author: hidden }));
    const [, second] = await hub.events('message.received');
    t.deepEqual(JSON.parse(second?.json ?? '').author, { ...hidden, phone: ada.phone });
    const chat = group.id;
    await hub.inbox.notice(hub.session, { kind: 'participants', chat, action: 'add', by: hidden, participants: [hidden], at: 1 });
    await hub.inbox.notice(hub.session, { kind: 'participants', chat, action: 'leave', by: null, participants: [hidden, ada], at: 1 });
    const told = (await hub.events('group.participants')).map(({ json }) => JSON.parse(json));
    const whole = { ...hidden, phone: ada.phone };
    t.deepEqual(
      told.map(({ by, participants }) => ({ by, participants })),
      [
        { by: whole, participants: [whole] },
        { by: null, participants: [whole, { ...ada, lid: '77@lid' }] },
      ],
    );
  });

  test(`${store}: the same engine id is one message, however often and at once it comes`, async (t) => {
    const hub = await openHub(t, store);
    await Promise.all(Array.from({ length: 20 }, () => hub.inbox.receive(hub.session, inbound())));
    await hub.inbox.receive(hub.session, inbound());
    t.is((await hub.events()).length, 1);
    t.is(hub.touched.length, 1);
  });

  test(`${store}: what no database takes is made sound: NULs, halves of characters, times that are none`, async (t) => {
    const hub = await openHub(t, store);
    const now = Date.UTC(2026, 0, 6, 12);
    const odd = 'a\0b\ud800';
    const from = { ...ada, name: odd };
    const message = inbound({ engineId: `false_${odd}`, from, text: odd, mentions: [odd], timestamp: 9e15 });
    const reaction: Notice = { kind: 'reaction', at: Number.NaN, target: odd, chat: ada.id, by: from, fromMe: false, emoji: odd };
    const told = [{ message }, { message: inbound({ timestamp: 1_700_000_000_000.5 }) }, { notice: reaction }];
    await hub.inbox.take(
      hub.session,
      told.map((one) => sound(one, now) as Told),
    );
    await hub.outbox.ack(hub.session, (sound({ ack: { engineId: odd, level: 'read', at: now } }, now) as { ack: Ack }).ack);
    const events = (await hub.events()).map(({ json }) => JSON.parse(json));
    const clean = 'a\ufffdb\ufffd';
    t.like(events[0], { engineId: `false_${clean}`, text: clean, from: { name: clean }, timestamp: new Date(now).toISOString() });
    t.deepEqual(events[0].mentions, [clean]);
    t.is(events[1].timestamp, new Date(1_700_000_000_000).toISOString());
    t.like(events[2], { engineId: clean, emoji: clean, timestamp: new Date(now).toISOString() });
  });

  test(`${store}: a message whose first storing was rolled back is not taken for a duplicate`, async (t) => {
    const hub = await openHub(t, store);
    const broken = hub.ledger.append;
    hub.ledger.append = async () => {
      throw new Error('no room');
    };
    await t.throwsAsync(hub.inbox.receive(hub.session, inbound()), { message: 'no room' });
    hub.ledger.append = broken;
    await hub.inbox.receive(hub.session, inbound());
    t.is((await hub.events('message.received')).length, 1);
  });

  test(`${store}: the echo of the hub's own send is dropped, what was typed on the phone is announced`, async (t) => {
    const hub = await openHub(t, store);
    hub.engine.onSend = ({ engineId }) => hub.inbox.receive(hub.session, inbound({ engineId, text: 'hello', fromMe: true }));
    await hub.accept();
    await hub.drain();
    t.deepEqual(await hub.events('message.fromphone'), []);
    await hub.inbox.receive(hub.session, inbound({ engineId: 'true_5511987654321@c.us_AA', fromMe: true }));
    const [event] = await hub.events('message.fromphone');
    t.like(JSON.parse(event?.json ?? ''), { direction: 'outbound', status: 'sent' });
    t.deepEqual(hub.touched, []);
    await hub.outbox.ack(hub.session, { engineId: 'true_5511987654321@c.us_AA', level: 'read', at: Date.now() });
    t.is((await hub.events('message.read')).length, 1);
  });
}
