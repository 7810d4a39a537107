import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { SENDS } from './send.ts';

export const page: AppPage = {
  path: SENDS,
  name: spoken({ en: 'Sends', pt: 'Envios', es: 'Envíos' }),
  order: 30,
  icon: 'M21 3 3 10l7 3 3 7zM10 13l4-4',
  scopes: ['messages:read'],
  shortcut: 'e',
  load: () => import('./sends.tsx').then(({ Sends }) => Sends),
};
