import { z } from 'zod';
import type { Dialect } from '../../http/route.ts';

const NAMES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What Evolution API answers otherwise than the hub, of which clients tell the one from the other by the status. */
const STATUS: Record<string, number> = {
  // Its own word for a name that is taken.
  'session-exists': 403,
  'session-not-connected': 400,
  'qr-unavailable': 400,
  'pairing-unavailable': 400,
};

/** It knows no 422, and 409 for nothing. */
const statusOf = (code: string, status: number): number => STATUS[code] ?? ([409, 422].includes(status) ? 400 : status);

/** Clients of Evolution API 2.3: https://doc.evolution-api.com. */
export const EVOLUTION: Dialect = {
  title: 'Evolution API, as Hookline answers it',
  base: '/compat/evolution',
  keyHeader: 'apikey',
  problem: z.object({ status: z.number().int(), error: z.string(), response: z.object({ message: z.array(z.unknown()) }) }),
  tell({ code, detail, errors, status: usual, told }) {
    const status = statusOf(code, usual);
    const message: unknown = told ?? (errors ? errors.map(({ path, message: what }) => (path ? `${path} ${what}` : what)) : [detail]);
    return {
      status,
      body: { status, error: NAMES[status] ?? (status < 500 ? 'Bad Request' : 'Internal Server Error'), response: { message } },
    };
  },
};
