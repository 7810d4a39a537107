import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import type { PasskeyCredential, PasskeyOptions } from '../../src/sessions/passkey.ts';

const RP_ID = 'whatsapp.com';
const ORIGIN = 'https://web.whatsapp.com';
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

const base64url = (bytes: Buffer): string => bytes.toString('base64url');
const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();

/** The passkey of an account: what an authenticator keeps and WhatsApp knows the public half of (Web Authentication, section 6.3.3). */
export class Passkey {
  readonly id = randomBytes(16);
  readonly #privateKey: KeyObject;

  constructor() {
    this.#privateKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  }

  /** As Chromium's virtual authenticator takes it (CDP, `WebAuthn.addCredential`). */
  get forChromium() {
    return {
      credentialId: this.id.toString('base64'),
      isResidentCredential: true,
      rpId: RP_ID,
      privateKey: this.#privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      userHandle: randomBytes(16).toString('base64'),
      signCount: 0,
    };
  }

  /** What a browser on `origin` would answer; `flags` of the authenticator data. */
  sign({ challenge }: PasskeyOptions, { origin = ORIGIN, flags = USER_PRESENT | USER_VERIFIED } = {}): PasskeyCredential {
    const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge, origin, crossOrigin: false }));
    const authenticatorData = Buffer.concat([sha256(RP_ID), Buffer.from([flags, 0, 0, 0, 1])]);
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), this.#privateKey);
    return {
      id: base64url(this.id),
      rawId: base64url(this.id),
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(signature),
        userHandle: base64url(randomBytes(16)),
      },
      clientExtensionResults: {},
    };
  }

  /** What WhatsApp finds wrong with an answer to `challenge`; null: nothing (Web Authentication, section 7.2). */
  faultOf({ id, response }: PasskeyCredential, challenge: string): string | null {
    const [clientData, authenticatorData, signature] = [response.clientDataJSON, response.authenticatorData, response.signature].map(
      (part) => Buffer.from(part, 'base64url'),
    ) as [Buffer, Buffer, Buffer];
    const said = JSON.parse(clientData.toString('utf8'));
    if (id !== base64url(this.id)) return 'another passkey';
    if (said.type !== 'webauthn.get') return `type ${said.type}`;
    if (said.challenge !== challenge) return 'another challenge';
    if (said.origin !== ORIGIN) return `origin ${said.origin}`;
    if (!authenticatorData.subarray(0, 32).equals(sha256(RP_ID))) return 'another rpIdHash';
    if (((authenticatorData[32] ?? 0) & USER_VERIFIED) === 0) return 'the user was not verified';
    const isSigned = verify('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), createPublicKey(this.#privateKey), signature);
    return isSigned ? null : 'the signature is wrong';
  }
}
