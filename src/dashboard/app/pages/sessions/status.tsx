import type { Session } from '../../../../client/index.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import type { Status } from './session.ts';
import { words } from './words.ts';

const TONES: Record<Status, Tone> = {
  stopped: 'rest',
  starting: 'busy',
  qr: 'warn',
  pairing: 'warn',
  passkey: 'warn',
  connecting: 'busy',
  connected: 'good',
  disconnected: 'busy',
  failed: 'bad',
  loggedOut: 'bad',
};

export const SessionStatus = ({ status }: Pick<Session, 'status'>) => <Badge tone={TONES[status]}>{words[status]}</Badge>;
