import { bodyParser } from '@koa/bodyparser';
import type { Context } from 'koa';
import { HooklineError, messageOf } from '../core/errors.ts';

export type BodyType = 'json' | 'yaml' | 'bytes';
/** The body as sent: a JSON value, text, or a Buffer. `{}` or empty when there is none. */
export type BodyReader = (ctx: Context) => Promise<unknown>;

const TYPES = {
  json: { parser: 'json', mimes: ['application/json', 'application/*+json'] },
  yaml: { parser: 'text', mimes: ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/plain'] },
} as const;
const BYTES = 'application/octet-stream';

/** The largest body of bytes: the backup of a browser profile has some 10 MB. */
const MOST_BYTES = 256 * 1_024 * 1_024;

/**
 * Reads bodies of one type; what is of another type, broken or too large is refused with what to do. `limit`, in bytes,
 * is that of JSON and YAML. `takesFile`: the route also takes a file, which is read elsewhere.
 */
export function bodyReader(type: BodyType, { limit, takesFile = false }: { limit: number; takesFile?: boolean }): BodyReader {
  const read =
    type === 'bytes' ? bytesReader(MOST_BYTES) : textReader(type, limit, takesFile ? ' A file comes as multipart/form-data.' : '');
  // What a refusal left unread is let go by, or the next request on the connection would wait behind it.
  return (ctx) => read(ctx).finally(() => ctx.req.resume());
}

function textReader(type: keyof typeof TYPES, limit: number, hint: string): BodyReader {
  const { parser, mimes } = TYPES[type];
  const parse = bodyParser({
    enableTypes: [parser],
    extendTypes: { [parser]: [...mimes] },
    jsonLimit: limit,
    textLimit: limit,
    onError(error) {
      if ((error as Error & { status?: number }).status === 413) throw tooLarge(limit);
      throw new HooklineError('bad-request', `The body cannot be read as ${type.toUpperCase()}: ${messageOf(error)}.`, { cause: error });
    },
  });
  return async (ctx) => {
    if (!isSent(ctx)) return type === 'json' ? {} : '';
    needType(ctx, mimes, hint);
    await parse(ctx, async () => undefined);
    return ctx.request.body;
  };
}

function bytesReader(limit: number): BodyReader {
  return async (ctx) => {
    if (isSent(ctx)) needType(ctx, [BYTES]);
    if ((ctx.request.length ?? 0) > limit) throw tooLarge(limit);
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      // Left early, the stream stays: destroying it would end the connection before the refusal is sent.
      for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
        size += chunk.length;
        if (size > limit) throw tooLarge(limit);
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof HooklineError) throw error;
      throw new HooklineError('bad-request', `The body did not come whole: ${messageOf(error)}.`, { cause: error });
    }
    return Buffer.concat(chunks);
  };
}

const isSent = (ctx: Context): boolean => (ctx.request.length ?? 0) > 0 || ctx.get('transfer-encoding') !== '';

function needType(ctx: Context, mimes: readonly string[], hint = ''): void {
  if (ctx.request.is([...mimes])) return;
  const detail = `Send this body with "Content-Type: ${mimes[0]}", not "${ctx.get('content-type') || 'none'}".${hint}`;
  throw new HooklineError('unsupported-media-type', detail);
}

const tooLarge = (limit: number): HooklineError => new HooklineError('payload-too-large', `The body is larger than ${limit} bytes.`);
