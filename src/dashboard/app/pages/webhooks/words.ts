import { spoken } from '../../here.ts';
import { en } from '../../words/en/webhooks.ts';
import { es } from '../../words/es/webhooks.ts';
import { pt } from '../../words/pt/webhooks.ts';

export const words = spoken({ en, pt, es });
