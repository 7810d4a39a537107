import { z } from 'zod';
import type { Dialect } from '../../http/route.ts';

/** It has 404 where a session is not connected, and 400 for whatever else cannot be done as it was asked. */
const STATUS: Record<string, number> = { 'session-not-connected': 404 };
/** What it calls how it stands there, where that is more than an error. */
const STANDS: Record<string, string> = { 'session-not-connected': 'Disconnected', 'recipient-unknown': 'Connected' };

/** Clients of wppconnect-server 2.10: https://github.com/wppconnect-team/wppconnect-server. */
export const WPPCONNECT: Dialect = {
  title: 'wppconnect-server, as Hookline answers it',
  base: '/compat/wppconnect',
  // Its own is "Authorization: Bearer", as that of the hub.
  keyHeader: 'x-api-key',
  problem: z.object({ status: z.string(), response: z.null().optional(), message: z.string() }),
  tell({ code, detail, errors, status: usual }) {
    const status = STATUS[code] ?? ([409, 422].includes(usual) ? 400 : usual);
    const message = errors ? errors.map(({ path, message: what }) => (path ? `${path} ${what}` : what)).join('; ') : detail;
    const stands = STANDS[code];
    return { status, body: stands ? { response: null, status: stands, message } : { status: 'error', message } };
  },
};
