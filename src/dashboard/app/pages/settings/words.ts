import { spoken } from '../../here.ts';
import { en } from '../../words/en/settings.ts';
import { es } from '../../words/es/settings.ts';
import { pt } from '../../words/pt/settings.ts';

export const words = spoken({ en, pt, es });
