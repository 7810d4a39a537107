/** What happens around messages, and what is known of them afterwards. */
import test from 'ava';
import type { MessageId } from '../../src/core/ids.ts';
import type { InboundMessage, Notice } from '../../src/core/message.ts';
import { stores } from '../helpers/database.ts';
import { type Hub, openHub } from './hub.ts';

const ada = { id: '5511987654321@c.us', lid: null, phone: '5511987654321', name: 'Ada' };
const bob = { id: '5511912345678@c.us', lid: null, phone: '5511912345678', name: null };
const T = Date.UTC(2026, 0, 5);
const iso = (time: number) => new Date(time).toISOString();
const TARGET = 'false_5511987654321@c.us_3EB0';

async function received(hub: Hub, changes: Partial<InboundMessage> = {}): Promise<MessageId> {
  const chat = { id: ada.id, kind: 'private' as const };
  const to = '5511900000000@c.us';
  await hub.inbox.receive(hub.session, {
    engineId: TARGET,
    fromMe: false,
    type: 'text',
    chat,
    from: ada,
    to,
    text: 'hi',
    timestamp: T,
    ...changes,
  });
  return JSON.parse((await hub.events(changes.fromMe ? 'message.fromphone' : 'message.received')).at(-1)?.json ?? '').id;
}

type Told<Kind extends Notice['kind']> = Partial<Extract<Notice, { kind: Kind }>> & { at: number };
const about = { target: TARGET, chat: ada.id, by: ada, fromMe: false };
const reaction = (told: Told<'reaction'>): Notice => ({ kind: 'reaction', ...about, emoji: '👍', ...told });
const edited = (told: Told<'edited'>): Notice => ({ kind: 'edited', ...about, text: 'hello', ...told });
const revoked = (told: Told<'revoked'>): Notice => ({ kind: 'revoked', ...about, ...told });
const vote = (told: Told<'poll-vote'>): Notice => ({ kind: 'poll-vote', target: TARGET, chat: ada.id, by: ada, options: ['yes'], ...told });

const detail = (hub: Hub, id: string) => hub.outbox.get(hub.session.tenantId, id as MessageId);
const told = async (hub: Hub, type: string) => (await hub.events(type)).map(({ json }) => JSON.parse(json));

for (const store of await stores()) {
  test(`${store}: the reactions to a message are those that stand, and each change is told once`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub);
    const notices = [
      reaction({ at: T + 1 }),
      reaction({ at: T + 1 }),
      reaction({ at: T + 2, by: bob, emoji: '❤️' }),
      reaction({ at: T + 9, emoji: '🎉' }),
      reaction({ at: T + 5, emoji: '😡' }),
      reaction({ at: T + 10, fromMe: true, emoji: '🙏' }),
      reaction({ at: T + 11, by: bob, emoji: null }),
      reaction({ at: T + 11, by: bob, emoji: null }),
    ];
    for (const notice of notices) await hub.inbox.notice(hub.session, notice);
    t.deepEqual((await detail(hub, id)).reactions, [
      { emoji: '🎉', fromMe: false, from: ada, at: iso(T + 9) },
      { emoji: '🙏', fromMe: true, from: null, at: iso(T + 10) },
    ]);
    const events = await told(hub, 'message.reaction');
    t.deepEqual(
      events.map(({ emoji }) => emoji),
      ['👍', '❤️', '🎉', '🙏', null],
    );
    const chat = { id: ada.id, kind: 'private' };
    t.deepEqual(events[0], { messageId: id, engineId: TARGET, chat, from: ada, fromMe: false, emoji: '👍', timestamp: iso(T + 1) });
  });

  test(`${store}: a person who is known by the other name is the same person`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub, { from: { ...ada, lid: '77@lid' } });
    await hub.inbox.notice(hub.session, reaction({ at: T + 1 }));
    await hub.inbox.notice(hub.session, reaction({ at: T + 2, emoji: '🎉', by: { id: '77@lid', lid: '77@lid', phone: null, name: null } }));
    t.deepEqual(
      (await detail(hub, id)).reactions.map(({ emoji }) => emoji),
      ['🎉'],
    );
  });

  test(`${store}: an edit changes what the message says and keeps what it said; a deletion is noted`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub);
    const notices = [
      edited({ at: T + 1, text: 'hello' }),
      edited({ at: T + 1, text: 'hello' }),
      edited({ at: T + 3, text: 'hello there' }),
      edited({ at: T + 2, text: 'too late' }),
      revoked({ at: T + 4 }),
      revoked({ at: T + 4 }),
    ];
    for (const notice of notices) await hub.inbox.notice(hub.session, notice);
    t.like(await detail(hub, id), {
      text: 'hello there',
      editedAt: iso(T + 3),
      revokedAt: iso(T + 4),
      edits: [
        { text: 'hi', at: iso(T + 1) },
        { text: 'hello', at: iso(T + 3) },
      ],
    });
    t.deepEqual(
      (await told(hub, 'message.edited')).map(({ text }) => text),
      ['hello', 'hello there'],
    );
    t.is((await told(hub, 'message.revoked')).length, 1);
    const [listed] = (await hub.outbox.list(hub.session.tenantId, hub.session.id, { limit: 10 })).data;
    t.like(listed, { text: 'hello there', editedAt: iso(T + 3), revokedAt: iso(T + 4) });
  });

  test(`${store}: an edited caption is the caption`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub, { type: 'image', media: { mimetype: 'image/png' }, caption: 'Menue', text: undefined });
    await hub.inbox.notice(hub.session, edited({ at: T + 1, text: 'Menu' }));
    t.like(await detail(hub, id), { caption: 'Menu', text: undefined, edits: [{ text: 'Menue', at: iso(T + 1) }] });
  });

  test(`${store}: the votes of a poll are those that stand`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub, { type: 'poll', poll: { question: '?', options: ['yes', 'no'], selectable: 2 }, text: undefined });
    const notices = [
      vote({ at: T + 1 }),
      vote({ at: T + 2, options: ['no', 'yes'] }),
      vote({ at: T + 2, options: ['yes', 'no'] }),
      vote({ at: T + 3, by: bob }),
      vote({ at: T + 4, by: bob, options: [] }),
    ];
    for (const notice of notices) await hub.inbox.notice(hub.session, notice);
    t.deepEqual((await detail(hub, id)).votes, [{ options: ['no', 'yes'], from: ada, at: iso(T + 2) }]);
    t.deepEqual(
      (await told(hub, 'poll.vote')).map(({ options }) => options),
      [['yes'], ['no', 'yes'], ['yes'], []],
    );
  });

  test(`${store}: what is about a message that the hub does not have is told without one`, async (t) => {
    const hub = await openHub(t, store);
    await hub.inbox.notice(hub.session, revoked({ at: T, target: 'false_1@c.us_X', by: null }));
    t.deepEqual(await told(hub, 'message.revoked'), [
      {
        messageId: null,
        engineId: 'false_1@c.us_X',
        chat: { id: ada.id, kind: 'private' },
        from: null,
        fromMe: false,
        timestamp: iso(T),
      },
    ]);
  });

  test(`${store}: what the hub does to a message shows once it is sent; its echo, early or late, is not told again`, async (t) => {
    const hub = await openHub(t, store);
    const id = await received(hub);
    const accepted = await hub.accept();
    await hub.drain();
    const own = accepted.message.id;
    const { engineId } = await detail(hub, own);
    const echoes: Record<string, Notice> = {
      reaction: reaction({ at: T + 1, fromMe: true, by: bob }),
      edit: edited({ at: Date.now() + 1, fromMe: true, by: bob, target: engineId ?? '', text: 'better' }),
      revoke: revoked({ at: T + 1, fromMe: true, by: bob, target: engineId ?? '' }),
    };
    hub.engine.onSend = async ({ type }) => hub.inbox.notice(hub.session, echoes[type] as Notice);
    const send = (more: object) => hub.outbox.accept(hub.session.tenantId, hub.session, more as never);
    await send({ type: 'reaction', messageId: TARGET, emoji: '👍' });
    await send({ type: 'edit', messageId: own, text: 'better' });
    await send({ type: 'revoke', messageId: own });
    await hub.drain();
    t.deepEqual(
      hub.engine.sent.slice(1).map((message) => 'target' in message && [message.type, message.to, message.target]),
      [
        ['reaction', ada.id, TARGET],
        ['edit', '5511987654321@c.us', engineId],
        ['revoke', '5511987654321@c.us', engineId],
      ],
    );
    t.like((await detail(hub, id)).reactions, { 0: { emoji: '👍', fromMe: true, from: null }, length: 1 });
    t.like(await detail(hub, own), { text: 'better', edits: { 0: { text: 'hello' }, length: 1 } });
    t.truthy((await detail(hub, own)).revokedAt);

    hub.engine.onSend = async () => undefined;
    await send({ type: 'reaction', messageId: TARGET, emoji: '' });
    await hub.drain();
    t.deepEqual((await detail(hub, id)).reactions, []);
    await hub.inbox.notice(hub.session, reaction({ at: Date.now(), fromMe: true, by: bob, emoji: null }));
    for (const type of ['message.reaction', 'message.edited', 'message.revoked']) t.deepEqual(await told(hub, type), [], type);
    t.is((await hub.events('message.sent')).length, 5);
  });

  test(`${store}: what is about a message may name its chat by every name of it, and no other chat; it goes to the chat`, async (t) => {
    const hub = await openHub(t, store);
    const lid = '123456789012345@lid';
    const short = { id: '552188887777@c.us', lid, phone: '552188887777', name: null };
    await received(hub, { from: short, chat: { id: short.id, kind: 'private' } });
    const react = (to: string) =>
      hub.outbox.accept(hub.session.tenantId, hub.session, { type: 'reaction', messageId: TARGET, emoji: '👍', to });
    for (const to of ['+55 21 98888-7777', short.id, lid]) t.is((await react(to)).message.chat.id, short.id, to);
    await t.throwsAsync(react(ada.id), { code: 'invalid-body', message: /^to: The message is in the chat 552188887777@c.us/ } as object);
  });

  test(`${store}: what is about a message that still waits goes out behind it, under the id that it gets then`, async (t) => {
    const hub = await openHub(t, store);
    hub.connected = false;
    const { message } = await hub.accept();
    await hub.outbox.accept(hub.session.tenantId, hub.session, { type: 'reaction', messageId: message.id, emoji: '🎉', priority: 9 });
    await hub.say('connected');
    const [text, reacted] = hub.engine.sent;
    t.like(reacted, { type: 'reaction', target: text?.engineId });
    t.is(hub.engine.sent.length, 2);
  });

  test(`${store}: what is about a message that was never sent fails and says so`, async (t) => {
    const hub = await openHub(t, store);
    hub.connected = false;
    const { message } = await hub.accept();
    const about = await hub.outbox.accept(hub.session.tenantId, hub.session, { type: 'edit', messageId: message.id, text: 'better' });
    await hub.outbox.cancel(hub.session.tenantId, message.id);
    await hub.say('connected');
    t.like(await detail(hub, about.message.id), { status: 'failed', error: { code: 'not-found' } });
    t.deepEqual(hub.engine.sent, []);
  });
}
