import { language } from '../here.ts';

const whole = new Intl.NumberFormat(language);
const part = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });

export const number = (value: number): string => whole.format(value);

/** Of a part of one. */
export const percent = (value: number): string => part.format(value);

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

export function bytes(value: number): string {
  const at = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(value, 1)) / 3));
  const unit = UNITS[at] as string;
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 });
  return format.format(value / 1_000 ** at);
}
