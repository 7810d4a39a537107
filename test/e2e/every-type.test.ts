/**
 * The table of all that goes out and comes in, the whole way through a hub: from the request to what the phone saw, from
 * the phone to the event and the file. One table for both engines; wppconnect runs in a real Chromium against the stand-in.
 */
import { createHash } from 'node:crypto';
import test from 'ava';
import type { SeenMessage } from '../../src/sessions/engines/sandbox/disk.ts';
import type { Happens, Receive } from '../../src/sessions/engines/sandbox/phone.ts';
import { hearsay, incoming, seen } from '../conformance/engine/whatsapp-words.ts';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { type Answer, type Call, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const OWN = '5511911112222';
const MEMBER = '5511966665555';
const GROUP = '120363041234567890@g.us';

type Row = Answer['json'];

/** A hub with a session named `shop`, and the phone that it is linked to. */
interface World {
  call: Call;
  receive(message: Receive): Promise<string>;
  happens(what: Happens): Promise<void>;
  outbox(): Promise<Omit<SeenMessage, 'typingMs' | 'at'>[]>;
  close(): Promise<void>;
}

/** A person with whom nobody has talked, who wrote `theirs` and was written `mine`: the hub's ids and WhatsApp's. */
interface Talk {
  person: string;
  chat: string;
  theirs: { id: string; engineId: string };
  mine: { id: string; engineId: string };
}

/** A file of this kind as its first bytes tell it, with what may not be changed on the way behind. */
const fileOf = (magic: string, more = 70_000): Buffer =>
  Buffer.concat([Buffer.from(magic, 'latin1'), Buffer.from(Array.from({ length: more }, (_, index) => (index * 7 + 13) % 256))]);
const FILES = {
  image: {
    bytes: fileOf('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\0IDAT'),
    mimetype: 'image/png',
  },
  video: { bytes: fileOf('\0\0\0\x18ftypmp42\0\0\0\0mp42isom'), mimetype: 'video/mp4' },
  audio: { bytes: fileOf('\xff\xfb\x90\x64'), mimetype: 'audio/mpeg' },
  voice: { bytes: fileOf(`OggS${'\0'.repeat(24)}OpusHead\x01\x01`), mimetype: 'audio/ogg' },
  document: { bytes: fileOf('%PDF-1.7\n'), mimetype: 'application/pdf' },
  sticker: { bytes: fileOf('RIFF\xff\xff\xff\0WEBPVP8 '), mimetype: 'image/webp' },
} as const;
type Kind = keyof typeof FILES;
const base64 = (kind: Kind) => FILES[kind].bytes.toString('base64');
const seenFile = (kind: Kind) => ({
  sha256: createHash('sha256').update(FILES[kind].bytes).digest('hex'),
  size: FILES[kind].bytes.length,
});

const PLACE = { latitude: -23.55052, longitude: -46.633308, name: 'The Shop', address: 'Rua 1' };
const { name: _, address: __, ...SPOT } = PLACE;
const ANN = { name: 'Ann; the first', phones: ['5511977776666'], organization: 'The Shop', emails: ['ann@example.com'] };
const BOB = { name: 'Bob', phones: ['5511977775555'] };
const POLL = { question: 'When?', options: ['now', 'later', 'never'] };
const LIST = {
  title: 'Menu',
  text: 'Choose',
  footer: 'until noon',
  button: 'Open',
  sections: [
    {
      title: 'Food',
      rows: [
        { id: 'r1', title: 'Soup', description: 'hot' },
        { id: 'r2', title: 'Bread' },
      ],
    },
  ],
};

interface Sent {
  /** The body of the request, but for `to` where it is the person's chat. */
  send: Record<string, unknown>;
  /** What of it the phone saw. */
  seen: Partial<SeenMessage>;
}

const media = (kind: Kind, more: { caption?: string; filename?: string; [member: string]: unknown } = {}) => {
  const { filename, ...said } = more;
  return { type: kind, media: { base64: base64(kind), ...(filename && { filename }) }, ...said };
};

const OUT: Record<string, (talk: Talk) => Sent> = {
  text: () => ({ send: { type: 'text', text: 'hello 👋\n*bold*' }, seen: { type: 'text', text: 'hello 👋\n*bold*' } }),
  'text that answers and mentions': ({ person, chat, theirs }) => ({
    send: { type: 'text', text: `hi @${person}`, replyTo: theirs.id, mentions: [person] },
    seen: { type: 'text', replyTo: theirs.engineId, mentions: [chat] },
  }),
  'link with its preview': () => ({
    send: { type: 'text', text: 'see https://example.com/a', linkPreview: true },
    seen: { text: 'see https://example.com/a', linkPreview: true },
  }),
  'link without one': () => ({
    send: { type: 'text', text: 'see https://example.com/a', linkPreview: false },
    seen: { text: 'see https://example.com/a', linkPreview: false },
  }),
  'image that answers and mentions': ({ person, chat, theirs }) => ({
    send: media('image', { caption: 'a picture', replyTo: theirs.engineId, mentions: [person] }),
    seen: {
      type: 'image',
      caption: 'a picture',
      replyTo: theirs.engineId,
      mentions: [chat],
      media: { ...seenFile('image'), mimetype: 'image/png' },
    },
  }),
  video: () => ({
    send: media('video', { caption: 'a film' }),
    seen: { type: 'video', caption: 'a film', media: { ...seenFile('video'), mimetype: 'video/mp4' } },
  }),
  audio: () => ({ send: media('audio'), seen: { type: 'audio', media: { ...seenFile('audio'), mimetype: 'audio/mpeg' } } }),
  voice: () => ({ send: media('voice'), seen: { type: 'voice', media: { ...seenFile('voice'), mimetype: 'audio/ogg; codecs=opus' } } }),
  document: () => ({
    send: media('document', { filename: 'offer ü.pdf', caption: 'an offer' }),
    seen: {
      type: 'document',
      caption: 'an offer',
      media: { ...seenFile('document'), mimetype: 'application/pdf', filename: 'offer ü.pdf' },
    },
  }),
  sticker: () => ({ send: media('sticker'), seen: { type: 'sticker', media: { ...seenFile('sticker'), mimetype: 'image/webp' } } }),
  location: () => ({ send: { type: 'location', ...PLACE }, seen: { type: 'location', location: PLACE } }),
  'location without a name': () => ({ send: { type: 'location', ...SPOT }, seen: { type: 'location', location: SPOT } }),
  contact: () => ({ send: { type: 'contact', contacts: [ANN] }, seen: { type: 'contact', contacts: [ANN] } }),
  contacts: () => ({ send: { type: 'contact', contacts: [ANN, BOB] }, seen: { type: 'contact', contacts: [ANN, BOB] } }),
  'poll with one choice': () => ({ send: { type: 'poll', ...POLL }, seen: { type: 'poll', poll: { ...POLL, selectable: 1 } } }),
  'poll with many': () => ({ send: { type: 'poll', ...POLL, selectable: 3 }, seen: { type: 'poll', poll: { ...POLL, selectable: 3 } } }),
  list: () => ({ send: { type: 'list', ...LIST }, seen: { type: 'list', list: LIST } }),
  reaction: ({ theirs }) => ({
    send: { type: 'reaction', messageId: theirs.id, emoji: '👍' },
    seen: { type: 'reaction', target: theirs.engineId, emoji: '👍' },
  }),
  'reaction taken back': ({ theirs }) => ({
    send: { type: 'reaction', messageId: theirs.id, emoji: '' },
    seen: { type: 'reaction', target: theirs.engineId, emoji: '' },
  }),
  forward: ({ theirs, chat }) => ({
    send: { type: 'forward', to: chat, messageId: theirs.id },
    seen: { type: 'forward', target: theirs.engineId },
  }),
  edit: ({ mine }) => ({
    send: { type: 'edit', messageId: mine.id, text: 'better words' },
    seen: { type: 'edit', target: mine.engineId, text: 'better words' },
  }),
  revoke: ({ mine }) => ({ send: { type: 'revoke', messageId: mine.id }, seen: { type: 'revoke', target: mine.engineId } }),
  'text to a group': () => ({ send: { to: GROUP, type: 'text', text: 'hello all' }, seen: { to: GROUP, type: 'text', text: 'hello all' } }),
};
/** What has no id of its own. */
const ABOUT = ['reaction', 'edit', 'revoke'];

const inFile = (kind: Kind, filename?: string) => ({ base64: base64(kind), mimetype: FILES[kind].mimetype, ...(filename && { filename }) });
const CHOICE = { id: 'r1', title: 'Soup' };

/** What is played, and what of it stands in the event; `from` is the person. */
const IN: Record<string, (talk: Talk) => { played: Omit<Receive, 'from'>; told?: Row; type?: string }> = {
  text: () => ({ played: { text: 'olá 👋' }, told: { text: 'olá 👋' } }),
  'text that answers, mentions and was passed on': ({ mine }) => {
    const said = { text: 'yes', replyTo: mine.engineId, mentions: [`${OWN}@c.us`], forwarded: true };
    return { played: said, told: said };
  },
  image: () => ({ played: { type: 'image', text: 'a picture', media: inFile('image') }, told: { caption: 'a picture' } }),
  video: () => ({ played: { type: 'video', media: inFile('video') } }),
  audio: () => ({ played: { type: 'audio', media: inFile('audio') } }),
  voice: () => ({ played: { type: 'voice', media: inFile('voice') } }),
  document: () => ({ played: { type: 'document', media: inFile('document', 'offer ü.pdf') } }),
  sticker: () => ({ played: { type: 'sticker', media: inFile('sticker') } }),
  location: () => ({ played: { type: 'location', location: PLACE }, told: { location: PLACE } }),
  'live location': () => ({ played: { type: 'live-location', location: SPOT }, told: { location: SPOT } }),
  contact: () => ({ played: { type: 'contact', contacts: [BOB] }, told: { contacts: [BOB] } }),
  poll: () => ({ played: { type: 'poll', poll: { ...POLL, selectable: 1 } }, told: { poll: { ...POLL, selectable: 1 } } }),
  list: () => ({ played: { type: 'list', list: LIST }, told: { list: LIST } }),
  'button reply': () => ({ played: { type: 'button-reply', choice: CHOICE }, told: { choice: CHOICE } }),
  'list reply': () => ({ played: { type: 'list-reply', choice: CHOICE }, told: { choice: CHOICE } }),
  'picture in a group': ({ person }) => ({
    played: { chat: GROUP, type: 'image', media: inFile('image') },
    told: { chat: { id: GROUP, kind: 'group' }, author: { phone: person } },
  }),
  'text from the phone itself': ({ chat }) => ({
    played: { fromMe: true, text: 'by hand' },
    told: { text: 'by hand', to: chat, direction: 'outbound' },
    type: 'message.fromphone',
  }),
  'file from the phone itself': ({ chat }) => ({
    played: { fromMe: true, type: 'document', media: inFile('document', 'by hand.pdf') },
    told: { to: chat, direction: 'outbound' },
    type: 'message.fromphone',
  }),
};

const members = (action: 'add' | 'remove' | 'promote' | 'demote') => ({
  played: { kind: 'participants' as const, chat: GROUP, action, participants: [MEMBER] },
  type: 'group.participants',
  told: { chat: { id: GROUP, kind: 'group' }, action, participants: [{ phone: MEMBER }] },
});
type Around = Happens extends infer Each ? (Each extends Happens ? Omit<Each, 'from'> : never) : never;

/** `poll`: WhatsApp's id of a poll of the account. */
const AROUND: Record<string, (talk: Talk & { poll: string }) => { played: Around; type: string; told: Row }> = {
  reaction: ({ mine }) => ({
    played: { kind: 'reaction', messageId: mine.engineId, emoji: '👍' },
    type: 'message.reaction',
    told: { messageId: mine.id, engineId: mine.engineId, emoji: '👍', fromMe: false },
  }),
  'reaction taken back': ({ mine }) => ({
    played: { kind: 'reaction', messageId: mine.engineId, emoji: null },
    type: 'message.reaction',
    told: { messageId: mine.id, emoji: null },
  }),
  edit: ({ theirs }) => ({
    played: { kind: 'edited', messageId: theirs.engineId, text: 'better' },
    type: 'message.edited',
    told: { messageId: theirs.id, text: 'better', fromMe: false },
  }),
  revoke: ({ theirs }) => ({
    played: { kind: 'revoked', messageId: theirs.engineId },
    type: 'message.revoked',
    told: { messageId: theirs.id, fromMe: false },
  }),
  'poll vote': ({ poll }) => ({
    played: { kind: 'poll-vote', messageId: poll, options: ['later'] },
    type: 'poll.vote',
    told: { engineId: poll, options: ['later'] },
  }),
  'poll vote taken back': ({ poll }) => ({
    played: { kind: 'poll-vote', messageId: poll, options: [] },
    type: 'poll.vote',
    told: { engineId: poll, options: [] },
  }),
  presence: ({ chat }) => ({
    played: { kind: 'presence', state: 'typing' },
    type: 'presence.changed',
    told: { chat: { id: chat, kind: 'private' }, state: 'typing' },
  }),
  'members added': () => members('add'),
  'members removed': () => members('remove'),
  'members promoted': () => members('promote'),
  'members demoted': () => members('demote'),
  call: () => ({ played: { kind: 'call', video: true }, type: 'call.incoming', told: { video: true, group: false } }),
};

async function sandboxWorld(): Promise<World> {
  const hub = await startHub();
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop', OWN);
  return {
    call,
    close: () => hub.dispose(),
    receive: async (message) => (await call('POST', '/api/sessions/shop/sandbox/receive', message)).json.engineId,
    happens: async (what) => void (await call('POST', '/api/sessions/shop/sandbox/happens', what)),
    outbox: async () => (await call('GET', '/api/sessions/shop/sandbox/outbox?limit=200')).json.data,
  };
}

async function wppconnectWorld(): Promise<World> {
  const whatsapp = await startWhatsAppWeb();
  const args = ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(',');
  const hub = await startHub({ env: { HOOKLINE_CHROMIUM: chromium as string, HOOKLINE_CHROMIUM_ARGS: args } });
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  const phone = whatsapp.phone(OWN, 'The Shop');
  await scanShown(phone, () => codeOf(call));
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', {
    what: 'the session to be connected',
    within: 60_000,
  });
  return {
    call,
    receive: async (message) => phone.receive(incoming(message)),
    happens: async (what) => phone.hear(hearsay(what)),
    outbox: async () => phone.outbox().flatMap((sighting) => seen(phone, sighting)),
    async close() {
      await hub.end();
      await hub.dispose();
      await whatsapp.close();
    },
  };
}

let people = 0;

for (const [engine, open] of Object.entries({ sandbox: sandboxWorld, wppconnect: wppconnectWorld })) {
  let world: World;
  const runs = engine === 'sandbox' || chromium !== null;
  const row = runs ? test.serial : test.serial.skip;
  let opened: Promise<World> | undefined;

  test.after.always(async () => {
    await (await opened)?.close();
  });

  const event = (type: string, fits: (data: Row) => boolean): Promise<Row> =>
    until(
      async () => {
        // The newest first, and no more than a row may make: it is asked for over and over.
        const { json } = await world.call('GET', `/api/events?order=desc&limit=10&types=${type}`);
        return json.data.map(({ data }: Row) => data).find(fits);
      },
      { what: `the event ${type}` },
    );

  async function sent(body: Row): Promise<{ id: string; engineId: string }> {
    const { status, json, text } = await world.call('POST', '/api/sessions/shop/messages', body);
    if (status !== 202) throw new Error(text);
    const message = await until(
      async () => {
        const now = (await world.call('GET', `/api/messages/${json.id}`)).json;
        return ['sent', 'failed', 'unknown'].includes(now.status) && now;
      },
      { what: `the ${body.type} to be sent` },
    );
    if (message.status !== 'sent') throw new Error(JSON.stringify(message));
    return message;
  }

  async function talk(): Promise<Talk> {
    opened ??= open();
    world = await opened;
    const person = `55119${70_000_000 + people++}`;
    const engineId = await world.receive({ from: person, text: `hello from ${person}` });
    const theirs = await event('message.received', (data) => data.engineId === engineId);
    const mine = await sent({ to: person, type: 'text', text: 'words' });
    return { person, chat: `${person}@c.us`, theirs, mine };
  }

  for (const [name, make] of Object.entries(OUT)) {
    row(`${engine}, out: ${name}`, async (t) => {
      t.timeout(180_000);
      const at = await talk();
      if (name.includes('group')) await world.receive({ from: MEMBER, chat: GROUP, text: 'all of you' });
      const { send, seen } = make(at);
      const { engineId } = await sent(ABOUT.includes(String(send.type)) ? send : { to: at.person, ...send });
      const found = (await world.outbox()).findLast((one) =>
        ABOUT.includes(String(send.type)) ? one.type === send.type && one.target === seen.target : one.engineId === engineId,
      );
      const { linkPreview = false, ...said } = seen;
      // On a card of the real engine the numbers stand as WhatsApp knows them, without the "+".
      for (const card of (found?.contacts ?? []) as (typeof ANN)[]) card.phones = card.phones.map((phone) => phone.replace(/^\+/, ''));
      t.like(found, { to: at.chat, ...said });
      t.is(found?.linkPreview ?? false, linkPreview);
    });
  }

  for (const [name, make] of Object.entries(IN)) {
    row(`${engine}, in: ${name}`, async (t) => {
      t.timeout(180_000);
      const at = await talk();
      const { played, told = {}, type = 'message.received' } = make(at);
      const engineId = await world.receive({ from: at.person, ...played });
      const data = await event(type, (one) => one.engineId === engineId);
      const own = type === 'message.fromphone';
      t.like(data, { type: played.type ?? 'text', direction: own ? 'outbound' : 'inbound', chat: { id: played.chat ?? at.chat }, ...told });
      if (!own && !played.chat) t.like(data.from, { id: at.chat, phone: at.person, lid: null });
      if (!played.media) return;
      const kind = played.type as Kind;
      t.like(data.media, { mimetype: played.media.mimetype, size: FILES[kind].bytes.length, filename: played.media.filename });
      const ready = await event('media.ready', (one) => one.messageId === data.id);
      // Sent on as it lies in the hub: the phone gets what it sent.
      const onward = await sent({ to: at.person, type: kind, media: { mediaId: ready.media.id } });
      t.like((await world.outbox()).find((one) => one.engineId === onward.engineId)?.media, seenFile(kind), 'byte for byte');
    });
  }

  for (const [name, make] of Object.entries(AROUND)) {
    row(`${engine}, around: ${name}`, async (t) => {
      t.timeout(180_000);
      const at = await talk();
      const poll = name.startsWith('poll') ? (await sent({ to: at.person, type: 'poll', ...POLL })).engineId : '';
      const { played, type, told } = make({ ...at, poll });
      await world.happens({ ...played, from: at.person } as Happens);
      const data = await event(type, (one) => (one.from ?? one.by)?.phone === at.person);
      t.like(data, told);
    });
  }
}
