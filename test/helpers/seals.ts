import { createCipheriv, randomBytes } from 'node:crypto';
import { keyIdOf } from '../../src/core/seal.ts';

/** A text as Hookline sealed it before seals knew where they belong. */
export function sealWithoutPlace(text: string, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
  return ['v1', keyIdOf(key), ...[iv, cipher.getAuthTag(), ciphertext].map((part) => part.toString('base64url'))].join('.');
}

/** Bytes as Hookline sealed them for a backup before backups told whose they are. */
export function sealFileWithoutTenant(bytes: Buffer, key: Buffer, label: string): Buffer {
  const head = Buffer.from(`${label}.v1.${keyIdOf(key)}\n`);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(head);
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([head, iv, cipher.getAuthTag(), ciphertext]);
}
