import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { TENANTS } from '../../shell/who.ts';

export const page: AppPage = {
  path: TENANTS,
  name: spoken({ en: 'Tenants', pt: 'Tenants', es: 'Tenants' }),
  order: 90,
  icon: 'M4 21V8l8-5 8 5v13zM9 21v-6h6v6',
  scopes: ['operator'],
  shortcut: 't',
  load: () => import('./tenants.tsx').then(({ Tenants }) => Tenants),
};
