import type { Session } from '../../../../client/index.ts';

export type Status = Session['status'];

/** What waits for somebody with the phone. */
export const isLinking = ({ status }: Session): boolean => ['qr', 'pairing', 'passkey'].includes(status);

/** What goes on only when somebody sees to it. */
export const needsPerson = (session: Session): boolean => isLinking(session) || ['failed', 'loggedOut'].includes(session.status);

export const phoneText = (phone: string | null): string | null => phone && `+${phone}`;

export const SESSIONS = '/dashboard/sessions';

export const pathTo = ({ name }: Pick<Session, 'name'>, part = ''): string => `${SESSIONS}/${encodeURIComponent(name)}${part}`;
