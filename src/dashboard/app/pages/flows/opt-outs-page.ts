import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { OPT_OUTS } from './flow.ts';

/** Beside the flows, as their secrets are. */
export const page: AppPage = {
  path: OPT_OUTS,
  name: spoken({ en: 'Opt-outs', pt: 'Quem não quer mais', es: 'Quién no quiere más' }),
  order: null,
  icon: '',
  scopes: ['flows:read'],
  load: () => import('./opt-outs.tsx').then(({ OptOuts }) => OptOuts),
};
