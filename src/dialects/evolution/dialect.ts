import { z } from 'zod';
import type { Dialect } from '../../http/route.ts';
import { nameOfStatus } from '../status.ts';

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
      body: { status, error: nameOfStatus(status), response: { message } },
    };
  },
};
