import type { Fault, SendStage } from '../../core/errors.ts';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { nameInDisposition, nameInUrl } from './filename.ts';
import type { MediaPorts } from './ports.ts';

/** Where a send that asks for nonsense is told so. */
export function refuseSource(path: string, message: string): never {
  const errors: Fault[] = [{ path, message }];
  throw new HooklineError('invalid-body', `${path}: ${message}`, { errors });
}

const DATA_URL = /^data:([^,;]*)((?:;[^,;]*)*);base64,/i;
const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/** Throws `invalid-body`. A `data:` URL carries its own type. */
export function decodeBase64(text: string): { bytes: Buffer; mimetype?: string } {
  const [prefix = '', mimetype] = DATA_URL.exec(text.slice(0, 1_000)) ?? [];
  const digits = text.slice(prefix.length).replace(/\s+/g, '');
  const unpadded = digits.replace(/=+$/, '').length;
  // Node takes whatever looks like base64 and skips the rest; a file with holes is of no use to anybody.
  if (!ALPHABET.test(digits) || unpadded % 4 === 1 || (digits.length !== unpadded && digits.length % 4 !== 0)) {
    refuseSource('media.base64', 'This is not base64: A-Z, a-z, 0-9, + and /, padded with =.');
  }
  return { bytes: Buffer.from(digits, 'base64'), ...(mimetype && { mimetype }) };
}

/** Answers that another try may change; any other one under 500 stands. */
const PASSING = new Set([408, 425, 429]);

/**
 * The file behind a URL, as it comes: a chunk lasts until the next one is asked for. What goes wrong says by its stage whether
 * a later try makes sense: `later`, or `refused` when it does not.
 */
export async function openUrl(
  egress: MediaPorts['egress'],
  tenantId: TenantId,
  url: string,
  limits: { deadline: Milliseconds; idle: Milliseconds; signal: AbortSignal },
): Promise<{ chunks: AsyncIterable<Uint8Array>; mimetype: string | undefined; filename: string | undefined; announced: number }> {
  const answer = await egress.download({ tenantId, url, ...limits });
  if ('error' in answer) {
    const { error, detail, status = 500 } = answer;
    if (error === 'blocked') throw new HooklineError('url-forbidden', `The media cannot be fetched: ${detail}.`, { stage: 'refused' });
    throw unavailable(detail, error === 'http' && status < 500 && !PASSING.has(status) ? 'refused' : 'later');
  }
  const { headers, body } = answer;
  const [mimetype] = [headers['content-type']].flat();
  const filename = nameInDisposition([headers['content-disposition']].flat()[0]) ?? nameInUrl(url);
  return { chunks: explained(body), mimetype, filename, announced: Number(headers['content-length']) || 0 };
}

async function* explained(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of body) {
      yield chunk;
      giveBack(chunk);
    }
  } catch (error) {
    throw unavailable(messageOf(error), 'later');
  }
}

/** The memory of a chunk that has a buffer of its own, now: the collector would let tens of MB of them gather first. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

const unavailable = (detail: string, stage: SendStage): HooklineError =>
  new HooklineError('media-unavailable', `The media cannot be fetched from its URL: ${detail.replace(/\.?$/, '.')}`, { stage });
