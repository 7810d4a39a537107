/** From what the page shows of its connection to what the engine says of it. Pure. */
import type { AccountFacts, CloseReason } from '../../../engine.ts';

/** One look at the page. wppconnect's own status events are hints to look again: some come falsely, some never. */
export interface Look {
  /** The device is linked to an account. */
  registered: boolean;
  authenticated: boolean;
  /** The chats are there. */
  mainReady: boolean;
  /** wppconnect's hooks are in the page: a message that comes now is heard. One that came before was not. */
  listening: boolean;
  /** `CONNECTED`, `OPENING`, `PAIRING`, `TIMEOUT`, `CONFLICT`… */
  socket: string;
  account: { phone: string; pushName: string | null; lid: string | null } | null;
  /** Once the chats are there. */
  facts?: AccountFacts;
}

export type Standing =
  | { is: 'unlinked' }
  /** Linked, but not yet (or for a while not) in touch with WhatsApp, which it sees to by itself. */
  | { is: 'connecting' }
  | { is: 'open'; account: NonNullable<Look['account']> }
  | { is: 'closed'; reason: CloseReason; detail: string };

/** States of WhatsApp's socket out of which it does not come by itself. */
const ENDS: Record<string, CloseReason> = {
  CONFLICT: 'conflict',
  TOS_BLOCK: 'banned',
  SMB_TOS_BLOCK: 'banned',
  DEPRECATED_VERSION: 'outdated',
  PROXYBLOCK: 'network',
};

export function standing({ registered, authenticated, mainReady, listening, socket, account }: Look): Standing {
  const reason = ENDS[socket];
  if (reason) return { is: 'closed', reason, detail: `socket ${socket}` };
  if (!registered) return socket === 'PAIRING' ? { is: 'connecting' } : { is: 'unlinked' };
  if (authenticated && mainReady && listening && socket === 'CONNECTED' && account) return { is: 'open', account };
  return { is: 'connecting' };
}
