import { createHash, generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** Both PEM. */
  key: string;
  cert: string;
  /** SHA-256 of the public key, base64: what `--ignore-certificate-errors-spki-list` takes. */
  spki: string;
}

const NAMES = ['web.whatsapp.com', '*.whatsapp.com', '*.whatsapp.net'];
const DAY = 86_400_000;

/** A self-signed certificate for WhatsApp's host names, made on the spot: no key lies in the repository. */
export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicDer = publicKey.export({ type: 'spki', format: 'der' });
  const unsigned = toBeSigned(publicDer);
  const signature = sign('sha256', unsigned, privateKey);
  const certificate = sequence(unsigned, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    spki: createHash('sha256').update(publicDer).digest('base64'),
  };
}

/** RFC 5280, section 4.1: version 3, serial number, algorithm, issuer, validity, subject, key, subjectAltName. */
function toBeSigned(publicDer: Buffer): Buffer {
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('web.whatsapp.com')))));
  const validity = sequence(time(Date.now() - DAY), time(Date.now() + 30 * DAY));
  const names = sequence(...NAMES.map((host) => der(0x82, Buffer.from(host))));
  const extensions = der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, der(0x04, names))));
  const version3 = der(0xa0, der(0x02, Buffer.from([2])));
  return sequence(version3, der(0x02, Buffer.from([1])), ECDSA_WITH_SHA256, name, validity, name, publicDer, extensions);
}

/** Tag, length and contents, X.690 section 8.1. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...contents: Buffer[]): Buffer {
  return der(0x30, ...contents);
}

function time(at: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));
}

const ECDSA_WITH_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = der(0x06, Buffer.from('550403', 'hex'));
const SUBJECT_ALT_NAME = der(0x06, Buffer.from('551d11', 'hex'));
