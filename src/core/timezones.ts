import { memoizeLru } from './memoize.ts';

/** There are some 450 time zones; those that are used are few. */
const MOST = 500;

const known = memoizeLru(MOST, (name): string | null => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
});

/**
 * An IANA time zone as the system itself writes its name, which it takes in any case: what is kept by a zone is kept by this
 * name, or every spelling would be one more. Null when there is none.
 */
export const canonicalTimezone = (name: string): string | null => known(name);
