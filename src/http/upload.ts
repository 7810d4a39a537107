import type { Context } from 'koa';
import { HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { KeptFile, SentFile } from '../core/message.ts';
import type { MediaLibrary } from '../messages/media/library.ts';
import { type ArrivalTimes, arriving } from './arriving.ts';
import { type Form, readForm } from './form.ts';

/** Where files go, and how long they, as any body, may take to come. */
export interface Uploads extends ArrivalTimes {
  media: Pick<MediaLibrary, 'keep' | 'drop'>;
}

/** The body of a request with a file. */
export interface Uploaded {
  body: Record<string, unknown>;
  /** To be called when nobody takes the file up, with why. */
  drop(why?: unknown): Promise<void>;
}

const FORM = 'multipart/form-data';
/** What is sent as one of these was hardly meant to be a file: clients set them where nobody says what it is. */
const NO_FILES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/*'];

/** Whether the request has a file for a route that takes one; on a route that takes nothing else it has to. */
export function hasFile(ctx: Context, { takesJson }: { takesJson: boolean }): boolean {
  if (ctx.is(FORM)) return true;
  if (takesJson) return false;
  const type = ctx.get('content-type');
  if (type !== '' && !ctx.is(NO_FILES)) return true;
  const detail = `Send the file as the part "file" of "Content-Type: ${FORM}", or alone with its own Content-Type, such as image/png; not "${type || 'none'}".`;
  throw new HooklineError('unsupported-media-type', detail);
}

/** Stores the file as it comes. Rejects with what is wrong, and then has left nothing behind. */
export async function readUpload(ctx: Context, tenantId: TenantId, form: Form, { media, ...times }: Uploads): Promise<Uploaded> {
  const drop = (kept: KeptFile): Promise<void> => media.drop(tenantId, kept);
  const chunks = arriving(ctx, times);
  const body = ctx.is(FORM)
    ? await readForm(ctx.req, chunks, form, { keep: (file) => media.keep(tenantId, file), drop })
    : { file: { kept: await media.keep(tenantId, { chunks, mimetype: ctx.get('content-type'), announced: ctx.request.length }) } };
  const { file } = body as { file?: SentFile };
  return { body, drop: async (why) => file && media.drop(tenantId, file.kept, why) };
}
