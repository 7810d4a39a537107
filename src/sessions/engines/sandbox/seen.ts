import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { HooklineError } from '../../../core/errors.ts';
import type { OutgoingMedia, OutgoingMessage } from '../../../core/message.ts';
import type { SeenMessage } from './disk.ts';

/** A message as the phone shows it. The file is read to its end: a phone is not told of bytes, it gets them. */
export async function seenOf(message: OutgoingMessage): Promise<Omit<SeenMessage, 'typingMs' | 'at'>> {
  if (!('media' in message)) return message;
  const { media, ...said } = message;
  return { ...said, media: await received(media) };
}

const A_READ = 64 * 1_024;

async function received({ path, mimetype, filename }: OutgoingMedia): Promise<NonNullable<SeenMessage['media']>> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    await using file = await open(path);
    const buffer = Buffer.allocUnsafe(A_READ);
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
  } catch (cause) {
    throw new HooklineError('media-unavailable', 'The file of the message cannot be read.', { stage: 'later', cause });
  }
  return { sha256: hash.digest('hex'), size, mimetype, ...(filename !== undefined && { filename }) };
}
