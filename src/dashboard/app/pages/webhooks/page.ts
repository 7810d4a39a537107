import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { WEBHOOKS } from './endpoint.ts';

export const page: AppPage = {
  path: WEBHOOKS,
  name: spoken({ en: 'Webhooks', pt: 'Webhooks', es: 'Webhooks' }),
  order: 50,
  icon: 'M9 8a3 3 0 1 1 4 3l3 6M8 17h8M11 11l-3 6M5 17a3 3 0 1 0 3 0M16 17a3 3 0 1 1 0 3',
  scopes: ['webhooks:read'],
  shortcut: 'w',
  load: () => import('./webhooks.tsx').then(({ Webhooks }) => Webhooks),
};
