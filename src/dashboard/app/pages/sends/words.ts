import { spoken } from '../../here.ts';
import { en } from '../../words/en/sends.ts';
import { es } from '../../words/es/sends.ts';
import { pt } from '../../words/pt/sends.ts';

export const words = spoken({ en, pt, es });
