/** Brazilian numbers of persons, companies and places. Pure; where several are written, or other digits, none is read. */
import { DENIED, plain } from './tokens.ts';

/** The only row of digits, without the signs between them. */
function digitsIn(text: string): string | null {
  const said = plain(text);
  const runs = said.match(/\d(?:[\s./-]{0,3}\d)*/g) ?? [];
  return runs.length === 1 && !DENIED.test(said) ? (runs[0] ?? '').replace(/\D/g, '') : null;
}

/** By weights from the right, as the Receita Federal has it: letters count by their place behind the digits. */
function checkDigit(body: string, heaviest: number): number {
  const sum = [...body].reverse().reduce((total, sign, index) => total + (sign.charCodeAt(0) - 48) * ((index % (heaviest - 1)) + 2), 0);
  return sum % 11 < 2 ? 0 : 11 - (sum % 11);
}

function isChecked(whole: string, heaviest: number): boolean {
  const body = whole.slice(0, -2);
  const first = checkDigit(body, heaviest);
  return !/^(.)\1*$/.test(whole) && whole.endsWith(`${first}${checkDigit(`${body}${first}`, heaviest)}`);
}

/** Eleven digits. */
export function readCpf(text: string): string | null {
  const digits = digitsIn(text);
  return digits?.length === 11 && isChecked(digits, 11) ? digits : null;
}

const CNPJ = /(?<![\p{L}\d])[\da-z]{2}\.?[\da-z]{3}\.?[\da-z]{3}\/?[\da-z]{4}-?\d{2}(?![\p{L}\d])/gu;

/** Fourteen digits, or letters and digits of those that have letters. */
export function readCnpj(text: string): string | null {
  const said = plain(text).replace(/ ?([./-]) ?/g, '$1');
  const found = said.match(CNPJ) ?? [];
  if (found.length !== 1 || /\d/.test(said.replace(CNPJ, ' ')) || DENIED.test(said)) return null;
  const signs = (found[0] ?? '').replace(/[./-]/g, '').toUpperCase();
  return isChecked(signs, 9) ? signs : null;
}

/** `01310-100`. The lowest there is begins with 01000. */
export function readCep(text: string): string | null {
  const digits = digitsIn(text);
  return digits?.length === 8 && Number(digits) >= 1_000_000 ? `${digits.slice(0, 5)}-${digits.slice(5)}` : null;
}
