import type { TestFn } from 'ava';
import type { InboundMessage, Notice } from '../../../src/core/message.ts';
import type { Happens, Receive } from '../../../src/sessions/engines/sandbox/phone.ts';
import { ACCOUNT, type EngineUnderTest, Line, somebody } from './line.ts';

const GROUP = '120363041234567890@g.us';
const MEMBER = '5511966665555';
const OWN = `${ACCOUNT.phone}@c.us`;
const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 11) % 256));
const file = (mimetype: string, filename?: string) => ({
  base64: BYTES.toString('base64'),
  mimetype,
  ...(filename !== undefined && { filename }),
});
const place = { latitude: -23.55052, longitude: -46.633308 };
const cards = [{ name: 'Ana', phones: ['+5511977776666'] }];
const poll = { question: 'When?', options: ['now', 'later'], selectable: 1 };
const list = { title: 'Menu', text: 'Choose', button: 'Open', sections: [{ title: 'Food', rows: [{ id: 'r1', title: 'Soup' }] }] };
const choice = { id: 'r1', title: 'Soup' };

/** What is played, and what of it the hub hears in the same words. */
const RECEIVED: Record<string, Omit<Receive, 'from' | 'type'>> = {
  image: { media: file('image/png'), text: 'a picture' },
  video: { media: file('video/mp4'), text: 'a film' },
  audio: { media: file('audio/mpeg') },
  voice: { media: file('audio/ogg') },
  document: { media: file('application/pdf', 'offer ü.pdf') },
  sticker: { media: file('image/webp') },
  location: { location: { ...place, name: 'The Shop', address: 'Rua 1' } },
  'live-location': { location: place },
  contact: { contacts: cards },
  poll: { poll },
  list: { list },
  'button-reply': { choice },
  'list-reply': { choice },
  interactive: { title: 'Menu', text: 'Choose please', raw: { footer: 'The Shop' } },
  interactive_response: { text: 'Yes', choice: { id: 'yes', title: 'Yes' } },
  product: { title: 'Bread', text: 'of rye', raw: { productId: '7' } },
  order: { title: 'Two loaves', text: 'for Monday', raw: { itemCount: 2 } },
  groups_v4_invite: { title: 'Bakers', text: 'Come in', raw: { inviteCode: 'abc' } },
  event_creation: { title: 'Open day', text: 'with cake', raw: { eventStartTime: 1_800_000_000 } },
};

/** Of which the hub hears only that they came, and why. */
const WITHOUT_CONTENT = { 'view-once': 'view-once', unknown: 'unsupported', oversized: 'oversized' };

interface Around {
  from: string;
  chat: string;
  messageId: string;
}

/** What is played, and what the hub hears of it. A poll is the account's own, any other message that person's. */
const HAPPENED: Record<Notice['kind'], (around: Around) => { played: Happens; heard: object }> = {
  reaction: ({ from, chat, messageId }) => ({
    played: { kind: 'reaction', from, messageId, emoji: '👍' },
    heard: { target: messageId, chat, fromMe: false, emoji: '👍' },
  }),
  edited: ({ from, chat, messageId }) => ({
    played: { kind: 'edited', from, messageId, text: 'better' },
    heard: { target: messageId, chat, fromMe: false, text: 'better' },
  }),
  revoked: ({ from, chat, messageId }) => ({
    played: { kind: 'revoked', from, messageId },
    heard: { target: messageId, chat, fromMe: false },
  }),
  'poll-vote': ({ from, chat, messageId }) => ({
    played: { kind: 'poll-vote', from, messageId, options: ['later'] },
    heard: { target: messageId, chat, options: ['later'] },
  }),
  presence: ({ from, chat }) => ({ played: { kind: 'presence', from, state: 'typing' }, heard: { chat, state: 'typing' } }),
  participants: ({ from }) => ({
    played: { kind: 'participants', from, chat: GROUP, action: 'add', participants: [MEMBER] },
    heard: { chat: GROUP, action: 'add' },
  }),
  call: ({ from }) => ({ played: { kind: 'call', from, video: true }, heard: { video: true, group: false } }),
};

export const EVERYTHING = [
  ...Object.keys(RECEIVED),
  ...Object.keys(WITHOUT_CONTENT),
  ...Object.keys(HAPPENED),
  ...['extras', 'group', 'own', 'media', 'once'],
];

export function inboundTests(test: TestFn, subject: EngineUnderTest, open: () => Promise<Line>): void {
  const say = (behaviour: string) => `${subject.name}: ${behaviour}`;
  /** Somebody new on the line. */
  const meet = async () => {
    const from = somebody();
    return { line: await open(), from, chat: `${from}@c.us` };
  };
  const plays = (what: string) => subject.plays.includes(what);

  for (const [type, input] of Object.entries(RECEIVED).filter(([type]) => plays(type))) {
    test(say(`an inbound message of type ${type} arrives with what it holds`), async (t) => {
      const { line, from, chat } = await meet();
      const message = await line.got({ ...input, from, type });
      const { media, text, ...same } = input;
      t.like(message, { ...same, type, fromMe: false, chat: { id: chat, kind: 'private' } });
      if (!media) {
        t.is(message.text, text ?? message.text);
        return;
      }
      t.is(message.caption, text);
      t.is(message.text, undefined);
      t.like(message.media, { mimetype: media.mimetype, size: BYTES.length, ...(media.filename && { filename: media.filename }) });
      t.true(BYTES.equals(await fetched(line, message)), 'byte for byte');
    });
  }

  for (const [type, reason] of Object.entries(WITHOUT_CONTENT).filter(([type]) => plays(type))) {
    test(say(`an inbound message of type ${type} arrives with why it says nothing`), async (t) => {
      const { line, from, chat } = await meet();
      const message = await line.got({ from, type });
      t.like(message, { type, fromMe: false, chat: { id: chat, kind: 'private' }, unavailable: { reason } });
      t.true((message.unavailable?.advice ?? '').length > 0);
      t.is(message.viewOnce, type === 'view-once' ? true : undefined);
    });
  }

  if (plays('once')) {
    test(say('a picture that is shown once and a round video arrive with their files, and what is special about them'), async (t) => {
      const { line, from } = await meet();
      const once = await line.got({ from, type: 'image', viewOnce: true, media: file('image/png') });
      t.like(once, { type: 'image', viewOnce: true, media: { mimetype: 'image/png' } });
      const round = await line.got({ from, type: 'video', videoNote: true, media: file('video/mp4') });
      t.like(round, { type: 'video', videoNote: true, media: { mimetype: 'video/mp4', size: BYTES.length } });
      t.true(BYTES.equals(await fetched(line, round)), 'byte for byte');
    });
  }

  for (const [kind, make] of Object.entries(HAPPENED).filter(([kind]) => plays(kind))) {
    test(say(`a notice of ${kind} arrives`), async (t) => {
      const { line, from, chat } = await meet();
      const messageId = kind === 'poll-vote' ? await ask(line, chat) : (await line.got({ from, text: 'hello' })).engineId;
      const { played, heard } = make({ from, chat, messageId });
      const before = Date.now();
      const notice = await line.noticed(played);
      t.like(notice, heard);
      t.is(notice.by?.phone, from);
      t.true(Math.abs(notice.at - before) < 60_000, 'milliseconds');
      if (notice.kind === 'call') t.truthy(notice.callId);
      const added = notice.kind === 'participants' ? notice.participants.map(({ phone }) => phone) : [MEMBER];
      t.deepEqual(added, [MEMBER]);
    });
  }

  if (plays('extras')) {
    test(say('an inbound message says what it answers, whom it mentions, who wrote it and that it was passed on'), async (t) => {
      const { line, from, chat } = await meet();
      const { engineId } = await line.send('a question');
      const extras = { replyTo: engineId, mentions: [OWN], forwarded: true };
      const message = await line.got({ from, name: 'Ana', text: 'an answer', ...extras });
      t.like(message, { text: 'an answer', ...extras, from: { id: chat, phone: from, name: 'Ana' } });
    });
  }

  if (plays('group')) {
    test(say('a message in a group says who wrote it'), async (t) => {
      const { line, from, chat } = await meet();
      const message = await line.got({ from, chat: GROUP, text: 'all of you' });
      t.like(message, { chat: { id: GROUP, kind: 'group' }, from: { id: GROUP }, author: { id: chat, phone: from }, to: OWN });
    });
  }

  if (plays('own')) {
    test(say('a message typed on the phone itself is the account’s own'), async (t) => {
      const { line, from, chat } = await meet();
      t.like(await line.got({ from, text: 'by hand', fromMe: true }), {
        fromMe: true,
        to: chat,
        chat: { id: chat, kind: 'private' },
      });
    });
  }

  if (subject.cannot.includes('fetchMedia')) {
    test(say('fetching media says that this engine cannot'), async (t) => {
      const line = await open();
      await t.throwsAsync(line.engine.fetchMedia('false_x'), { code: 'not-supported-by-engine' });
    });
  } else if (plays('media')) {
    test(say('media that WhatsApp does not have is unavailable'), async (t) => {
      const { line, chat } = await meet();
      await t.throwsAsync(line.engine.fetchMedia(`false_${chat}_3EB0000000000000000000`), { code: 'media-unavailable' });
    });

    test(say('media of before can be fetched by the next process'), async (t) => {
      await using line = await Line.open(subject);
      const message = await line.got({ from: somebody(), type: 'document', media: file('application/pdf', 'a.pdf') });
      await using next = await line.next();
      await next.engine.start();
      await next.opened();
      t.true(BYTES.equals(await fetched(next, message)));
    });
  }
}

async function fetched(line: Line, { engineId }: InboundMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await line.engine.fetchMedia(engineId)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function ask(line: Line, to: string): Promise<string> {
  const { engineId } = await line.engine.send({ engineId: line.engine.reserveId(to), to, type: 'poll', poll });
  return engineId;
}
