import { z } from 'zod';
import type { Dialect } from '../../http/route.ts';
import { nameOfStatus } from '../status.ts';

/** It has 400 for a body that cannot be taken, and 422 where a session is not in the state for what is asked. */
const statusOf = (code: string, status: number): number => (code === 'invalid-body' ? 400 : status === 409 ? 422 : status);

/** Clients of WAHA, as of 2026: https://waha.devlike.pro. */
export const WAHA: Dialect = {
  title: 'WAHA, as Hookline answers it',
  base: '/compat/waha',
  keyHeader: 'x-api-key',
  problem: z.object({ statusCode: z.number().int(), message: z.union([z.string(), z.array(z.string())]), error: z.string() }),
  tell({ code, detail, errors, status: usual }) {
    const status = statusOf(code, usual);
    const message = errors ? errors.map(({ path, message: what }) => (path ? `${path} ${what}` : what)) : detail;
    return { status, body: { statusCode: status, message, error: nameOfStatus(status) } };
  },
};
