import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { FLOWS } from './flow.ts';

export const page: AppPage = {
  path: FLOWS,
  name: spoken({ en: 'Flows', pt: 'Fluxos', es: 'Flujos' }),
  order: 40,
  icon: 'M5 3h6v5H5zM13 16h6v5h-6zM8 8v6a4 4 0 0 0 4 4h1M8 11h8v5',
  scopes: ['flows:read'],
  shortcut: 'f',
  load: () => import('./flows.tsx').then(({ Flows }) => Flows),
};
