import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';

export const page: AppPage = {
  path: '/',
  name: spoken({ en: 'Overview', pt: 'Visão geral', es: 'Resumen' }),
  order: 0,
  icon: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  shortcut: 'o',
  load: () => import('./overview.tsx').then(({ Overview }) => Overview),
};
