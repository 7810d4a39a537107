import { writeFile } from 'node:fs/promises';
import { Bundle } from '../dashboard/bundle.ts';

export async function writeExtension(file: string): Promise<void> {
  await writeFile(file, await new Bundle().extension());
}
