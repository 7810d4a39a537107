/** What the last look at WhatsApp's page found, in the data directory: a command writes it, and the hub shows it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../core/whole-file.ts';

const fileOf = (directory: string): string => join(directory, 'whatsapp-check.json');

/** `report`: plain JSON. */
export async function noteCheck(directory: string, report: object): Promise<void> {
  await writeWhole(fileOf(directory), `${JSON.stringify(report)}\n`);
}

/** Null where none was made, or what is there cannot be read. */
export async function lastCheck(directory: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(fileOf(directory), 'utf8'));
  } catch {
    return null;
  }
}
