/**
 * What WhatsApp asks of the passkey of an account before it links a device, and the answer to it: WebAuthn's own JSON, which
 * browsers read and write (Web Authentication Level 3, section 5.1.8 and 5.1.9). Bytes are base64url without padding.
 */
import { HooklineError } from '../core/errors.ts';
import type { Milliseconds } from '../core/runtime.ts';

/** `PublicKeyCredentialRequestOptionsJSON`; members that WhatsApp adds are carried on as they are. */
export interface PasskeyOptions {
  challenge: string;
  rpId?: string;
  [member: string]: unknown;
}

/** `PublicKeyCredential.toJSON()` of an assertion. */
export interface PasskeyCredential {
  id: string;
  rawId: string;
  type: 'public-key';
  authenticatorAttachment?: string | null;
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string | null };
  clientExtensionResults: Record<string, unknown>;
}

/** Only what was signed on this origin is taken by WhatsApp. */
export const PASSKEY_ORIGIN = 'https://web.whatsapp.com';
/** As long as WhatsApp takes an answer. */
export const PASSKEY_VALID: Milliseconds = 600_000;

interface ClientData {
  type?: unknown;
  challenge?: unknown;
  origin?: unknown;
}

/** What the browser that signed says of it; empty for what is no such thing. */
function clientDataOf({ response }: PasskeyCredential): ClientData {
  try {
    const data: unknown = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString('utf8'));
    return typeof data === 'object' && data !== null ? data : {};
  } catch {
    return {};
  }
}

/** Whether it answers this challenge. */
export function answers(credential: PasskeyCredential, { challenge }: PasskeyOptions): boolean {
  return clientDataOf(credential).challenge === challenge;
}

/**
 * Throws `passkey-mismatch` for what WhatsApp would refuse at a glance. Whether the signature is right only WhatsApp can tell,
 * which has the public key.
 */
export function checkCredential(credential: PasskeyCredential, options: PasskeyOptions): void {
  const { type, origin } = clientDataOf(credential);
  if (type !== 'webauthn.get')
    throw mismatch('response.clientDataJSON', 'is not that of a signature: give what toJSON() of the PublicKeyCredential gave');
  if (!answers(credential, options))
    throw mismatch('response.clientDataJSON', 'answers another challenge: read the request again, and sign what it has now in "publicKey"');
  if (origin !== PASSKEY_ORIGIN)
    throw mismatch('response.clientDataJSON', `was signed on another page: WhatsApp takes only what was signed on ${PASSKEY_ORIGIN}`);
}

function mismatch(path: string, message: string): HooklineError {
  return new HooklineError('passkey-mismatch', `The credential does not answer what is asked now: it ${message}.`, {
    errors: [{ path: `credential.${path}`, message }],
  });
}
