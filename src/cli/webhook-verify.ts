import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { whyNotGenuine } from '../client/webhook.ts';
import { write, writeError } from './output.ts';

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
    write('Genuine: signed with this secret, and in time.\n');
    return 0;
  }
  writeError(`Not genuine: ${why}.\n`);
  const trimmed = body.subarray(0, body.toString('latin1').trimEnd().length);
  if (trimmed.length < body.length && (await whyNotGenuine(keys, { ...headers, body: trimmed }, now)) === null) {
    writeError('It is genuine without the line break at the end of the body, which whatever saved it has added.\n');
    return 1;
  }
  const written = rewritten(body);
  if (written && (await whyNotGenuine(keys, { ...headers, body: written }, now)) === null) {
    writeError(
      'It is genuine as the hub wrote it: this body was parsed and written again. Verify the bytes as they come, before anything parses them.\n',
    );
  }
  return 1;
}

/** The body as the hub writes JSON. */
function rewritten(body: Buffer): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString())));
  } catch {
    return null;
  }
}
