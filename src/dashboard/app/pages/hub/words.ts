import { spoken } from '../../here.ts';
import { en } from '../../words/en/hub.ts';
import { es } from '../../words/es/hub.ts';
import { pt } from '../../words/pt/hub.ts';

export const words = spoken({ en, pt, es });
