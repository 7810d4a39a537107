import { spoken } from '../../here.ts';
import type { AppPage } from '../../shell/page.ts';
import { CHATS } from './chat.ts';

export const page: AppPage = {
  path: CHATS,
  name: spoken({ en: 'Chats', pt: 'Conversas', es: 'Conversaciones' }),
  order: 20,
  icon: 'M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9l-5 4V6a1 1 0 0 1 1-1zM8 9h9M8 13h6',
  scopes: ['messages:read'],
  shortcut: 'c',
  load: () => import('./chats.tsx').then(({ Chats }) => Chats),
};
