import { writeFile } from 'node:fs/promises';
import { Bundle } from '../dashboard/bundle.ts';
import { answer } from './output.ts';

export async function writeExtension(file: string): Promise<void> {
  const bytes = await new Bundle().extension();
  await writeFile(file, bytes);
  answer({ file, bytes: bytes.length }, '');
}
