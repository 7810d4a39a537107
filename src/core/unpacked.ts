import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

const WAYS: Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/**
 * A body as it was before it was compressed (RFC 9110, 8.4.1), of `most` bytes at the most; null where it cannot be had. Nobody
 * is asked for a compressed one, and some servers send it all the same.
 */
export function unpacked(body: Buffer, encoding: string | string[] | undefined, most: number): Buffer | null {
  const [name = '', ...more] = String(encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  if (name === '' || name === 'identity') return body;
  try {
    return more.length > 0 ? null : (WAYS[name]?.(body, { maxOutputLength: most }) ?? null);
  } catch {
    return null;
  }
}
