import { isProblem } from '../../../client/index.ts';
import { maskedPhone } from '../../../core/masked-phone.ts';
import { hub } from '../ask.ts';
import { follow } from './follow.ts';
import type { Code, LinkSource, LinkState } from './source.ts';

const EVENTS = ['session.status', 'session.qr', 'session.pairing-code', 'session.passkey', 'session.stale'];

/** By the public API, as whoever is signed in. */
export function signedIn(id: string): LinkSource {
  /** The API tells a pairing code to whoever asked for it, once; of the session itself one reads until when it is good. */
  let asked: Code | null = null;

  async function read(): Promise<LinkState> {
    const session = await hub.getSession(id);
    const { status, reason, phone, advice } = session;
    const qr = status === 'qr' ? await shown(hub.getSessionQr(id)) : null;
    const passkey = status === 'passkey' ? await shown(hub.getSessionPasskey(id)) : null;
    const pairing = session.pairing?.expiresAt === asked?.expiresAt ? asked : null;
    const isLinked = status === 'connected' && phone !== null;
    return {
      ...{ status, reason: reason?.split(':', 1)[0] ?? null, qr, pairing, passkey, phone: isLinked ? maskedPhone(phone) : null },
      // Linked before, it is the phone's connection that is lost.
      advice: status === 'disconnected' && phone === null ? advice : null,
    };
  }

  return {
    watch: (watcher) => follow({ url: `/api/events?session=${id}&types=session.*`, events: EVENTS, read }, watcher),
    async pair(phone) {
      asked = await hub.createPairingCode(id, { phone });
      return read();
    },
    passkeyToken: () => hub.createPasskeyToken(id),
    async declinePasskey() {
      await hub.answerPasskey(id, { credential: null });
      return read();
    },
    async confirmPasskey(matches) {
      await hub.confirmPasskey(id, { matches });
      return read();
    },
    async startAnew() {
      await hub.restartSession(id);
      return read();
    },
  };
}

/** Null where it is gone by the time that it is asked for. */
const shown = <T>(what: Promise<T>): Promise<T | null> =>
  what.catch((error) => {
    if (isProblem(error, 'qr-unavailable', 'passkey-unavailable', 'passkey-expired')) return null;
    throw error;
  });
