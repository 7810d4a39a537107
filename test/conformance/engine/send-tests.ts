import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestFn } from 'ava';
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
  for (const type of sendTypes) {
    if (subject.cannot.includes(`send ${type}`)) {
      test(`${subject.name}: a send of type ${type} says that this engine cannot`, async (t) => {
        const line = await open();
        const error = await t.throwsAsync(send(line, type), { code: 'not-supported-by-engine' });
        t.like(error, { extra: { engine: subject.name } });
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
