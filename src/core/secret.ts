import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, to be shown once: whoever has it is let in. */
export const freshSecret = (): string => randomBytes(32).toString('base64url');

/**
 * How a secret that `freshSecret` made is kept. A plain hash is enough for it: there is nothing to guess and nothing a slow hash
 * would add (OWASP, Password Storage: slow hashes are for secrets that people choose).
 */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
