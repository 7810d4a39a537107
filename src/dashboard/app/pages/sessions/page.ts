import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { SESSIONS } from './session.ts';

export const page: AppPage = {
  path: SESSIONS,
  name: spoken({ en: 'Sessions', pt: 'Sessões', es: 'Sesiones' }),
  order: 10,
  icon: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
  scopes: ['sessions:read'],
  shortcut: 's',
  load: () => import('./sessions.tsx').then(({ Sessions }) => Sessions),
};
