import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type SignedDelivery, whyNotGenuine } from '../client/webhook.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { answer, isInJson, writeError } from './output.ts';

export interface VerifyOptions {
  keys: readonly string[];
  id: string;
  timestamp: string;
  signature: string;
}

/** Says whether a delivery that was kept is genuine. `file` holds the body as it came; `-` is standard input. Resolves with the exit code. */
export async function verifyWebhook(file: string, { keys, ...headers }: VerifyOptions): Promise<number> {
  const body = file === '-' ? await buffer(process.stdin) : await readFile(file);
  const now = Date.now();
  const why = await whyNotGenuine(keys, { ...headers, body }, now);
  if (why === null) {
    answer({ genuine: true }, 'Genuine: signed with this secret, and in time.\n');
    return 0;
  }
  const hint = await hintOf(keys, { ...headers, body }, now);
  if (isInJson()) answer({ genuine: false, why, hint }, '');
  else writeError(`Not genuine: ${why}.\n${hint === null ? '' : `${hint}\n`}`);
  return 1;
}

/** What would make it genuine, where that is known: then the secret is right. */
async function hintOf(
  keys: readonly string[],
  { body, ...headers }: Omit<SignedDelivery, 'body'> & { body: Buffer },
  now: Milliseconds,
): Promise<string | null> {
  const isGenuine = async (changed: Buffer): Promise<boolean> => (await whyNotGenuine(keys, { ...headers, body: changed }, now)) === null;
  const trimmed = body.subarray(0, body.toString('latin1').trimEnd().length);
  if (trimmed.length < body.length && (await isGenuine(trimmed)))
    return 'It is genuine without the line break at the end of the body, which whatever saved it has added.';
  const written = rewritten(body);
  if (written && (await isGenuine(written)))
    return 'It is genuine as the hub wrote it: this body was parsed and written again. Verify the bytes as they come, before anything parses them.';
  return null;
}

/** The body as the hub writes JSON. */
function rewritten(body: Buffer): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString())));
  } catch {
    return null;
  }
}
