import { Offline, Problem } from '../ask.ts';
import { words } from '../here.ts';
import { fill } from '../words/words.ts';

/** What went wrong, for a person. `known`: by code, what it means just there. */
export function say(error: unknown, known: Record<string, string> = {}): string {
  if (error instanceof Offline) return words.stateOffline;
  if (!(error instanceof Problem)) return fill(words.failed, { detail: String(error) });
  if (error.code in known) return known[error.code] as string;
  if (error.status === 429) return words.tooMany;
  return fill(words.failed, { detail: error.message });
}
