import { words } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';

export const page: AppPage = {
  path: '/dashboard/whatsapp/connect',
  name: words.connectTitle,
  order: null,
  icon: '',
  scopes: ['sessions:write'],
  load: () => import('./connect.tsx').then(({ ConnectPage }) => ConnectPage),
};
