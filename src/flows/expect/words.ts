/** What people write for numbers, days and yes, by language; without accents and capitals. All languages are tried, the flow's first. */
export type Language = 'en' | 'pt' | 'es';

export const YES: Record<Language, readonly string[]> = {
  en: ['yes', 'y', 'yeah', 'yep', 'sure', 'ok', 'okay', 'of course', 'correct', 'right', 'please do'],
  pt: ['sim', 's', 'claro', 'isso', 'pode', 'pode ser', 'quero', 'certo', 'correto', 'com certeza'],
  es: ['si', 's', 'claro', 'vale', 'correcto', 'por supuesto', 'dale', 'quiero'],
};
export const NO: Record<Language, readonly string[]> = {
  en: ['no', 'n', 'nope', 'nah', 'not now', 'no thanks', 'no thank you', 'of course not'],
  pt: ['nao', 'n', 'nunca', 'agora nao', 'nao obrigado', 'nao obrigada', 'nao quero', 'claro que nao'],
  es: ['no', 'n', 'nunca', 'ahora no', 'no gracias', 'no quiero', 'claro que no', 'por supuesto que no'],
};
export const SIGNS = { yes: ['👍', '✅', '✔', '👌'], no: ['👎', '❌', '🚫'] };

export const WEEKDAYS: Record<Language, readonly (readonly string[])[]> = {
  en: [
    ['monday', 'mon'],
    ['tuesday', 'tue', 'tues'],
    ['wednesday', 'wed'],
    ['thursday', 'thu', 'thurs'],
    ['friday', 'fri'],
    ['saturday', 'sat'],
    ['sunday', 'sun'],
  ],
  pt: [
    ['segunda', 'segunda feira', 'seg'],
    ['terca', 'terca feira', 'ter'],
    ['quarta', 'quarta feira', 'qua'],
    ['quinta', 'quinta feira', 'qui'],
    ['sexta', 'sexta feira', 'sex'],
    ['sabado', 'sab'],
    ['domingo', 'dom'],
  ],
  es: [
    ['lunes', 'lun'],
    ['martes', 'mar'],
    ['miercoles', 'mie'],
    ['jueves', 'jue'],
    ['viernes', 'vie'],
    ['sabado', 'sab'],
    ['domingo', 'dom'],
  ],
};

export const MONTHS: Record<Language, readonly (readonly string[])[]> = {
  en: [
    ['january', 'jan'],
    ['february', 'feb'],
    ['march', 'mar'],
    ['april', 'apr'],
    ['may'],
    ['june', 'jun'],
    ['july', 'jul'],
    ['august', 'aug'],
    ['september', 'sep', 'sept'],
    ['october', 'oct'],
    ['november', 'nov'],
    ['december', 'dec'],
  ],
  pt: [
    ['janeiro', 'jan'],
    ['fevereiro', 'fev'],
    ['marco', 'mar'],
    ['abril', 'abr'],
    ['maio', 'mai'],
    ['junho', 'jun'],
    ['julho', 'jul'],
    ['agosto', 'ago'],
    ['setembro', 'set'],
    ['outubro', 'out'],
    ['novembro', 'nov'],
    ['dezembro', 'dez'],
  ],
  es: [
    ['enero', 'ene'],
    ['febrero', 'feb'],
    ['marzo', 'mar'],
    ['abril', 'abr'],
    ['mayo', 'may'],
    ['junio', 'jun'],
    ['julio', 'jul'],
    ['agosto', 'ago'],
    ['septiembre', 'sep', 'setiembre'],
    ['octubre', 'oct'],
    ['noviembre', 'nov'],
    ['diciembre', 'dic'],
  ],
};

/** Days from today. */
export const RELATIVE: Record<Language, Record<string, number>> = {
  en: { 'day after tomorrow': 2, 'day before yesterday': -2, today: 0, tonight: 0, tomorrow: 1, tmrw: 1, yesterday: -1 },
  pt: { 'depois de amanha': 2, 'esta noite': 0, hoje: 0, amanha: 1, ontem: -1, anteontem: -2 },
  es: { 'pasado manana': 2, 'esta manana': 0, 'esta tarde': 0, 'esta noche': 0, hoy: 0, manana: 1, ayer: -1, anteayer: -2 },
};

/** Minutes of the day. */
export const CLOCK_WORDS: Record<Language, Record<string, number>> = {
  en: { noon: 720, midday: 720, midnight: 0 },
  pt: { 'meio dia': 720, 'meia noite': 0 },
  es: { mediodia: 720, medianoche: 0 },
};

const COUNT: Record<Language, string> = {
  en: 'zero one two three four five six seven eight nine ten eleven twelve',
  pt: 'zero um dois tres quatro cinco seis sete oito nove dez onze doze',
  es: 'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce',
};
const ALSO: Record<Language, Record<string, number>> = {
  en: { a: 1, an: 1, dozen: 12, twenty: 20 },
  pt: { uma: 1, duas: 2, meia: 6, duzia: 12, vinte: 20 },
  es: { un: 1, una: 1, docena: 12, veinte: 20 },
};
export const NUMBERS = Object.fromEntries(
  (['en', 'pt', 'es'] as const).map((language) => [
    language,
    { ...Object.fromEntries(COUNT[language].split(' ').map((word, index) => [word, index])), ...ALSO[language] },
  ]),
) as Record<Language, Record<string, number>>;

/** Minutes. */
export const SPANS: readonly (readonly [RegExp, number])[] = [
  [/^(?:s|sec|secs|second|seconds|seg|segundo|segundos)$/, 1 / 60],
  [/^(?:m|min|mins|minute|minutes|minuto|minutos)$/, 1],
  [/^(?:h|hr|hrs|hour|hours|hora|horas)$/, 60],
  [/^(?:d|day|days|dia|dias)$/, 1_440],
  [/^(?:w|week|weeks|semana|semanas)$/, 10_080],
];
