import type { Context } from 'koa';
import { HooklineError } from '../core/errors.ts';
import type { File } from './route.ts';

/** What a browser may show in the place of its own page. Nothing of it runs scripts: neither SVG nor PDF is among them. */
const SHOWN = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)(;|$)/i;

/**
 * What a browser may run scripts of: it is given out as bytes, and its own type is told by the message and `…/info`.
 * https://mimesniff.spec.whatwg.org/#scriptable-mime-type, and JavaScript itself.
 */
const SCRIPTABLE = /^[^;]*(html|[/+]xml|javascript|ecmascript|\/pdf)\s*(;|$)/i;

/**
 * Answers with a file, or with the part of it that is asked for (RFC 9110, sections 13 and 14). A list of ranges gets the
 * whole file, as the RFC allows.
 */
export async function giveFile(ctx: Context, { mimetype, filename, size, sha256, read }: File, idle: number): Promise<void> {
  const etag = `"${sha256}"`;
  ctx.set({
    ETag: etag,
    // Who may read it can change, and it can be removed: a cache asks again each time.
    'Cache-Control': 'private, no-cache',
    // Opened in a browser, it is a page without an origin that runs nothing and loads nothing.
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  });
  ctx.status = 200;
  if (isHeld(ctx.get('if-none-match'), etag)) {
    ctx.status = 304;
    return;
  }
  const range = rangeOf(ctx, size, etag);
  const fallback = filename?.replace(/[^ -~]/g, '?');
  ctx.attachment(filename ?? undefined, { type: SHOWN.test(mimetype) ? 'inline' : 'attachment', ...(fallback && { fallback }) });
  ctx.set({
    'Content-Type': SCRIPTABLE.test(mimetype) ? 'application/octet-stream' : mimetype,
    'Content-Length': String(range ? range.end - range.start + 1 : size),
    'Accept-Ranges': 'bytes',
  });
  if (range) {
    ctx.status = 206;
    ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  }
  // Without a listener the connection is closed by it: a reader that takes nothing holds no file open.
  ctx.res.setTimeout(idle);
  ctx.body = await read(range);
}

/** Whether the client has it already. By itself Koa would listen to `Cache-Control: no-cache`, which is for caches on the way. */
function isHeld(tags: string, etag: string): boolean {
  return tags.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}

/** One range, from a byte on or of the last so many; what has another form is no range of bytes, and ignored. */
const RANGE = /^bytes=\s*(?:(?<first>\d{1,15})-(?<last>\d{0,15})|-(?<suffix>\d{1,15}))\s*$/i;

/** Undefined for the whole. Throws `range-not-satisfiable`. */
function rangeOf(ctx: Context, size: number, etag: string): { start: number; end: number } | undefined {
  const condition = ctx.get('if-range');
  const { first, last, suffix } = RANGE.exec(ctx.get('range'))?.groups ?? {};
  const isAsked = first !== undefined || suffix !== undefined;
  if (ctx.method !== 'GET' || !isAsked || (condition !== '' && condition !== etag)) return undefined;
  const start = first === undefined ? Math.max(0, size - Number(suffix)) : Number(first);
  const end = Math.min(size - 1, last ? Number(last) : size - 1);
  if (last && Number(last) < start) return undefined;
  if (start < size) return { start, end };
  const detail = `The file has ${size} bytes; "${ctx.get('range')}" asks for none of them.`;
  throw new HooklineError('range-not-satisfiable', detail, { extra: { size } });
}
