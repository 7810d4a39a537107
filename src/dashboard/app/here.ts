/** What the page was given by the hub, and what the browser says of itself. */
import { LANGUAGES, languageOf } from './words/words.ts';

export const root = document.getElementById('app') as HTMLElement;
const { page = '', locale = '', problem = '' } = root.dataset;

export { page, problem };

const language = languageOf([locale, ...navigator.languages].filter(Boolean));
export const words = LANGUAGES[language] as (typeof LANGUAGES)[string];

/** Where whoever looks at the page has the phone in hand: it cannot scan what it shows itself. */
export const isPhone = matchMedia('(max-width: 640px)').matches;
export const isApple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);

document.documentElement.lang = language;
