import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { HooklineError } from '../../../core/errors.ts';
import type { OutgoingMedia, OutgoingMessage } from '../../../core/message.ts';
import type { SeenMessage } from './disk.ts';

/** A message as the phone shows it. The file is read to its end: a phone is not told of bytes, it gets them. */
export async function seenOf(message: OutgoingMessage): Promise<Omit<SeenMessage, 'typingMs' | 'at'>> {
  if (!('media' in message)) return message;
  const { media, ...said } = message;
  return { ...said, media: await received(media) };
}

async function received({ path, mimetype, filename }: OutgoingMedia): Promise<NonNullable<SeenMessage['media']>> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    throw new HooklineError('media-unavailable', 'The file of the message cannot be read.', { extra: { handedOver: false }, cause });
  }
  return { sha256: hash.digest('hex'), size, mimetype, ...(filename !== undefined && { filename }) };
}
