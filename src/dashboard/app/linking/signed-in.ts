import { maskedPhone } from '../../../core/masked-phone.ts';
import { ask, Problem } from '../ask.ts';
import { follow } from './follow.ts';
import type { Code, LinkSource, LinkState, Passkey } from './source.ts';

/** As much of a session of the API as is shown here. */
export interface Session {
  id: string;
  name: string;
  status: string;
  reason: string | null;
  phone: string | null;
  pairing: { expiresAt: string } | null;
}

const EVENTS = ['session.status', 'session.qr', 'session.pairing-code', 'session.passkey', 'session.stale'];

/** By the public API, as whoever is signed in. */
export function signedIn(id: string): LinkSource {
  const path = `/api/sessions/${id}`;
  /** The API tells a pairing code to whoever asked for it, once; of the session itself one reads until when it is good. */
  let asked: Code | null = null;

  async function read(): Promise<LinkState> {
    const session = await ask<Session>('GET', path);
    const { status, reason, phone } = session;
    const qr = status === 'qr' ? await shown(ask<Code>('GET', `${path}/qr?format=json`)) : null;
    const passkey = status === 'passkey' ? await shown(ask<Passkey>('GET', `${path}/passkey`)) : null;
    const pairing = session.pairing?.expiresAt === asked?.expiresAt ? asked : null;
    const isLinked = status === 'connected' && phone !== null;
    return { status, reason: reason?.split(':', 1)[0] ?? null, qr, pairing, passkey, phone: isLinked ? maskedPhone(phone) : null };
  }

  return {
    watch: (watcher) => follow({ url: `/api/events?session=${id}&types=session.*`, events: EVENTS, read }, watcher),
    async pair(phone) {
      asked = await ask<Code>('POST', `${path}/pairing-code`, { body: { phone } });
      return read();
    },
    passkeyToken: () => ask('POST', `${path}/passkey/tokens`),
    async declinePasskey() {
      await ask('POST', `${path}/passkey`, { body: { credential: null } });
      return read();
    },
    async confirmPasskey(matches) {
      await ask('POST', `${path}/passkey/confirm`, { body: { matches } });
      return read();
    },
    async startAnew() {
      await ask('POST', `${path}/restart`);
      return read();
    },
  };
}

/** Null where it is gone by the time that it is asked for. */
const shown = <T>(what: Promise<T>): Promise<T | null> =>
  what.catch((error) => {
    if (error instanceof Problem && ['qr-unavailable', 'passkey-unavailable', 'passkey-expired'].includes(error.code)) return null;
    throw error;
  });
