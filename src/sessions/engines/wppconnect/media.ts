/** Files on their way into the page and out of it, piece by piece: none of them is ever whole in the hub's memory. */
import { HooklineError, messageOf } from '../../../core/errors.ts';
import type { Milliseconds } from '../../../core/runtime.ts';
import { mediaRefusal } from '../refusals.ts';
import type { Connection } from './connection.ts';
import { download, sizeOf, slice } from './page/page-media.ts';
import { fileInput, type SendOrder, type SendOutcome, sendInPage } from './page/page-send.ts';

const MIB = 1024 ** 2;
/** A line slower than this (per MiB, in ms) is no line for files. */
const TRANSFER_PER_MIB = 10_000;

/** Sends what carries a file: an element of the page holds it, and the browser reads it from the disk by itself. */
export async function sendFile(
  connection: Connection,
  order: SendOrder,
  file: { path: string; size: number },
  limit: Milliseconds,
): Promise<SendOutcome> {
  const input = await connection
    .call('take the file', async (_, page) => {
      const element = await page.evaluateHandle(fileInput);
      // To puppeteer's types an element is one of a browser's, which the hub's know nothing of.
      await (element as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(file.path);
      return element;
    })
    .catch((cause: unknown) => {
      throw new HooklineError('engine-failed', `WhatsApp Web did not take the file: ${messageOf(cause)}`, {
        cause,
        stage: 'before',
      });
    });
  try {
    const time = limit + Math.ceil(file.size / MIB) * TRANSFER_PER_MIB;
    return await connection.call('send the file', (_, page) => page.evaluate(sendInPage, order, input), time);
  } finally {
    await input.dispose().catch(() => undefined);
  }
}

/** `limit`: for WhatsApp's part, from its servers into the page. Whoever stops reading lets the page forget the file. */
export async function fetchFile(connection: Connection, engineId: string, limit: Milliseconds): Promise<AsyncIterable<Uint8Array>> {
  const held = await connection.call('fetch the file', (_, page) => page.evaluateHandle(download, engineId), limit);
  const found = await connection.call('fetch the file', () => held.evaluate(sizeOf));
  if (found.size !== null) return pieces(found.size);
  await held.dispose().catch(() => undefined);
  throw mediaRefusal(found);

  async function* pieces(size: number): AsyncGenerator<Uint8Array> {
    try {
      for (let from = 0; from < size; from += MIB) {
        const to = Math.min(from + MIB, size);
        yield Buffer.from(await connection.call('hand over the file', () => held.evaluate(slice, from, to)), 'base64');
      }
    } finally {
      await held.dispose().catch(() => undefined);
    }
  }
}
