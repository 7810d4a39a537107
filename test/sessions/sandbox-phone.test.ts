import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import type { InboundMessage, Notice, OutgoingContent } from '../../src/core/message.ts';
import type { Book } from '../../src/sessions/engines/sandbox/book.ts';
import { PhoneDisk } from '../../src/sessions/engines/sandbox/disk.ts';
import { HandOver } from '../../src/sessions/engines/sandbox/hand-over.ts';
import { until } from '../helpers/hub.ts';
import { memoryLogger } from '../helpers/runtime.ts';
import { gate } from '../messages/hub.ts';
import { makeRoom } from './room.ts';

const PERSON = '5511988887777';
const CHAT = `${PERSON}@c.us`;
const GROUP = '120363041234567890@g.us';
const TARGET = `false_${CHAT}_3EB0AA`;
const OWN = `true_${CHAT}_3EB0BB`;
const PLACE = { latitude: -23.55, longitude: -46.63, name: 'Praça da Sé' };
const CARD = { name: 'Ana', phones: ['+55 11 98888-7777'], organization: 'Shop' };
const POLL = { question: 'When?', options: ['Saturday', 'Sunday'], selectable: 1 };
const LIST = { text: 'Choose', button: 'Open', sections: [{ title: 'Days', rows: [{ id: 'sat', title: 'Saturday' }] }] };

async function linked(t: ExecutionContext) {
  const room = await makeRoom();
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  const { session } = await room.sessions.create(tenant, { name: 'shop' });
  const phone = async () => room.sessions.sandbox(tenant, 'shop');
  await (await phone()).scan({ phone: '5511911112222', name: 'The Shop' });
  const engine = () => room.sessions.connectedEngine(session.id);
  const reboot = async () => {
    await room.sessions.stop();
    await room.reboot().start();
    await until(() => room.sessions.engineOf(session.id) !== null, { what: () => 'the session to be connected again' });
  };
  return { room, tenant, session, phone, engine, reboot };
}

async function fileOf(t: ExecutionContext, bytes: Buffer): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-file-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, bytes);
  return path;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test('a phone whose profile is removed while it is used says so, and its files do not come back', async (t) => {
  const directory = join(await mkdtemp(join(tmpdir(), 'hookline-phone-')), 'profile');
  await mkdir(directory);
  t.teardown(() => rm(dirname(directory), { recursive: true }));
  const disk = new PhoneDisk(directory, { error: () => undefined });
  await disk.keepMedia('before', { size: 1 });
  const writes: Record<string, () => Promise<unknown>> = {
    link: () => disk.link({ phone: '5511911112222', name: null }),
    keepBook: () => disk.keepBook({ contacts: {}, chats: {}, groups: {}, available: true }),
    keepMedia: () => disk.keepMedia('after', { base64: '' }),
    hear: () => disk.hear('id'),
    see: () => disk.see({ engineId: 'id', to: CHAT, type: 'text', typingMs: 0, at: '' }),
    keepReceived: () => disk.keepReceived({ broken: '' }),
  };
  for (const removal of ['before', 'meanwhile']) {
    for (const [name, write] of Object.entries(writes)) {
      const going = rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 5 });
      if (removal === 'before') await going;
      const error = await write().catch((cause: unknown) => cause);
      await going;
      if (removal === 'before' || error) t.true(hasCode(error, 'session-not-connected'), `${name}: ${error}`);
      await t.throwsAsync(stat(directory), { code: 'ENOENT' }, name);
      if (removal === 'meanwhile') await mkdir(directory);
    }
    await mkdir(directory, { recursive: true });
  }
  for (const [name, write] of Object.entries(writes)) await t.notThrowsAsync(write(), `${name} in the profile that took its place`);
});

test('what the hub cannot take now is answered at once, also when it is asked again', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const takes = gate();
  const host = {
    async message(_: InboundMessage, trouble?: (error: unknown) => void) {
      trouble?.(new Error('locked'));
      await takes.opened;
    },
    notice: async () => undefined,
    unreadable: async () => undefined,
  };
  const handOver = new HandOver(new PhoneDisk(directory, memoryLogger()), host, memoryLogger());
  const arrived = { message: { engineId: TARGET } as InboundMessage };
  for (const time of ['first', 'second']) {
    await t.throwsAsync(
      handOver.receive(arrived, () => true),
      { message: 'locked' },
      time,
    );
  }
  takes.open();
  await until(async () => (await handOver.waiting()).length === 0, { what: 'the hub to have taken it' });
});

test('a message of every type is at the phone as it was sent, also after a restart', async (t) => {
  const { phone, engine, reboot } = await linked(t);
  const bytes = Buffer.from('%PDF-1.7 not much of one');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = { path: await fileOf(t, bytes), mimetype: 'application/pdf', size: bytes.length, sha256: 'what the row says' };
  const contents: OutgoingContent[] = [
    { type: 'text', text: 'hello', linkPreview: true },
    { type: 'document', media: { ...file, filename: 'menu.pdf' }, caption: 'our menu' },
    { type: 'voice', media: file },
    { type: 'location', location: PLACE },
    { type: 'contact', contacts: [CARD] },
    { type: 'poll', poll: POLL },
    { type: 'list', list: LIST },
    { type: 'forward', target: TARGET },
    { type: 'reaction', target: TARGET, emoji: '👍' },
    { type: 'edit', target: OWN, text: 'hello!' },
    { type: 'revoke', target: OWN },
  ];
  await (await phone()).receive({ from: CHAT, text: 'hello?', engineId: TARGET });
  await (await phone()).receive({ from: CHAT, fromMe: true, text: 'from my hand', engineId: OWN });
  for (const content of contents) {
    const engineId = engine().reserveId(CHAT);
    t.deepEqual(await engine().send({ engineId, to: CHAT, replyTo: TARGET, mentions: [CHAT], ...content }), { engineId });
  }
  const { data } = await (await phone()).outbox({ limit: 50 });
  const seen = data.map(({ engineId: _, to: __, replyTo: ___, mentions: ____, typingMs: _____, at: ______, ...said }) => said);
  const media = { sha256, size: bytes.length, mimetype: 'application/pdf' };
  t.deepEqual(
    seen,
    contents.map((content) => {
      if (!('media' in content)) return content;
      const { filename } = content.media;
      return { ...content, media: { ...media, ...(filename !== undefined && { filename }) } };
    }) as typeof seen,
  );
  t.like(data[0], { to: CHAT, replyTo: TARGET, mentions: [CHAT] });
  await reboot();
  t.deepEqual((await (await phone()).outbox({ limit: 50 })).data, data);
  const answer = (replyTo: string) => engine().send({ engineId: engine().reserveId(CHAT), to: CHAT, replyTo, type: 'text', text: 'again' });
  for (const id of [TARGET, OWN, data[0]?.engineId ?? '']) await t.notThrowsAsync(answer(id), id);
  await t.throwsAsync(answer(TARGET.slice(0, -1)), { code: 'engine-failed' });
});

test('a group is written to while the account is in it', async (t) => {
  const { engine } = await linked(t);
  const { group } = await engine().directory.createGroup('Team', [CHAT]);
  const send = () => engine().send({ engineId: engine().reserveId(group.id), to: group.id, type: 'text', text: 'hello' });
  await send();
  await engine().directory.leaveGroup(group.id);
  t.like(await t.throwsAsync(send()), { code: 'engine-failed', stage: 'refused' });
});

test('a reaction that somebody takes back has no emoji, however the sandbox is told', async (t) => {
  const { room, phone } = await linked(t);
  await (await phone()).receive({ from: PERSON, text: 'hello', engineId: TARGET });
  for (const emoji of ['', null]) await (await phone()).happens({ kind: 'reaction', from: PERSON, messageId: TARGET, emoji });
  t.deepEqual(
    room.noticed.map((notice) => notice.kind === 'reaction' && notice.emoji),
    [null, null],
  );
});

test('a hub that was killed in the middle of a line loses nothing that was whole, and nothing that comes after', async (t) => {
  const { room, tenant, phone, engine, reboot } = await linked(t);
  const send = async (engineId: string) => void (await engine().send({ engineId, to: CHAT, type: 'text', text: engineId }));
  await send('true_x_1');
  await (await phone()).disconnect({ reason: 'network' });
  await (await phone()).receive({ from: PERSON, text: 'waits', engineId: 'false_x_1' });
  const [profile = ''] = await readdir(room.tokensDir);
  for (const file of ['outbox.jsonl', 'inbox.jsonl']) await appendFile(join(room.tokensDir, profile, file), '{"engineId":"true_x_half"');

  await reboot();
  t.is(await engine().findSent('true_x_half'), 'absent');
  await until(() => room.received.some(({ message }) => message.engineId === 'false_x_1'), { what: () => 'what waited' });
  await (await phone()).receive({ from: PERSON, text: 'after' });
  await send('true_x_2');
  await send('true_x_2');
  t.deepEqual(
    (await (await phone()).outbox({ limit: 5 })).data.map(({ engineId }) => engineId),
    ['true_x_1', 'true_x_2', 'true_x_2'],
  );
  t.is(await engine().findSent('true_x_2'), 'sent');
  t.is(await engine().findSent('true_x_half'), 'absent');
  t.is((await room.sessions.get(tenant, 'shop')).status, 'connected');
});

test('groups that are made at the same moment are two', async (t) => {
  const { directory } = (await linked(t)).engine();
  const made = await Promise.all(['A', 'B', 'C'].map((subject) => directory.createGroup(subject, [CHAT])));
  t.is(new Set(made.map(({ group }) => group.id)).size, 3);
  t.is((await directory.groups()).length, 3);
});

test('a file that is gone was not handed over', async (t) => {
  const { phone, engine } = await linked(t);
  const media = { path: '/nowhere/at/all', mimetype: 'image/png', size: 1, sha256: '' };
  const error = await t.throwsAsync(engine().send({ engineId: 'true_x_1', to: CHAT, type: 'image', media }));
  t.true(hasCode(error, 'media-unavailable') && error.stage === 'later');
  t.deepEqual((await (await phone()).outbox({ limit: 5 })).data, []);
});

test('a message of every type comes in as the person sent it', async (t) => {
  const { room, phone } = await linked(t);
  const said: Omit<Partial<InboundMessage>, 'from' | 'chat' | 'media'>[] = [
    { type: 'location', location: PLACE },
    { type: 'live-location', location: PLACE },
    { type: 'contact', contacts: [CARD] },
    { type: 'poll', poll: POLL },
    { type: 'list', list: LIST },
    { type: 'list-reply', choice: { id: 'sat', title: 'Saturday' }, replyTo: TARGET },
    { type: 'text', text: 'look', mentions: [CHAT], forwarded: true },
  ];
  for (const [at, one] of said.entries()) await (await phone()).receive({ from: PERSON, name: 'Ana', lid: '77@lid', at: at + 1, ...one });
  t.is(room.received.length, said.length);
  for (const [at, one] of said.entries()) t.like(room.received[at]?.message, { ...one, timestamp: at + 1 } as Partial<InboundMessage>);
  t.deepEqual(room.received[0]?.message.from, { id: CHAT, lid: '77@lid', phone: PERSON, name: 'Ana' });
});

test('the file of a message is given byte for byte, also after a restart, until WhatsApp has it no more', async (t) => {
  const { room, phone, engine, reboot } = await linked(t);
  const bytes = Buffer.from([0, 255, 10, 13, 0x89]);
  const { engineId } = await (await phone()).receive({
    from: PERSON,
    type: 'image',
    text: 'see',
    media: { base64: bytes.toString('base64'), mimetype: 'image/png', filename: 'a.png' },
  });
  t.like(room.received[0]?.message, { type: 'image', caption: 'see', media: { mimetype: 'image/png', filename: 'a.png', size: 5 } });
  t.deepEqual(await bytesOf(await engine().fetchMedia(engineId)), bytes);
  const made = await (await phone()).receive({ from: PERSON, type: 'document', media: { size: 200_000, mimetype: 'application/x-any' } });
  t.is((await bytesOf(await engine().fetchMedia(made.engineId))).length, 200_000);
  await reboot();
  t.deepEqual(await bytesOf(await engine().fetchMedia(engineId)), bytes);

  (await phone()).faults({ media: { failNext: 1 } });
  await t.throwsAsync(engine().fetchMedia(engineId), { message: /as the sandbox was told/ });
  t.deepEqual(await bytesOf(await engine().fetchMedia(engineId)), bytes);
  (await phone()).faults({ media: { gone: true } });
  t.true(hasCode(await t.throwsAsync(engine().fetchMedia(engineId)), 'media-unavailable'));
  (await phone()).faults({});
  t.true(hasCode(await t.throwsAsync(engine().fetchMedia('false_x_1')), 'media-unavailable'));
});

test('what happens around messages is told, kept while the hub does not take it, and told once it does', async (t) => {
  const { room, tenant, phone } = await linked(t);
  room.engineIds.set('msg_1', TARGET);
  const by = { id: CHAT, lid: null, phone: PERSON, name: 'Ana' };
  const about = { from: PERSON, name: 'Ana', at: 7 };
  await (await phone()).happens({ kind: 'reaction', ...about, messageId: 'msg_1', emoji: '👍' });
  await (await phone()).happens({ kind: 'edited', ...about, messageId: TARGET, text: 'new' });
  await (await phone()).happens({ kind: 'revoked', ...about, messageId: TARGET, chat: GROUP });
  await (await phone()).happens({ kind: 'poll-vote', ...about, messageId: TARGET, options: ['Sunday'] });
  await (await phone()).happens({ kind: 'presence', ...about, state: 'typing' });
  await (await phone()).happens({ kind: 'participants', ...about, chat: GROUP, action: 'add', participants: ['5511977776666'] });
  await (await phone()).happens({ kind: 'call', ...about, video: true });
  const there = { at: 7, chat: CHAT, by };
  const expected: Partial<Notice>[] = [
    { kind: 'reaction', ...there, fromMe: false, target: TARGET, emoji: '👍' },
    { kind: 'edited', ...there, fromMe: false, target: TARGET, text: 'new' },
    { kind: 'revoked', ...there, chat: GROUP, fromMe: false, target: TARGET },
    { kind: 'poll-vote', ...there, target: TARGET, options: ['Sunday'] },
    { kind: 'presence', ...there, state: 'typing', lastSeenAt: null },
    { kind: 'participants', ...there, chat: GROUP, action: 'add' },
    { kind: 'call', at: 7, by, video: true, group: false },
  ];
  t.is(room.noticed.length, expected.length);
  for (const [at, notice] of expected.entries()) t.like(room.noticed[at], notice as Notice);

  room.inboxError = new HooklineError('storage-unavailable', 'no room');
  await t.throwsAsync((await phone()).happens({ kind: 'call', ...about }), { message: 'no room' });
  room.inboxError = undefined;
  await (await phone()).disconnect({ reason: 'network' });
  await room.sessions.connect(tenant, 'shop');
  await (await phone()).happens({ kind: 'presence', ...about, state: 'available' });
  t.deepEqual(
    room.noticed.slice(-2).map(({ kind }) => kind),
    ['call', 'presence'],
  );
  const missing = await t.throwsAsync((await phone()).happens({ kind: 'revoked', ...about, messageId: 'msg_unknown' }));
  t.true(hasCode(missing, 'not-found'));
});

test('numbers are on WhatsApp unless the phone is told otherwise', async (t) => {
  const { phone, engine } = await linked(t);
  t.deepEqual(await engine().exists(CHAT), { exists: true, chatId: CHAT, lid: null, phone: PERSON });
  (await phone()).faults({ exists: { unknown: [PERSON], lids: { '5511977776666': '99@lid' } } });
  t.deepEqual(await engine().exists(CHAT), { exists: false, chatId: null, lid: null, phone: null });
  t.like(await engine().exists('5511977776666@c.us'), { exists: true, lid: '99@lid' });
});

test('people, chats and groups are what was made of them, also after a restart', async (t) => {
  const { phone, engine, reboot, session, room } = await linked(t);
  const directory = () => engine().directory;
  await (await phone()).receive({ from: PERSON, name: 'Ana', text: 'hi', at: 5 });
  t.like((await directory().contacts())[0], { id: CHAT, name: 'Ana', phone: PERSON, blocked: false });
  t.deepEqual(await directory().chats(), [
    { id: CHAT, kind: 'private', name: 'Ana', unread: 1, lastMessageAt: 5, archived: false, labels: [] },
  ]);
  await engine().seen(CHAT);
  t.is((await directory().chats())[0]?.unread, 0);

  const other = '5511977776666@c.us';
  const { group } = await directory().createGroup('Friends', [CHAT]);
  t.deepEqual(
    group.participants.map(({ id, admin }) => [id, admin]),
    [
      ['5511911112222@c.us', true],
      [CHAT, false],
    ],
  );
  t.deepEqual(await directory().changeMembers(group.id, 'add', [other, CHAT]), [
    { id: other, ok: true },
    { id: CHAT, ok: false, error: 'is in the group already' },
  ]);
  await directory().changeMembers(group.id, 'promote', [other]);
  await directory().changeMembers(group.id, 'remove', [CHAT]);
  await directory().setSubject(group.id, 'Best friends');
  await directory().setDescription(group.id, 'us');
  const link = await directory().inviteLink(group.id, false);
  t.is(await directory().inviteLink(group.id, false), link);
  t.not(await directory().inviteLink(group.id, true), link);
  await directory().block(CHAT, true);
  await directory().setLabels(CHAT, ['1']);
  await (await phone()).happens({ kind: 'presence', from: PERSON, state: 'available', lastSeenAt: 3 });
  t.deepEqual(await directory().presence(CHAT), { state: 'available', lastSeenAt: 3 });

  await reboot();
  const kept = await directory().group(group.id);
  t.like(kept, { subject: 'Best friends', description: 'us', owner: '5511911112222@c.us' });
  t.deepEqual(
    kept.participants.map(({ id, admin }) => [id, admin]),
    [
      ['5511911112222@c.us', true],
      [other, true],
    ],
  );
  t.true((await directory().contacts()).find(({ id }) => id === CHAT)?.blocked);
  t.deepEqual((await directory().chats()).find(({ id }) => id === CHAT)?.labels, ['1']);
  await directory().leaveGroup(group.id);
  t.deepEqual(await directory().groups(), []);
  for (const call of [directory().group(group.id), directory().setLabels(CHAT, ['9']), directory().inviteLink(GROUP, false)]) {
    t.true(hasCode(await t.throwsAsync(call), 'not-found'));
  }
  await (await phone()).disconnect({ reason: 'loggedOut' });
  t.is(room.sessions.engineOf(session.id), null);
});

test('made-up files take no room, whatever their size, and of the others the oldest go', async (t) => {
  const { room, phone, engine, reboot } = await linked(t);
  const receive = async (media: { size: number } | { base64: string }) =>
    (await (await phone()).receive({ from: PERSON, type: 'document', media: { ...media, mimetype: 'a/b' } })).engineId;
  const huge = await receive({ size: 2_000_000_000 });
  const small = await receive({ size: 100_000 });
  await reboot();
  const onDisk = async (): Promise<number> => {
    const [profile = ''] = await readdir(room.tokensDir);
    const files = await readdir(join(room.tokensDir, profile), { recursive: true, withFileTypes: true });
    const sizes = files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };
  t.true((await onDisk()) < 10_000, `${await onDisk()} bytes`);
  const [again, twice] = await Promise.all([small, small].map(async (id) => bytesOf(await engine().fetchMedia(id))));
  t.is(again?.length, 100_000);
  t.true(again?.equals(twice as Buffer));
  for await (const chunk of await engine().fetchMedia(huge)) {
    t.true(chunk.length > 0);
    break;
  }

  const base64 = Buffer.alloc(30_000_000, 'x').toString('base64');
  const kept: string[] = [];
  for (let n = 0; n < 3; n++) kept.push(await receive({ base64 }));
  t.true((await onDisk()) < 70_000_000, `${await onDisk()} bytes`);
  for (const gone of [huge, small, kept[0]]) await t.throwsAsync(engine().fetchMedia(String(gone)), { code: 'media-unavailable' });
  t.is((await bytesOf(await engine().fetchMedia(String(kept[2])))).length, 30_000_000);
  // A restart finds what is there.
  await reboot();
  await receive({ base64 });
  await t.throwsAsync(engine().fetchMedia(String(kept[1])), { code: 'media-unavailable' });
  t.true((await onDisk()) < 70_000_000);
});

test('of what the phone was sent the latest is kept, and a cursor leads on behind what was dropped', async (t) => {
  const { phone, engine, reboot } = await linked(t);
  const text = 'x'.repeat(1_000_000);
  const send = async (n: number) => engine().send({ engineId: `true_x_${n}`, to: CHAT, type: 'text', text });
  const all = async () => {
    const ids: string[] = [];
    let cursor: string | null | undefined;
    for (; cursor !== null; ) {
      const page = await (await phone()).outbox({ limit: 3, ...(cursor !== undefined && { cursor }) });
      ids.push(...page.data.map(({ engineId }) => engineId));
      cursor = page.nextCursor;
    }
    return ids;
  };
  await send(0);
  await send(1);
  const early = (await (await phone()).outbox({ limit: 1 })).nextCursor as string;
  for (let n = 2; n < 30; n++) await send(n);
  const ids = await all();
  t.true(ids.length < 20, `${ids.length} are kept`);
  t.deepEqual(
    ids,
    Array.from({ length: ids.length }, (_, n) => `true_x_${30 - ids.length + n}`),
    'the latest, without a gap',
  );
  await reboot();
  t.deepEqual(await all(), ids);
  t.is((await (await phone()).outbox({ limit: 1, cursor: early })).data[0]?.engineId, ids[0]);
  t.is(await engine().findSent('true_x_29'), 'sent');
  await send(30);
  t.deepEqual(await all(), [...ids, 'true_x_30']);
});

test('a phone without a hub that listens takes so much and no more, and one that is never idle loses nothing', async (t) => {
  const { room, phone, session } = await linked(t);
  const text = 'x'.repeat(1_000_000);
  // Each comes before the one before is confirmed: the disk of the phone is never empty.
  let last: Promise<unknown> = Promise.resolve();
  for (let n = 0; n < 20; n++) {
    const before = last;
    last = (await phone()).receive({ from: PERSON, text, engineId: `busy_${n}` });
    await before;
  }
  await last;
  t.is(new Set(room.received.map(({ message }) => message.engineId)).size, 20);

  await room.sessions.disconnect(session.tenantId, 'shop');
  const taken: string[] = [];
  const refused = await t.throwsAsync(async () => {
    for (let n = 0; n < 50; n++) {
      await (await phone()).receive({ from: PERSON, text, engineId: `waits_${n}` });
      taken.push(`waits_${n}`);
    }
  });
  t.true(hasCode(refused, 'storage-full') && /Connect/.test(refused.message));
  t.true(taken.length >= 5);
  await room.sessions.connect(session.tenantId, 'shop');
  // What is not confirmed when the connection goes comes again.
  const there = () => new Set(room.received.map(({ message }) => message.engineId).filter((id) => id.startsWith('waits_'))).size;
  await until(() => there() === taken.length, { what: () => 'what waited' });
});

test('a phone forgets the oldest of very many people', async (t) => {
  const { room, phone, engine, reboot } = await linked(t);
  const numbers = Array.from({ length: 5_100 }, (_, n) => String(551190000000 + n));
  const [known, strangers] = [numbers.slice(0, 4_990), numbers.slice(4_990)];
  const each = (value: object) => Object.fromEntries(known.map((number) => [`${number}@c.us`, value]));
  const book = {
    contacts: each({ name: null, lid: null, blocked: false }),
    chats: each({ labels: [], unread: 1, lastMessageAt: 1 }),
    groups: {},
    available: true,
  };
  const [profile = ''] = await readdir(room.tokensDir);
  await writeFile(join(room.tokensDir, profile, 'book.json'), JSON.stringify(book));
  await reboot();
  const { directory } = engine();
  t.is((await directory.contacts()).length, 4_990);
  await Promise.all(strangers.map(async (from) => (await phone()).receive({ from, text: 'x' })));
  const [contacts, chats] = [await directory.contacts(), await directory.chats()];
  t.deepEqual([contacts.length, chats.length], [5_000, 5_000]);
  t.true(contacts.some(({ phone: number }) => number === '551190005099'));
  t.false(contacts.some(({ phone: number }) => number === '551190000099'));
  const { group } = await directory.createGroup(
    'Full',
    Array.from({ length: 1_100 }, (_, n) => `${551190000000 + n}@c.us`),
  );
  const [more] = await directory.changeMembers(group.id, 'add', ['551199999999@c.us']);
  t.regex(more?.error ?? '', /full/);
});

test('of many who come at once the phone writes its book once or twice', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true }));
  let writes = 0;
  const disk = new PhoneDisk(directory, memoryLogger(), () => ++writes > 0);
  const book: Book = { contacts: {}, chats: {}, groups: {}, available: true };
  const kept: Promise<void>[] = [];
  for (let n = 0; n < 100; n++) {
    book.contacts[`${n}@c.us`] = { name: null, lid: null, blocked: false };
    kept.push(disk.keepBook(book));
    await Promise.resolve();
  }
  await Promise.all(kept);
  t.true(writes <= 2, `${writes} times`);
  t.deepEqual(await disk.book(), book);
});

test('a process that may run no session any more changes nothing of the phone, also in the middle of what it had begun', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  let mayChange = true;
  const still = new PhoneDisk(directory, memoryLogger(), () => mayChange);
  await still.keepReceived({ broken: 'first' });
  const begun = [
    () => still.see({ engineId: 'late' } as Parameters<PhoneDisk['see']>[0]),
    () => still.hear('late'),
    () => still.keepReceived({ broken: 'late' }),
    () => still.forgetReceived(),
    () => still.forgetReceived(() => false),
    () => still.forgetReceived(() => true),
  ].map((work) => t.throwsAsync(work, { code: 'session-not-connected' }));
  mayChange = false;
  const other = new PhoneDisk(directory, memoryLogger());
  const account = { phone: '5511933334444', name: null };
  await other.link(account);
  await other.keepReceived({ broken: 'second' });
  await Promise.all(begun);
  for (const begin of [
    () => still.keepBook({ contacts: {}, chats: {}, groups: {} } as never),
    () => still.link({ phone: '5511911112222', name: null }),
    () => still.unlink(),
  ])
    await t.throwsAsync(begin, { code: 'session-not-connected' });
  t.deepEqual(await other.account(), account);
  // Nor is anything begun that the other one might go on with.
  t.deepEqual((await readdir(directory)).sort(), ['inbox.jsonl', 'phone.json']);
  t.is((await other.received()).length, 2);
  t.false(await other.hasMessage('late'));
  t.is(await other.book(), null);
});

test('what a process may change of the phone it changes in the same moment, and not after it has stood still', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const lengthOf = (name: string) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  const lengths: Record<string, number[]> = {};
  let name = '';
  const disk = new PhoneDisk(directory, memoryLogger(), () => {
    const asked = name;
    // As soon as it waits for anything it may wake up when all this is another process's.
    queueMicrotask(() => {
      lengths[asked] = [...(lengths[asked] ?? []), lengthOf(asked)];
    });
    return true;
  });
  const changes: [string, () => Promise<void>][] = [
    ['outbox.jsonl', () => disk.see({ engineId: 'one' } as Parameters<PhoneDisk['see']>[0])],
    ['heard.jsonl', () => disk.hear('one')],
    ['inbox.jsonl', () => disk.keepReceived({ broken: 'one' })],
    ['inbox.jsonl', () => disk.forgetReceived(() => false)],
    ['inbox.jsonl', () => disk.keepReceived({ broken: 'two' })],
    ['inbox.jsonl', () => disk.forgetReceived()],
    ['book.json', () => disk.keepBook({ contacts: {}, chats: {}, groups: {} } as never)],
  ];
  for (const [file, change] of changes) {
    name = file;
    lengths[file] = [];
    await change();
    t.is(lengths[file].at(-1), lengthOf(file), file);
  }
  t.deepEqual(
    ['outbox.jsonl', 'heard.jsonl', 'inbox.jsonl', 'book.json'].map((each) => lengthOf(each) > 0),
    [true, true, false, true],
  );
});

for (const how of ['handOver', 'drop'] as const)
  test(`what reaches a phone that another process has by then is refused, and not kept where nobody looks any more (${how})`, async (t) => {
    const { room, session, phone } = await linked(t);
    const before = await phone();
    await room.sessions[how](session.id);
    // As somebody does who had begun before that.
    await t.throwsAsync(before.receive({ from: PERSON, text: 'hello' }), { code: 'session-not-connected' });
    await t.throwsAsync(before.happens({ kind: 'call', from: PERSON }), { code: 'session-not-connected' });
    await room.reboot().start();
    await until(() => room.sessions.engineOf(session.id) !== null, { what: 'the session to be connected elsewhere' });
    t.deepEqual(room.received, []);
  });

test('what the hub has taken is not refused where the phone may not note it any more', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  let mayChange = true;
  const disk = new PhoneDisk(directory, memoryLogger(), () => mayChange);
  const taken: InboundMessage[] = [];
  const host = {
    async message(message: InboundMessage) {
      taken.push(message);
      mayChange = false;
    },
    notice: async () => undefined,
    unreadable: async () => undefined,
  };
  const handOver = new HandOver(disk, host, memoryLogger());
  await handOver.receive({ message: { engineId: 'one' } as InboundMessage }, () => true);
  t.is(taken.length, 1);
});

test('what the hub has taken is not handed to it again with what it has not, and what the phone could not keep keeps nothing there', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-phone-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  let mayChange = true;
  const disk = new PhoneDisk(directory, memoryLogger(), () => mayChange);
  let isOpen = false;
  const heard: string[] = [];
  const host = {
    async message({ engineId }: InboundMessage) {
      if (!isOpen) throw new HooklineError('session-not-connected', 'The run is over.');
      heard.push(engineId);
    },
    notice: async ({ kind }: Notice) => void heard.push(kind),
    unreadable: async () => undefined,
  };
  const handOver = new HandOver(disk, host, memoryLogger());
  const message = (engineId: string) => ({ message: { engineId } as InboundMessage });
  await handOver.receive(message('missed'), () => true);
  await handOver.receive({ notice: { kind: 'call' } as Notice, key: 'one' }, () => true);
  t.deepEqual(heard.splice(0), ['call']);
  isOpen = true;
  handOver.offer();
  await handOver.receive(message('next'), () => true);
  t.deepEqual(heard, ['missed', 'next']);
  await until(async () => (await disk.received()).length === 0, { what: 'the phone to keep nothing' });

  mayChange = false;
  await t.throwsAsync(
    handOver.receive(message('refused'), () => true),
    { code: 'session-not-connected' },
  );
  mayChange = true;
  await handOver.receive(message('last'), () => true);
  t.deepEqual(await disk.received(), []);
});
