import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import type { HooklineError } from '../../../src/core/errors.ts';
import type { OutgoingMedia, OutgoingMessage } from '../../../src/core/message.ts';
import type { SeenMessage } from '../../../src/sessions/engines/sandbox/disk.ts';
import { type EngineUnderTest, type Line, somebody, until } from './line.ts';

/** A picture of one pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const WEBP = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vv9UAA=', 'base64');
const NOISE = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));

/** What is sent; `theirs` and `mine` are WhatsApp's ids of a message that was received and of one that was sent. */
type Case = (at: {
  chat: string;
  theirs: string;
  mine: string;
  file(bytes: Buffer, mimetype: string, filename?: string): Promise<OutgoingMedia>;
}) => Content | Promise<Content>;
type Content = OutgoingMessage extends infer Each ? (Each extends OutgoingMessage ? Omit<Each, 'engineId' | 'to'> : never) : never;

const CASES: Record<OutgoingMessage['type'], Case> = {
  text: ({ chat, theirs }) => ({ type: 'text', text: `hello @${chat.split('@')[0]} 👋`, replyTo: theirs, mentions: [chat] }),
  image: async ({ file }) => ({ type: 'image', media: await file(PNG, 'image/png'), caption: 'a picture' }),
  video: async ({ file }) => ({ type: 'video', media: await file(NOISE, 'video/mp4'), caption: 'a film' }),
  audio: async ({ file }) => ({ type: 'audio', media: await file(NOISE, 'audio/mpeg') }),
  voice: async ({ file }) => ({ type: 'voice', media: await file(NOISE, 'audio/ogg') }),
  document: async ({ file }) => ({ type: 'document', media: await file(NOISE, 'application/pdf', 'offer ü.pdf'), caption: 'an offer' }),
  sticker: async ({ file }) => ({ type: 'sticker', media: await file(WEBP, 'image/webp') }),
  location: () => ({ type: 'location', location: { latitude: -23.55052, longitude: -46.633308, name: 'The Shop', address: 'Rua 1' } }),
  contact: () => ({ type: 'contact', contacts: [{ name: 'Ana', phones: ['5511977776666'] }] }),
  poll: () => ({ type: 'poll', poll: { question: 'When?', options: ['now', 'later'], selectable: 1 } }),
  list: () => ({
    type: 'list',
    list: { title: 'Menu', text: 'Choose', button: 'Open', sections: [{ title: 'Food', rows: [{ id: 'r1', title: 'Soup' }] }] },
  }),
  forward: ({ theirs }) => ({ type: 'forward', target: theirs }),
  reaction: ({ theirs }) => ({ type: 'reaction', target: theirs, emoji: '👍' }),
  edit: ({ mine }) => ({ type: 'edit', target: mine, text: 'better words' }),
  revoke: ({ mine }) => ({ type: 'revoke', target: mine }),
};
export const sendTypes = Object.keys(CASES) as OutgoingMessage['type'][];

export function sendTests(test: TestFn, subject: EngineUnderTest, open: () => Promise<Line>): void {
  refusalTests(test, subject, open);
  for (const type of sendTypes) {
    if (subject.cannot.includes(`send ${type}`)) {
      test(`${subject.name}: a send of type ${type} says that this engine cannot`, async (t) => {
        const line = await open();
        const error = await t.throwsAsync(send(line, type), { code: 'not-supported-by-engine' });
        t.like(error, { extra: { engine: line.engine.name } });
      });
      continue;
    }
    test(`${subject.name}: a send of type ${type} arrives at the phone as it was asked for`, async (t) => {
      const line = await open();
      const asked = await send(line, type);
      const isIt = ({ type, engineId, target }: Partial<SeenMessage>) =>
        'target' in asked ? type === asked.type && target === asked.target : engineId === asked.engineId;
      const seen = async () => (await line.phone.seenMessages()).find(isIt);
      await until(`the phone has seen the ${type}`, async () => (await seen()) !== undefined);
      t.like(await seen(), expected(asked));
    });
  }
}

const GROUP = '120363099999999999@g.us';
const NEWSLETTER = '120363099999999998@newsletter';
const NO_CHAT = '5511000000001@c.us';

/** What WhatsApp Web refuses whatever it is asked again. `chat` is one with a person; `theirs` the id of a message in it. */
const REFUSED: Record<string, (at: { chat: string; theirs: string }) => Content & { to?: string }> = {
  'to a group that is not there': () => ({ type: 'text', text: 'x', to: GROUP }),
  'to a newsletter that is not there': () => ({ type: 'text', text: 'x', to: NEWSLETTER }),
  'that answers a message of a chat that is not there': () => ({
    type: 'text',
    text: 'x',
    replyTo: `false_${NO_CHAT}_3EB0AAAAAAAAAAAAAAAA`,
  }),
  'that answers a message that is not there': ({ chat }) => ({ type: 'text', text: 'x', replyTo: `false_${chat}_3EB0AAAAAAAAAAAAAAAA` }),
  'that answers what is no id of a message': () => ({ type: 'text', text: 'x', replyTo: 'nonsense' }),
  'that mentions a group': () => ({ type: 'text', text: 'x', mentions: [GROUP] }),
  'that mentions a newsletter beside a person': ({ chat }) => ({ type: 'text', text: 'x', mentions: [chat, NEWSLETTER] }),
  'with a reaction to a message that is not there': ({ chat }) => ({
    type: 'reaction',
    target: `true_${chat}_3EB0AAAAAAAAAAAAAAAA`,
    emoji: '👍',
  }),
  'that forwards a message that is not there': ({ chat }) => ({ type: 'forward', target: `false_${chat}_3EB0AAAAAAAAAAAAAAAA` }),
  'that edits a message that is not there': ({ chat }) => ({ type: 'edit', target: `true_${chat}_3EB0AAAAAAAAAAAAAAAA`, text: 'x' }),
  'that edits a message of somebody else': ({ theirs }) => ({ type: 'edit', target: theirs, text: 'x' }),
  'that deletes a message that is not there': ({ chat }) => ({ type: 'revoke', target: `true_${chat}_3EB0AAAAAAAAAAAAAAAA` }),
  'that deletes a message of somebody else': ({ theirs }) => ({ type: 'revoke', target: theirs }),
};

function refusalTests(test: TestFn, subject: EngineUnderTest, open: () => Promise<Line>): void {
  const refused = async (t: ExecutionContext, line: Line, content: Content & { to?: string }, chat: string) => {
    const message = { to: chat, ...content, engineId: line.engine.reserveId(content.to ?? chat) } as OutgoingMessage;
    const error = await t.throwsAsync<HooklineError>(line.engine.send(message), { code: 'engine-failed' });
    t.deepEqual(error?.stage, 'refused', error?.message);
    t.regex(error?.message ?? '', /\. [A-Z].+\.$/, 'it says what to do');
  };
  const cannot = (type: string) => subject.cannot.includes(`send ${type}`);
  for (const [which, content] of Object.entries(REFUSED).filter(([, content]) => !cannot(content({ chat: '', theirs: '' }).type))) {
    test(`${subject.name}: a send ${which} is refused for good, and the phone sees nothing of it`, async (t) => {
      const line = await open();
      const person = somebody();
      const chat = `${person}@c.us`;
      const theirs = (await line.got({ from: person, text: 'hello' })).engineId;
      const asked = content({ chat, theirs });
      await refused(t, line, asked, chat);
      await line.send('behind', {}, chat);
      const seen = (await line.phone.seenMessages()).filter(({ to }) => to === chat || to === asked.to);
      t.deepEqual(
        seen.map(({ text }) => text),
        ['behind'],
      );
    });
  }

  if (['location', 'contact', 'list', 'edit'].every(cannot)) return;
  test(`${subject.name}: a newsletter takes a text, and for good no place, no card, no list and no edit`, async (t) => {
    const line = await open();
    const to = `12036314${somebody()}@newsletter`;
    await line.got({ from: to, text: 'news' });
    const mine = (await line.send('more news', {}, to)).engineId;
    const nowhere = { latitude: 1, longitude: 2 };
    await refused(t, line, { type: 'location', location: nowhere }, to);
    await refused(t, line, { type: 'contact', contacts: [{ name: 'Ana', phones: ['5511977776666'] }] }, to);
    await refused(
      t,
      line,
      { type: 'list', list: { text: 'Choose', button: 'Open', sections: [{ title: 'a', rows: [{ id: 'a', title: 'a' }] }] } },
      to,
    );
    await refused(t, line, { type: 'edit', target: mine, text: 'other news' }, to);
    await line.send('and more', {}, to);
  });
}

/** Sends one in a chat with a message of each side. */
async function send(line: Line, type: OutgoingMessage['type']): Promise<OutgoingMessage> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-media-'));
  const person = somebody();
  const chat = `${person}@c.us`;
  const theirs = (await line.got({ from: person, text: `hello from ${person}` })).engineId;
  const mine = (await line.send('words', {}, chat)).engineId;
  const file = async (bytes: Buffer, mimetype: string, filename?: string): Promise<OutgoingMedia> => {
    const path = join(directory, 'file');
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, mimetype, size: bytes.length, sha256, ...(filename !== undefined && { filename }) };
  };
  try {
    const content = await CASES[type]({ chat, theirs, mine, file });
    const message = { ...content, engineId: line.engine.reserveId(chat), to: chat } as OutgoingMessage;
    const { engineId } = await line.engine.send(message);
    return { ...message, engineId };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where the file lay is nothing that a phone sees. */
function expected({ engineId, ...message }: OutgoingMessage): Partial<SeenMessage> {
  // What is done to a message is seen on that message: it has no id of its own there.
  const said = 'target' in message ? message : { engineId, ...message };
  if (!('media' in message)) return said;
  const { path: _, ...media } = message.media;
  return { ...said, media };
}
