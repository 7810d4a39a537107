import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';

export const page: AppPage = {
  path: '/dashboard/settings',
  name: spoken({ en: 'Settings', pt: 'Configurações', es: 'Ajustes' }),
  order: 80,
  icon: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  shortcut: ',',
  load: () => import('./settings.tsx').then(({ Settings }) => Settings),
};
