import { spoken } from '../here.ts';
import { en } from '../words/en/limits.ts';
import { es } from '../words/es/limits.ts';
import { pt } from '../words/pt/limits.ts';

/** What the limits of a tenant are called. */
export const limitWords = spoken({ en, pt, es });
