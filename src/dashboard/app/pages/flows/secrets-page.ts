import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { SECRETS } from './flow.ts';

/** Beside the flows, and not below them, where it would be the name of one. */
export const page: AppPage = {
  path: SECRETS,
  name: spoken({ en: 'Secrets of flows', pt: 'Segredos dos fluxos', es: 'Secretos de los flujos' }),
  order: null,
  icon: '',
  scopes: ['flows:read'],
  load: () => import('./secrets.tsx').then(({ Secrets }) => Secrets),
};
