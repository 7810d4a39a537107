import { spoken } from '../../here.ts';
import { en } from '../../words/en/chats.ts';
import { es } from '../../words/es/chats.ts';
import { pt } from '../../words/pt/chats.ts';

export const words = spoken({ en, pt, es });
