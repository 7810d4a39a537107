import Papa from 'papaparse';
import type { Row } from './rows.ts';

export interface CsvFile {
  columns: string[];
  rows: Row[];
}

/** A CSV file with a head (RFC 4180, or with another sign between the columns). Rejects with what is wrong with it. */
export function readCsv(file: File): Promise<CsvFile> {
  return new Promise((resolve, reject) => {
    Papa.parse<Row>(file, {
      header: true,
      skipEmptyLines: 'greedy',
      transformHeader: (head) => head.replace(/^\ufeff/, '').trim(),
      complete({ data, meta, errors }) {
        const broken = errors.find(({ type }) => type === 'Quotes');
        if (broken) reject(new Error(`${broken.message} (${(broken.row ?? 0) + 1})`));
        else resolve({ columns: meta.fields ?? [], rows: data });
      },
      error: reject,
    });
  });
}
