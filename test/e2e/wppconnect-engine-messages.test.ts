/** What the wppconnect engine sends and hears, in one real Chromium against the stand-in for WhatsApp Web. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { hasCode } from '../../src/core/errors.ts';
import type { Notice, OutgoingMessage } from '../../src/core/message.ts';
import type { Engine } from '../../src/sessions/engine.ts';
import { wppconnectEngine } from '../../src/sessions/engines/wppconnect/engine.ts';
import { findChromium } from '../helpers/requirements.ts';
import { engineContext } from '../helpers/runtime.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { RecordingHost } from './recording-host.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;
const FRIEND = '5511888887777@c.us';

let site: WhatsAppWeb;
let directory: string;
let engine: Engine;
let phone: Phone;
const host = new RecordingHost();

test.before(async () => {
  if (!chromium) return;
  site = await startWhatsAppWeb();
  directory = await mkdtemp(join(tmpdir(), 'hookline-engine-'));
  const profileDir = join(directory, 'profile');
  engine = wppconnectEngine({ chromium, extraBrowserArgs: site.browserArgs, deadlines: { decrypt: 3_000 } })(
    engineContext({ profileDir, host }),
  );
  await engine.start();
  phone = site.phone('5511999990000', 'Shop');
  phone.scan((await host.fact('qr')).code);
  await host.fact('opened');
});

test.after.always(async () => {
  await engine?.destroy();
  await site?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});

type Content = OutgoingMessage extends infer M ? (M extends OutgoingMessage ? Omit<M, 'engineId' | 'to'> : never) : never;

/** Sends, and shows what reached the phone. */
async function send(content: Content, to = FRIEND): Promise<Record<string, unknown> & { id: string }> {
  const engineId = engine.reserveId(to);
  const sent = await engine.send({ ...content, engineId, to } as OutgoingMessage);
  if (sent.engineId !== engineId) throw new Error(`sent under ${sent.engineId} instead of ${engineId}`);
  const seen = phone.sent().find(({ id }) => id === engineId);
  if (!seen) throw new Error(`the phone has not seen ${engineId}`);
  return seen;
}

inChromium('a location, contacts, a poll and a list reach the phone with all that they say', async (t) => {
  const place = { latitude: -23.5, longitude: -46.6, name: 'Shop', address: 'Main St 1' };
  t.like(await send({ type: 'location', location: place }), { type: 'location', lat: -23.5, lng: -46.6, loc: 'Shop\nMain St 1' });

  const ann = { name: 'Ann; the first', phones: ['+5511777776666'], organization: 'Shop', emails: ['ann@example.com'] };
  const one = await send({ type: 'contact', contacts: [ann] });
  t.like(one, { type: 'vcard', vcardFormattedName: ann.name });
  t.regex(String(one.body), /^TEL;type=CELL;type=VOICE;waid=5511777776666:\+5511777776666$/m);
  const two = await send({ type: 'contact', contacts: [ann, { name: 'Bob', phones: ['5511777775555'] }] });
  t.is(two.type, 'multi_vcard');
  t.is((two.vcardList as unknown[]).length, 2);

  const poll = { question: 'When?', options: ['Today', 'Tomorrow'], selectable: 1 };
  t.like(await send({ type: 'poll', poll }), { pollName: 'When?', pollSelectableOptionsCount: 1 });
  t.like(await send({ type: 'poll', poll: { ...poll, selectable: 2 } }), { pollSelectableOptionsCount: 0 });

  const sections = [{ title: 'Fruit', rows: [{ id: 'a', title: 'Apple', description: 'red' }] }];
  const list = await send({ type: 'list', list: { title: 'Menu', text: 'Choose', footer: 'soon', button: 'Open', sections } });
  t.like(list.list, { title: 'Menu', description: 'Choose', footerText: 'soon', buttonText: 'Open' });
});

inChromium('a text carries its mentions', async (t) => {
  t.deepEqual((await send({ type: 'text', text: 'hi @5511777776666', mentions: ['5511777776666@c.us'] })).mentionedJidList, [
    '5511777776666@c.us',
  ]);
});

for (const [type, mimetype, kind] of [
  ['image', 'image/png', 'image'],
  ['video', 'video/mp4', 'video'],
  ['audio', 'audio/mpeg', 'audio'],
  ['voice', 'audio/ogg; codecs=opus', 'ptt'],
  ['document', 'application/pdf', 'document'],
  ['sticker', 'image/webp', 'sticker'],
] as const) {
  inChromium(`a file sent as ${type} reaches the phone byte for byte`, async (t) => {
    const bytes = randomBytes(100_000);
    const seen = await send({ type, media: await fileOf(bytes, mimetype), caption: 'look' });
    t.like(seen, { type: kind, mimetype, caption: 'look' });
    t.is(seen.filename, type === 'document' ? 'price list.pdf' : undefined);
    t.true(phone.fileOf(seen.id)?.equals(bytes));
  });
}

inChromium('a file of many pieces goes out and comes in whole', async (t) => {
  const bytes = randomBytes(5 * 1024 ** 2 + 7);
  t.true(phone.fileOf((await send({ type: 'document', media: await fileOf(bytes, 'application/pdf') })).id)?.equals(bytes));
  const id = phone.receive({ from: FRIEND, type: 'video', file: bytes, fields: { mimetype: 'video/mp4' } });
  const { message } = await host.fact('message', (fact) => fact.message.engineId === id);
  t.like(message, { type: 'video', media: { mimetype: 'video/mp4', size: bytes.length } });
  const pieces: Uint8Array[] = [];
  for await (const piece of await engine.fetchMedia(id)) pieces.push(piece);
  t.true(pieces.every(({ length }) => length <= 1024 ** 2));
  t.true(Buffer.concat(pieces).equals(bytes));
});

inChromium('a file that WhatsApp does not have any more is said to be gone', async (t) => {
  const id = phone.receive({ from: FRIEND, type: 'image', file: Buffer.from('x'), fields: { mimetype: 'image/png' } });
  await host.fact('message', (fact) => fact.message.engineId === id);
  phone.loseFile(id);
  t.true(hasCode(await t.throwsAsync(engine.fetchMedia(id)), 'media-unavailable'));
});

inChromium('messages are reacted to, edited, revoked and forwarded', async (t) => {
  const inbound = phone.receive({ from: FRIEND, text: 'hello' });
  await host.fact('message', (fact) => fact.message.engineId === inbound);
  const own = (await send({ type: 'text', text: 'helo' })).id;
  await act({ type: 'reaction', target: inbound, emoji: '👍' });
  await act({ type: 'reaction', target: inbound, emoji: '' });
  await act({ type: 'edit', target: own, text: 'hello' });
  await act({ type: 'revoke', target: own });
  const changes = phone.outbox().flatMap((sighting) => (sighting.kind === 'change' ? [sighting.change] : []));
  t.deepEqual(changes, [
    { kind: 'reaction', target: inbound, emoji: '👍' },
    { kind: 'reaction', target: inbound, emoji: '' },
    { kind: 'edit', target: own, text: 'hello' },
    { kind: 'revoke', target: own },
  ]);
  t.like(await send({ type: 'forward', target: inbound }), { body: 'hello', isForwarded: true });
});

inChromium("what is not there, and another's message, is refused for good, and nothing goes out", async (t) => {
  const inbound = phone.receive({ from: FRIEND, text: 'mine' });
  await host.fact('message', (fact) => fact.message.engineId === inbound);
  const before = phone.outbox().length;
  for (const content of [
    { type: 'revoke', target: inbound },
    { type: 'edit', target: inbound, text: 'yours' },
  ] as const) {
    const error = await t.throwsAsync(act(content));
    t.true(hasCode(error, 'engine-failed') && error.stage === 'refused', error?.message);
  }
  t.is(phone.outbox().length, before);
});

inChromium('a picture whose caption was taken away says nothing, not what its thumbnail is made of', async (t) => {
  const fields = { mimetype: 'image/png', body: '/9j/4AAQSkZJRg', caption: 'look' };
  const target = phone.receive({ from: FRIEND, type: 'image', file: Buffer.from('x'), fields });
  await host.fact('message', (fact) => fact.message.engineId === target);
  phone.hear({ kind: 'edit', target, text: '' });
  t.like(await notice('edited', (edited) => edited.target === target), { text: '' });
});

inChromium('a message that is still encrypted is told when it is readable, and as it is when it stays so', async (t) => {
  const told = (id: string) =>
    host.facts.flatMap((fact) => (fact.said === 'message' && fact.message.engineId === id ? [fact.message] : []));
  const soon = phone.receive({ from: FRIEND, type: 'ciphertext' });
  const never = phone.receive({ from: FRIEND, type: 'ciphertext', fields: { subtype: 'fanout' } });
  const once = phone.receive({ from: FRIEND, type: 'ciphertext', fields: { subtype: 'view_once_unavailable_fanout' } });
  phone.decrypt(soon, { text: 'at last' });
  await host.fact('message', ({ message }) => message.engineId === never);
  t.like(told(soon), [{ type: 'text', text: 'at last' }]);
  t.is(told(soon).length, 1);
  t.like(told(never), [{ type: 'ciphertext', unavailable: { reason: 'undecrypted' } }]);
  t.like(told(once), [{ type: 'view-once', viewOnce: true, unavailable: { reason: 'view-once' } }]);
  phone.decrypt(never, { type: 'image', fields: { mimetype: 'image/png', caption: 'after all' } });
  await host.fact('message', ({ message }) => message.engineId === never && message.type === 'image');
});

inChromium('what WhatsApp puts into a chat by itself is no message', async (t) => {
  const before = host.facts.length;
  for (const type of ['protocol', 'call_log', 'e2e_notification']) phone.receive({ from: FRIEND, type, text: 'no words' });
  const id = phone.receive({ from: FRIEND, text: 'words' });
  await host.fact('message', ({ message }) => message.engineId === id);
  const heard = host.facts.slice(before).flatMap((fact) => (fact.said === 'message' ? [fact.message.type] : []));
  t.deepEqual(heard, ['text']);
});

inChromium('what is typed on the phone arrives as its own message, and a group message with its author', async (t) => {
  const typed = phone.receive({ from: FRIEND, fromMe: true, text: 'from my hand' });
  t.like((await host.fact('message', ({ message }) => message.fromMe)).message, { engineId: typed, to: FRIEND, text: 'from my hand' });
  const group = '120363000000000003@g.us';
  phone.receive({ from: '77770000@lid', chat: group, text: 'hi all', notifyName: 'Ann' });
  const { message } = await host.fact('message', ({ message: { chat } }) => chat.id === group);
  t.like(message, { chat: { id: group, kind: 'group' }, author: { id: '77770000@lid', lid: '77770000@lid', phone: null, name: 'Ann' } });
});

inChromium('typing, recording, seen and unseen reach the phone, and numbers are looked up', async (t) => {
  const before = phone.outbox().length;
  site.policy.missing = ['5511000000000@c.us'];
  await engine.typing(FRIEND, true);
  await engine.typing(FRIEND, false);
  await engine.recording(FRIEND, true);
  await engine.seen(FRIEND);
  await engine.unseen(FRIEND);
  const sightings = phone.outbox().slice(before);
  t.deepEqual(
    sightings.map((sighting) => (sighting.kind === 'presence' ? sighting.presence : sighting.kind)),
    ['composing', 'paused', 'recording', 'seen', 'unseen'],
  );
  t.like(await engine.exists('5511777776666@c.us'), { exists: true, chatId: '5511777776666@c.us' });
  t.like(await engine.exists('5511000000000@c.us'), { exists: false, chatId: null });
});

inChromium('what cannot be read is told as it came and keeps nothing else out, live and when what was missed is listed', async (t) => {
  const before = host.facts.length;
  const since = Date.now();
  const first = phone.receive({ from: FRIEND, text: 'first' });
  const poll = phone.receive({ from: FRIEND, type: 'poll_creation', fields: { pollName: 'When?', pollOptions: [null] } });
  const second = phone.receive({ from: FRIEND, text: 'second' });
  await host.fact('message', ({ message }) => message.engineId === second);
  const told = host.facts.slice(before).flatMap((fact) => {
    if (fact.said === 'message') return [fact.message.engineId];
    return fact.said === 'unreadable' ? [`${fact.what.engineId} ${fact.what.kind}`] : [];
  });
  t.deepEqual(told, [first, `${poll} message`, second]);
  const listed = host.facts.length;
  const missed = await engine.unreadSince(since - 1_000);
  t.deepEqual(
    missed.map(({ engineId }) => engineId).filter((id) => id === first || id === second),
    [first, second],
  );
  const again = host.facts.slice(listed).flatMap((fact) => (fact.said === 'unreadable' ? [fact.what] : []));
  t.deepEqual(
    again.map(({ engineId }) => engineId),
    [poll],
  );
  t.throws(() => engine.read({ kind: 'message', raw: again[0]?.raw }), { message: /pollOptions\.0/ });
});

inChromium('reactions, edits, revokes, votes, changes of members and calls are told', async (t) => {
  const target = phone.receive({ from: FRIEND, text: 'helo', notifyName: 'Bob' });
  await host.fact('message', (fact) => fact.message.engineId === target);
  const by = { id: FRIEND, lid: null, phone: '5511888887777', name: 'Bob' };
  phone.hear({ kind: 'reaction', target, by: FRIEND, emoji: '👍' });
  t.like(await notice('reaction'), { target, chat: FRIEND, by, fromMe: false, emoji: '👍' });
  phone.hear({ kind: 'edit', target, text: 'hello' });
  t.like(await notice('edited', (edited) => edited.target === target), { chat: FRIEND, fromMe: false, text: 'hello' });
  phone.hear({ kind: 'revoke', target, by: FRIEND });
  t.like(await notice('revoked'), { target, chat: FRIEND, by, fromMe: false });

  const poll = (await send({ type: 'poll', poll: { question: 'When?', options: ['Today', 'Tomorrow'], selectable: 1 } })).id;
  phone.hear({ kind: 'vote', target: poll, by: FRIEND, options: ['Tomorrow'] });
  t.like(await notice('poll-vote'), { target: poll, by, options: ['Tomorrow'] });

  const group = '120363000000000000@g.us';
  phone.hear({ kind: 'members', group, by: FRIEND, action: 'add', who: ['5511777776666@c.us'] });
  t.like(await notice('participants'), { chat: group, action: 'add', by, participants: [{ id: '5511777776666@c.us' }] });
  phone.hear({ kind: 'call', by: FRIEND, video: true });
  t.like(await notice('call'), { by, video: true, group: false });
});

async function act(content: Content): Promise<void> {
  await engine.send({ ...content, engineId: engine.reserveId(FRIEND), to: FRIEND } as OutgoingMessage);
}

async function notice<Kind extends Notice['kind']>(kind: Kind, test = (_: Extract<Notice, { kind: Kind }>) => true) {
  const fits = (said: Notice) => said.kind === kind && test(said as Extract<Notice, { kind: Kind }>);
  return (await host.fact('notice', (fact) => fits(fact.notice))).notice;
}

async function fileOf(bytes: Buffer, mimetype: string) {
  const path = join(directory, createHash('sha256').update(bytes).digest('hex'));
  await writeFile(path, bytes);
  return { path, mimetype, size: bytes.length, sha256: '', ...(mimetype === 'application/pdf' && { filename: 'price list.pdf' }) };
}

inChromium('of a message to a group it is told whom it has reached', async (t) => {
  const group = '120363000000000001@g.us';
  const member = '5511777776666@c.us';
  phone.receive({ from: member, chat: group, text: 'hi' });
  await host.fact('message', ({ message }) => message.chat.id === group);
  const engineId = engine.reserveId(group);
  const sent = await engine.send({ engineId, to: group, type: 'text', text: 'hello all' });
  t.is(sent.engineId.split('_')[2], engineId.split('_')[2]);
  phone.hear({ kind: 'receipt', group, bareId: engineId.split('_')[2] ?? '', by: member, ack: 3 });
  await host.fact('ack', (ack) => ack.engineId === sent.engineId && ack.level === 'read' && ack.participant === member);
});

inChromium('contacts, chats and groups are listed, and a group is administered', async (t) => {
  const id = '120363000000000002@g.us';
  const [me, member] = ['5511999990000@c.us', '5511777774444@c.us'];
  phone.join({ id, subject: 'Shop team', owner: me, participants: [me, member].map((who) => ({ id: who, admin: who === me })) });
  phone.receive({ from: member, chat: id, text: 'hi', notifyName: 'Carl' });
  await host.fact('message', ({ message }) => message.chat.id === id);
  const { directory: d } = engine;
  t.like(
    (await d.contacts()).find((contact) => contact.id === member),
    { phone: '5511777774444', name: 'Carl', blocked: false },
  );
  t.like(
    (await d.chats()).find((chat) => chat.id === id),
    { kind: 'group', unread: 1, archived: false },
  );
  t.like(await d.group(id), { subject: 'Shop team', owner: me, description: null });
  t.deepEqual(
    (await d.group(id)).participants.map(({ id: who, admin }) => [who, admin]),
    [
      [me, true],
      [member, false],
    ],
  );
  const fresh = '5511777773333@c.us';
  t.deepEqual(await d.changeMembers(id, 'add', [fresh]), [{ id: fresh, ok: true }]);
  t.deepEqual(await d.changeMembers(id, 'promote', [member]), [{ id: member, ok: true }]);
  t.like(await d.changeMembers(id, 'remove', [fresh, '5511000001111@c.us']), [{ ok: true }, { ok: false }]);
  await d.setSubject(id, 'The team');
  t.is(await d.inviteLink(id, false), 'https://chat.whatsapp.com/CODE1');
  t.is(await d.inviteLink(id, true), 'https://chat.whatsapp.com/CODE2');
  t.is((await d.group(id)).subject, 'The team');
  await d.leaveGroup(id);
  const commands = phone.outbox().flatMap((sighting) => (sighting.kind === 'group' ? [sighting.command.action] : []));
  t.deepEqual(commands, ['add', 'promote', 'remove', 'subject', 'leave']);
  t.true(hasCode(await t.throwsAsync(d.group('120363000000009999@g.us')), 'not-found'));
});

inChromium('people are looked up, blocked, labelled and seen, and a group is made', async (t) => {
  const { directory: d } = engine;
  site.policy.lids = { '5511666665555@c.us': '777@lid' };
  t.deepEqual(await engine.exists('5511666665555@c.us'), {
    exists: true,
    chatId: '5511666665555@c.us',
    lid: '777@lid',
    phone: '5511666665555',
  });
  const person = '5511777772222@c.us';
  const inbound = phone.receive({ from: person, text: 'hi' });
  await host.fact('message', (fact) => fact.message.engineId === inbound);
  const blocked = async () => (await d.contacts()).find(({ id }) => id === person)?.blocked;
  await d.block(person, true);
  t.true(await blocked());
  await d.block(person, false);
  t.false(await blocked());

  t.deepEqual(
    (await d.labels()).map(({ id, name }) => [id, name]),
    [
      ['1', 'New'],
      ['2', 'Paid'],
    ],
  );
  await d.setLabels(person, ['1']);
  await d.setLabels(person, ['2']);
  t.deepEqual((await d.chats()).find(({ id }) => id === person)?.labels, ['2']);
  t.true(hasCode(await t.throwsAsync(d.setLabels(person, ['9'])), 'not-found'));

  site.policy.presence = { state: 'composing', t: 1_795_446_116 };
  t.deepEqual(await d.presence(person), { state: 'typing', lastSeenAt: 1_795_446_116_000 });
  await d.setPresence(true);

  const { group, results } = await d.createGroup('Fans', [person]);
  t.like(group, { subject: 'Fans', owner: '5511999990000@c.us' });
  t.deepEqual(results, [{ id: person, ok: true }]);
  t.true((await d.groups()).some(({ id, subject }) => id === group.id && subject === 'Fans'));
});
