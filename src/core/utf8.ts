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

/** Postgres keeps no NUL in a text, so that no input may have one, wherever it stands. */
export const hasNul = (text: string): boolean => text.includes('\0');

/**
 * Why a text in JSON can be neither stored nor sent as it is; null for nearly all. A half of a surrogate pair is no character: by its
 * escape (`\ud83d`) it comes in although the bytes are UTF-8, and it would reach people as a question mark.
 */
export function flawOf(text: string): string | null {
  if (hasNul(text)) return 'has a NUL character, which cannot be stored';
  return text.isWellFormed() ? null : 'has half of a character (\\ud800 to \\udfff without its other half): was an emoji cut in two?';
}
