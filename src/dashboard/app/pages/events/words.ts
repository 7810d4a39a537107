import { spoken } from '../../here.ts';
import { en } from '../../words/en/events.ts';
import { es } from '../../words/es/events.ts';
import { pt } from '../../words/pt/events.ts';

export const words = spoken({ en, pt, es });
