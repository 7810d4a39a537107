import { words } from '../here.ts';
import { fill } from '../words/words.ts';
import type { LinkState } from './source.ts';

const FAILED: Record<string, string> = {
  'qr-timeout': words.stateFailedTimeout,
  'passkey-expired': words.stateFailedPasskey,
  banned: words.stateFailedBanned,
  conflict: words.stateFailedConflict,
};

/** Why there is a code again. */
const IN_VAIN: Record<string, string> = {
  'passkey-refused': words.afterRefused,
  'passkey-expired': words.afterExpired,
};

export interface Telling {
  way: 'qr' | 'code';
  /** There was something to scan or type before. */
  isAgain: boolean;
  /** WhatsApp asks for the passkey once more, before anybody has answered. */
  isRenewed: boolean;
  /** WhatsApp Web has not come up since it was last tried. */
  isUnreached: boolean;
}

/** The state in a sentence, or two. */
export function told(state: LinkState, telling: Telling): string {
  const isAboutCode = ['starting', 'qr', 'pairing'].includes(state.status);
  const before = isAboutCode ? IN_VAIN[state.reason ?? ''] : undefined;
  return [before, now(state, telling)].filter(Boolean).join(' ');
}

function now({ status, reason, pairing, passkey, phone }: LinkState, { way, isAgain, isRenewed, isUnreached }: Telling): string {
  switch (status) {
    case 'starting':
      if (isUnreached) return words.stateUnreached;
      return isAgain ? words.stateRestarting : words.stateStarting;
    case 'qr':
      return way === 'qr' ? words.stateQr : words.stateQrNumber;
    case 'pairing':
      return pairing ? words.statePairing : words.stateQrNumber;
    case 'passkey':
      return passkey?.code ? words.statePasskeyCode : isRenewed ? words.statePasskeyRenewed : words.statePasskey;
    case 'connecting':
      return words.stateConnecting;
    case 'connected':
      return phone === null ? words.stateConnectedPlain : fill(words.stateConnected, { phone: phone.replaceAll(' ', '\u00a0') });
    case 'disconnected':
      return isUnreached ? words.stateUnreached : words.stateDisconnected;
    case 'stopped':
      return words.stateStopped;
    case 'loggedOut':
      return words.stateLoggedOut;
    case 'failed':
      return FAILED[reason ?? ''] ?? words.stateFailed;
    default:
      return words.stateOther;
  }
}
