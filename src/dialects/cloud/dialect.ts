import { z } from 'zod';
import { type ErrorCode, HooklineError } from '../../core/errors.ts';
import type { Dialect } from '../../http/route.ts';

/** Meta's number for what went wrong, and the status that it comes with. https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes */
interface Told {
  code: number;
  status: number;
}
const PARAMETER: Told = { code: 100, status: 400 };
const UNKNOWN: Told = { code: 131000, status: 500 };
const AWAY: Told = { code: 131016, status: 503 };
const RATE: Told = { code: 130429, status: 429 };
const DOWNLOAD: Told = { code: 131052, status: 400 };
const UPLOAD: Told = { code: 131053, status: 400 };

/** What of it Meta has a number for; all else is a parameter that is wrong, or unknown. */
const TOLD: Partial<Record<ErrorCode, Told>> = {
  unauthorized: { code: 190, status: 401 },
  forbidden: { code: 10, status: 403 },
  'rate-limited': RATE,
  'limit-reached': RATE,
  'recipient-unknown': { code: 131026, status: 400 },
  'session-not-connected': { code: 133010, status: 400 },
  'media-unavailable': DOWNLOAD,
  'media-invalid': UPLOAD,
  'media-too-large': UPLOAD,
  'payload-too-large': UPLOAD,
  'url-forbidden': UPLOAD,
  'not-supported-by-engine': PARAMETER,
  'engine-unavailable': AWAY,
  'owner-unreachable': AWAY,
  'lane-lost': AWAY,
  'storage-unavailable': AWAY,
  'storage-full': AWAY,
  'shutting-down': AWAY,
};

/** `meta`: where Meta has a number of its own for this very refusal. */
export const toldOf = (code: ErrorCode, status: number, meta?: unknown): Told => {
  const told = TOLD[code] ?? (status < 500 ? PARAMETER : UNKNOWN);
  return typeof meta === 'number' ? { ...told, code: meta } : told;
};

/** Meta's number for a type of message that is not supported. */
export const NO_SUCH_TYPE = 131051;

/** What there is at Meta and not on a linked phone. `meta`: its number, where there is one for just this. */
export const absent = (instead: string, meta?: number): HooklineError =>
  new HooklineError('not-supported-by-engine', instead, meta === undefined ? {} : { extra: { meta } });

/** A parameter is wrong, whatever Meta's number for this would be elsewhere. */
export const asParameter = ({ code, message, errors }: HooklineError): HooklineError =>
  new HooklineError(code, message, { errors, extra: { meta: PARAMETER.code } });

/** No such thing, or none that this key may see: Meta tells the one from the other as little as the hub. */
const NOT_THERE = 33;

/** Clients of Meta's WhatsApp Cloud API. */
export const CLOUD: Dialect = {
  title: 'WhatsApp Cloud API, as Hookline answers it',
  base: '/compat/cloud',
  // As at Meta, any, and none.
  ignored: /^\/v\d+\.\d+(?=\/)/,
  keyQuery: 'access_token',
  problem: z.object({
    error: z.object({
      message: z.string(),
      type: z.literal('OAuthException'),
      code: z.number().int(),
      error_subcode: z.number().int().optional(),
      error_data: z.object({ messaging_product: z.literal('whatsapp'), details: z.string() }),
      fbtrace_id: z.string(),
    }),
  }),
  tell({ code, detail, errors, status: usual, meta }) {
    const told = toldOf(code as ErrorCode, usual, meta);
    const details = errors ? errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ') : detail;
    return {
      status: told.status,
      body: {
        error: {
          message: `(#${told.code}) ${detail}`,
          type: 'OAuthException',
          code: told.code,
          ...(code === 'not-found' && { error_subcode: NOT_THERE }),
          error_data: { messaging_product: 'whatsapp', details },
          fbtrace_id: 'hookline',
        },
      },
    };
  },
};
