import { closest } from '../core/closest.ts';

/** To be put behind an error: `, did you mean "say"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}
