import { soundText } from '../../core/arrival.ts';
import { unpacked } from '../../core/unpacked.ts';
import { utf8 } from '../../core/utf8.ts';
import type { Value } from '../language/schema.ts';
import { jsonSize } from '../language/size-limit.ts';
import type { WayOut } from '../ports.ts';
import type { HttpResult } from '../turn/state.ts';

/** Of an answer; a longer one is no answer. */
const MOST_BYTES = 256 * 1_024;

type Request = Omit<Parameters<WayOut['request']>[0], 'maxBytes' | 'whole' | 'body'> & { body: string | Buffer | undefined };

/** A request of a flow and its whole answer: JSON, or else the text. It never rejects. */
export type Fetch = (request: Request) => Promise<HttpResult>;

export const fetchBy =
  (egress: WayOut): Fetch =>
  async ({ body: sent, ...request }) => {
    const answer = await egress.request({ ...request, ...(sent !== undefined && { body: sent }), maxBytes: MOST_BYTES, whole: true });
    if ('error' in answer) return failed(`${answer.error}: ${answer.detail}`, !['blocked', 'too-large'].includes(answer.error));
    const plain = unpacked(answer.body, answer.headers['content-encoding'], MOST_BYTES);
    if (plain === null) return failed('The answer is compressed and cannot be unpacked, which was not asked for');
    const text = utf8(plain) ?? inItsCharset(plain, String(answer.headers['content-type'] ?? ''));
    if (text === null) return failed('The answer is not UTF-8, and names no other charset');
    const body = bodyOf(text);
    if (!Number.isFinite(jsonSize(body))) return failed('The JSON of the answer is nested too deeply');
    const seconds = /^\d{1,3}$/.exec(String(answer.headers['retry-after'] ?? ''))?.[0];
    return { status: answer.status, body, ...(seconds !== undefined && { retryAfter: Number(seconds) * 1_000 }) };
  };

const failed = (error: string, again = false): HttpResult => ({ error, again });

/** Many an old system still answers in Latin-1, and says so. Null where no charset is named that there is. */
function inItsCharset(bytes: Buffer, type: string): string | null {
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(type)?.[1];
  try {
    return charset === undefined ? null : new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function bodyOf(text: string): Value {
  try {
    const value: Value = JSON.parse(text);
    if (!MAY_BE_UNSOUND.test(text) || !Number.isFinite(jsonSize(value))) return value;
    return sound(JSON.parse(text.replace(TEXTS_AND_LONG_NUMBERS, withAllDigits)));
  } catch {
    return soundText(text);
  }
}

/** Escapes, and numbers with more digits than JavaScript keeps. */
const MAY_BE_UNSOUND = /\\u|\d{16}|\d[eE]\+?\d{2}/;
const TEXTS_AND_LONG_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])(?:-?\d{16,}(?![\d.eE])|-?\d+(?:\.\d+)?[eE]\+?\d{2,})/g;

/** A number whose digits would not come out as they went in, such as an order's, is kept as text. */
const withAllDigits = (token: string): string =>
  token.startsWith('"') || Math.abs(Number(token)) <= Number.MAX_SAFE_INTEGER ? token : `"${token}"`;

/** With texts that every phone and database takes. */
function sound(value: Value): Value {
  if (typeof value === 'string') return soundText(value);
  if (Array.isArray(value)) return value.map(sound);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [soundText(key), sound(one)]));
}
