import { bodyParser } from '@koa/bodyparser';
import type { Context } from 'koa';
import { HooklineError, messageOf } from '../core/errors.ts';
import { utf8 } from '../core/utf8.ts';
import { type ArrivalTimes, arriving, inTime } from './arriving.ts';
import { readEntries, readJson } from './json.ts';

/** `entries`: JSON whose lists may be long; their entries come as `JsonEntry`. `bytes`: as they come, and read by whoever is given them. */
export type BodyType = 'json' | 'entries' | 'yaml' | 'bytes';
/** The body as sent: a JSON value, text, or bytes that are still to come. `{}` or empty when there is none. */
export type BodyReader = (ctx: Context) => Promise<unknown>;

export interface BodyLimits {
  /** Of the whole, in bytes. */
  limit: number;
  /** Of an entry of JSON, in characters. */
  entry: number;
  times: ArrivalTimes;
  /** The route also takes a file, which is read elsewhere. */
  takesFile?: boolean;
}

const JSON_MIMES = ['application/json', 'application/*+json'];
const MIMES = {
  json: JSON_MIMES,
  entries: JSON_MIMES,
  yaml: ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'],
  bytes: ['application/octet-stream'],
} as const satisfies Record<BodyType, readonly string[]>;

/** Reads bodies of one type; what is of another type, broken, too large or too slow is refused with what to do. */
export function bodyReader(type: BodyType, { limit, entry, times, takesFile = false }: BodyLimits): BodyReader {
  const hint = takesFile ? ' A file comes as multipart/form-data.' : '';
  if (type === 'bytes') {
    return async (ctx) => {
      if (isSent(ctx)) needType(ctx, type, hint);
      if ((ctx.request.length ?? 0) > limit) throw tooLarge(limit, ctx.request.length);
      return upTo(limit, arriving(ctx, times));
    };
  }
  const readText = textReader(type, limit);
  return async (ctx) => {
    if (!isSent(ctx)) return type === 'yaml' ? '' : {};
    needType(ctx, type, hint);
    const text = await inTime(ctx, times, readText(ctx));
    if (type === 'yaml') return text;
    return type === 'json' ? readJson(text) : readEntries(text, entry);
  };
}

export const isSent = (ctx: Context): boolean => (ctx.request.length ?? 0) > 0 || ctx.get('transfer-encoding') !== '';

function textReader(type: 'json' | 'entries' | 'yaml', limit: number): (ctx: Context) => Promise<string> {
  const parse = bodyParser({
    enableTypes: ['text'],
    extendTypes: { text: [...MIMES[type]] },
    parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    textLimit: limit,
    // A character for each byte: what the text is, is said below.
    encoding: 'binary',
    onError(error, ctx) {
      if ((error as Error & { status?: number }).status === 413) throw tooLarge(limit, ctx.request.length);
      const name = type === 'yaml' ? 'YAML' : 'JSON';
      throw new HooklineError('bad-request', `The body cannot be read as ${name}: ${messageOf(error)}.`, { cause: error });
    },
  });
  return async (ctx) => {
    await parse(ctx, async () => undefined);
    const { body } = ctx.request;
    if (typeof body !== 'string') throw new HooklineError('bad-request', 'The connection was closed before the body had come.');
    const text = utf8(Buffer.from(body, 'latin1'));
    if (text === null) throw notUtf8('The body');
    // It may be large, and the request is here for long.
    Object.assign(ctx.request, { body: undefined, rawBody: undefined });
    return text;
  };
}

async function* upTo(limit: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit, size);
    yield chunk;
  }
}

export function notUtf8(what: string): HooklineError {
  return new HooklineError('bad-request', `${what} is not UTF-8 (RFC 8259, section 8.1). Send it in UTF-8, without another charset.`);
}

function needType(ctx: Context, type: BodyType, hint: string): void {
  const mimes = MIMES[type];
  if (ctx.request.is([...mimes])) return;
  const detail = `Send this body with "Content-Type: ${mimes[0]}", not "${ctx.get('content-type') || 'none'}".${hint}`;
  throw new HooklineError('unsupported-media-type', detail);
}

/** `size`: as it was announced, or what has come of it up to now. */
function tooLarge(limit: number, size?: number): HooklineError {
  const has = size === undefined || size <= limit ? `more than ${limit}` : String(size);
  return new HooklineError('payload-too-large', `The body is too large: it has ${has} bytes, and may have ${limit}.`);
}
