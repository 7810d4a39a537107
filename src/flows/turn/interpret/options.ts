/** The options of a question: those that the flow lists, or those of a list that the run has. */
import { isFromData, type Option, type OptionsFromData, type Value } from '../../language/schema.ts';
import { cut, render, renderValue } from '../../text/templates.ts';
import { type Choice, choicesOf } from '../../understanding/expect/choices.ts';
import type { Play } from './play.ts';
import { scopeNow } from './send.ts';

export type Options = Record<string, Option> | OptionsFromData;

export interface Offer {
  choice: Choice;
  /** As it stands in the chat, numbered. */
  line: string;
  /** What is saved of it. */
  value: Value;
}

/** Of a list from data; nobody reads on. */
const MOST_SHOWN = 50;
const LONGEST_LABEL = 200;

export function offersOf(play: Play, options: Options | undefined): Offer[] {
  if (options === undefined) return [];
  const scope = scopeNow(play);
  const lineOf = (index: number, label: string): string => `${index + 1}. ${cut(render(label, scope), LONGEST_LABEL)}`;
  if (!isFromData(options)) {
    return choicesOf(options).map((choice, index) => ({
      choice: { ...choice, label: render(choice.label, scope, 'plain') },
      line: lineOf(index, choice.label),
      value: choice.name,
    }));
  }
  const { from, label = '{{ item }}', value } = options;
  const entries = renderValue(from, scope);
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, MOST_SHOWN).map((item, index) => {
    scope.values.item = item;
    const choice = { name: `#${index + 1}`, label: cut(render(label, scope, 'plain'), LONGEST_LABEL), also: [] };
    return { choice, line: lineOf(index, label), value: value === undefined ? item : renderValue(value, scope) };
  });
}
