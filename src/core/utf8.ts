const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The text that these bytes are, without a byte order mark; null where they are not UTF-8 (RFC 3629). Lenient decoding would put
 * a "�" where a letter was, and that would go as far as somebody's phone.
 */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
