/** What the rows of a CSV file ask for. Pure: the page reads the file and says it in words. */
import { readAddress } from '../../../../core/phone-number.ts';

/** A row by the names of its columns. */
export type Row = Record<string, string>;

export interface Defaults {
  /** For rows that name none. */
  session: string;
  /** For rows without a text; `{column}` is filled from the row. */
  text: string;
}

/** As POST /api/messages/bulk takes it. */
export type Entry = {
  session: string;
  to: string;
  type: 'text';
  text: string;
  reference?: string;
  sendAt?: string;
  idempotencyKey: string;
};

/** Why a row cannot be sent. */
export type Fault =
  | { code: 'number'; to: string }
  | { code: 'text' }
  | { code: 'column'; name: string }
  | { code: 'twice'; row: number }
  | { code: 'nobody' };

/** `row`: its place in the file, from 1, without the head. */
export type Checked = { row: number; to: string; entry: Entry; fault: null } | { row: number; to: string; entry: null; fault: Fault };

/**
 * Each row as a send, or what keeps it from being one. The same file with the same defaults has the same keys, so that sending it
 * once more sends nothing twice.
 */
export function checkRows(rows: readonly Row[], { session, text }: Defaults): Checked[] {
  const stamp = fingerprint(JSON.stringify([rows, session, text]));
  const seen = new Map<string, number>();
  return rows.map((columns, at): Checked => {
    const row = at + 1;
    const to = (columns.to ?? '').trim();
    const refuse = (fault: Fault): Checked => ({ row, to, entry: null, fault });
    const read = readAddress(to);
    if (!read || ('digits' in read && !/^\d{5,15}$/.test(read.digits))) return refuse({ code: 'number', to });
    const own = columns.text?.trim();
    const missing = own ? null : [...text.matchAll(PLACE)].find(([, name = '']) => !written(columns, name));
    if (missing) return refuse({ code: 'column', name: missing[1] ?? '' });
    const said = own || text.replace(PLACE, (_, name) => written(columns, name)).trim();
    if (said === '') return refuse({ code: 'text' });
    const same = JSON.stringify(['digits' in read ? read.digits : to, said]);
    const former = seen.get(same);
    if (former !== undefined) return refuse({ code: 'twice', row: former });
    seen.set(same, row);
    const { reference = '', sendAt = '' } = columns;
    const entry: Entry = {
      ...{ session: columns.session?.trim() || session, to, type: 'text', text: said, idempotencyKey: `csv-${stamp}-${row}` },
      ...(reference.trim() && { reference: reference.trim() }),
      ...(sendAt.trim() && { sendAt: sendAt.trim() }),
    };
    return { row, to, entry, fault: null };
  });
}

const PLACE = /\{([^{}]+)\}/g;

const written = (columns: Row, name: string): string => columns[name.trim()]?.trim() ?? '';

/** 53 bits of the text (cyrb53), to tell files apart; no browser has `crypto.subtle` where the hub is reached over plain HTTP. */
function fingerprint(text: string): string {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2_654_435_761);
    two = Math.imul(two ^ code, 1_597_334_677);
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(two ^ (two >>> 13), 3_266_489_909);
  two = Math.imul(two ^ (two >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return `${(4_294_967_296 * (2_097_151 & two) + (one >>> 0)).toString(36)}${text.length.toString(36)}`;
}
