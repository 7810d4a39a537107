import { spoken } from '../../here.ts';
import { en } from '../../words/en/tenants.ts';
import { es } from '../../words/es/tenants.ts';
import { pt } from '../../words/pt/tenants.ts';

export const words = spoken({ en, pt, es });
