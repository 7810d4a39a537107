import { spoken } from '../../here.ts';
import { en } from '../../words/en/sessions.ts';
import { es } from '../../words/es/sessions.ts';
import { pt } from '../../words/pt/sessions.ts';

export const words = spoken({ en, pt, es });
