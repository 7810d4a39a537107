import { spoken } from '../../here.ts';
import { en } from '../../words/en/flows.ts';
import { es } from '../../words/es/flows.ts';
import { pt } from '../../words/pt/flows.ts';

export const words = spoken({ en, pt, es });
