import { spoken } from '../here.ts';
import { en } from '../words/en/shell.ts';
import { es } from '../words/es/shell.ts';
import { pt } from '../words/pt/shell.ts';

export const shellWords = spoken({ en, pt, es });
