import { HooklineError } from '../core/errors.ts';
import type { SessionId } from '../core/ids.ts';

const LONGEST = 64;
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Wherever a session is named, its id may stand instead: so no name may look like one. */
export function isSessionId(idOrName: string): idOrName is SessionId {
  return idOrName.startsWith('ses_');
}

/** Throws `invalid-body` for what cannot be the name of a session. */
export function checkName(name: string): void {
  const message = isSessionId(name)
    ? 'A name may not begin with "ses_": that is how ids begin.'
    : NAME.test(name)
      ? undefined
      : `A name has 1 to ${LONGEST} letters (a to z), digits, ".", "_" or "-", and does not begin with ".".`;
  if (message) throw new HooklineError('invalid-body', 'The name cannot be used for a session.', { errors: [{ path: 'name', message }] });
}

/** `shop` → `shop-2`, `shop-3`, …: names to offer instead, never longer than allowed. */
export function* alternatives(name: string): Generator<string> {
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    yield name.slice(0, LONGEST - suffix.length) + suffix;
  }
}

/** Whoever asks for a session that is not there is told so in these words, and of another tenant's session in the same. */
export function missing(): never {
  throw new HooklineError('not-found', 'There is no session with this id or name.');
}
