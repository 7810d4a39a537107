import { words } from '../here.ts';
import { fill } from '../words/words.ts';
import type { LinkState } from './source.ts';

const FAILED: Record<string, string> = {
  'qr-timeout': words.stateFailedTimeout,
  banned: words.stateFailedBanned,
  conflict: words.stateFailedConflict,
};

/** The state in a sentence. `isAgain`: there was something to scan or type before. */
export function told({ status, reason, pairing, phone }: LinkState, { way, isAgain }: { way: 'qr' | 'code'; isAgain: boolean }): string {
  switch (status) {
    case 'starting':
      return isAgain ? words.stateRestarting : words.stateStarting;
    case 'qr':
      return way === 'qr' ? words.stateQr : words.stateQrNumber;
    case 'pairing':
      return pairing ? words.statePairing : words.stateQrNumber;
    case 'passkey':
      return words.statePasskey;
    case 'connecting':
      return words.stateConnecting;
    case 'connected':
      return phone === null ? words.stateConnectedPlain : fill(words.stateConnected, { phone: phone.replaceAll(' ', '\u00a0') });
    case 'disconnected':
      return words.stateDisconnected;
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
