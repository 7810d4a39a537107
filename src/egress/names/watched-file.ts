import { readFileSync, statSync } from 'node:fs';

/** What `parse` makes of a small file of the system as it is now; of '' where there is none. Read again when it has changed. */
export function watchedFile<T>(path: string, parse: (text: string) => T): () => T {
  let seen = '';
  let parsed = parse('');
  return () => {
    const found = statSync(path, { throwIfNoEntry: false });
    const now = found?.isFile() ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
    if (now !== seen) parsed = parse(now === '' ? '' : readFileSync(path, 'utf8'));
    seen = now;
    return parsed;
  };
}
