import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';

export const page: AppPage = {
  path: '/dashboard/settings/hub',
  name: spoken({ en: 'Hub', pt: 'O hub', es: 'El hub' }),
  order: 95,
  icon: 'M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01',
  scopes: ['operator'],
  shortcut: 'h',
  load: () => import('./hub.tsx').then(({ Hub }) => Hub),
};
