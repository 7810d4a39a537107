/** Phone numbers and addresses as people paste them. */

/** The code points from ！ to ～ are those of ASCII once more, as wide as an ideograph. */
const WIDE = /[\uff01-\uff5e]/g;
const WIDER_BY = 0xfee0;

/**
 * Without what nobody sees, such as the marks that WhatsApp and address books put around a number for its direction of
 * writing; every dash as `-`, every decimal digit as ASCII has it.
 */
export function plainNumber(text: string): string {
  return text
    .replace(/\p{Cf}/gu, '')
    .replace(WIDE, (wide) => String.fromCharCode(wide.charCodeAt(0) - WIDER_BY))
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/[^\P{Nd}0-9]/gu, asciiDigit);
}

/** Each script has its ten digits in a row, 0 first, and such rows may follow each other. */
function asciiDigit(digit: string): string {
  const at = digit.codePointAt(0) ?? 0;
  let first = at;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
  return String((at - first) % 10);
}
