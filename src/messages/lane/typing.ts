import type { Milliseconds } from '../../core/runtime.ts';

const WORDS_PER_MINUTE = 400;
const SHORTEST = 400;
const LONGEST = 4_000;
/** WhatsApp stops showing "typing…" after about this long. */
const LONGEST_ASKED = 25_000;

/** How long "typing…" is shown before a send; 0 for not at all. */
export function typingTime(typing: boolean | number | undefined, text: string): Milliseconds {
  if (typing === undefined || typing === false) return 0;
  if (typing !== true) return Math.min(Math.max(typing, 0), LONGEST_ASKED);
  const words = text.split(/\s+/).filter(Boolean).length;
  return Math.min(Math.max((words / WORDS_PER_MINUTE) * 60_000, SHORTEST), LONGEST);
}
