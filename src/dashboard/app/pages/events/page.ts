import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { EVENTS } from './event.ts';

export const page: AppPage = {
  path: EVENTS,
  name: spoken({ en: 'Events', pt: 'Eventos', es: 'Eventos' }),
  order: 60,
  icon: 'M4 6h16M4 12h10M4 18h13M19 12h.01M21 18h-.01',
  scopes: ['events:read'],
  shortcut: 'v',
  load: () => import('./events.tsx').then(({ Events }) => Events),
};
