/** Answers by a pattern of the flow's own: an order number, a plate. Pure. */
import type { Pattern } from '../../language/schema.ts';
import { pieceOf } from '../../text/patterns.ts';
import { DENIED, plain } from './tokens.ts';

/** What fits the pattern, as it is written, or its digits; null where nothing does, or it is said not to be it. */
export function readPattern({ pattern, keep }: Pattern, text: string): string | null {
  if (DENIED.test(plain(text))) return null;
  // Digits and letters of other widths are the same to who types them.
  const piece = pieceOf(pattern, text.normalize('NFKC'));
  if (keep !== 'digits' || piece === null) return piece;
  return piece.replace(/\D/g, '') || null;
}
