/** Everyday answers as the files beside this one have them. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Expect, Locale, Value } from '../../../src/flows/language/schema.ts';
import type { Choice } from '../../../src/flows/understanding/expect/choices.ts';
import { readAnswer } from '../../../src/flows/understanding/expect/expect.ts';
import { saying } from '../helpers.ts';

export interface Answer {
  expect: string;
  locale: Locale;
  text: string;
  want: Value;
}

const ZONE = 'America/Sao_Paulo';
const NOW = Date.UTC(2026, 2, 18, 13);

const choice = (name: string, label: string, ...also: string[]): Choice => ({ name, label, also });
const PIZZAS = [
  choice('calabresa', 'Calabresa'),
  choice('portuguesa', 'Portuguesa'),
  choice('frango', 'Frango com catupiry'),
  choice('atendente', 'Falar com atendente'),
];
const CLINIC = [
  choice('book', 'Book a visit'),
  choice('find', 'Find us', 'address', 'map'),
  choice('where', 'Hours'),
  choice('agent', 'Talk to a person'),
];
const SHOP = [choice('ventas', 'Ventas'), choice('soporte', 'Soporte técnico'), choice('otra', 'Otra cosa')];
const MENUS: Record<Locale, Choice[]> = { pt: PIZZAS, en: CLINIC, 'en-us': CLINIC, es: SHOP };
const YES_OR_NO = [choice('yes', 'Sim'), choice('no', 'Não')];

export function answersOf(file: string): Answer[] {
  const all: Record<string, Record<Locale, Record<string, Value>>> = parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  return Object.entries(all).flatMap(([expect, locales]) =>
    Object.entries(locales).flatMap(([locale, rows]) =>
      Object.entries(rows).map(([text, want]) => ({ expect, locale: locale as Locale, text, want })),
    ),
  );
}

export function read({ expect, locale, text }: Answer): Value {
  const place = { locale, zone: ZONE, now: NOW };
  if (expect === 'yes or no') return readAnswer('choice', saying(text), place, YES_OR_NO);
  const value = readAnswer(expect as Expect, saying(text), place, MENUS[locale]);
  if (expect !== 'datetime' || value === null) return value;
  return new Date(Date.parse(String(value)) - 3 * 3_600_000).toISOString().slice(0, 16);
}

/** `wrong` is what does harm: another value, or one where the question should be asked again. */
export function verdict(answer: Answer): 'right' | 'missed' | 'wrong' {
  const value = read(answer);
  const wanted = Array.isArray(answer.want) ? answer.want : [answer.want];
  if (wanted.includes(value)) return 'right';
  return value === null ? 'missed' : 'wrong';
}
