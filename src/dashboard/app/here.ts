/** What the page was given by the hub, what the browser says of itself, and what whoever looks at it has chosen. */
import { kept } from './parts/kept.ts';
import { en } from './words/en/common.ts';
import { es } from './words/es/common.ts';
import { pt } from './words/pt/common.ts';
import { type Language, languageOf } from './words/words.ts';

export const root = document.getElementById('app') as HTMLElement;
const { page = '', locale = '', problem = '' } = root.dataset;

export { page, problem };

/** Read once: another language is chosen by loading the page again. */
export const language = languageOf([locale, kept.language ?? '', ...navigator.languages].filter(Boolean));

/** Those of the words that are read here. */
export const spoken = <Words>(texts: Record<Language, Words>): Words => texts[language];

export const words = spoken({ en, pt, es });

/** Where whoever looks at the page has the phone in hand: it cannot scan what it shows itself. */
export const isPhone = matchMedia('(max-width: 640px)').matches;
export const isApple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);

document.documentElement.lang = language;
