import { createHash } from 'node:crypto';

/** Hash of what was asked, the same whatever order its members came in. */
export function fingerprintOf(asked: object): string {
  const sorted = (_: string, value: unknown): unknown =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(asked, sorted)).digest('base64url');
}
