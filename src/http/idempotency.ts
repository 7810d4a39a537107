import { HooklineError } from '../core/errors.ts';

/** RFC draft-ietf-httpapi-idempotency-key-header leaves the length open; printable and short keeps it storable. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
export const KEY_FORM = 'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces.';

/** The Idempotency-Key of a request, if it has one; throws `bad-request` for one that cannot be kept. */
export function keyOf(header: (name: string) => string | undefined): string | undefined {
  const key = header('idempotency-key');
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) throw new HooklineError('bad-request', KEY_FORM);
  return key;
}
