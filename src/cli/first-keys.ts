import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from '../app.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { writeWhole } from '../core/whole-file.ts';
import { write } from './output.ts';

/**
 * Shows what the first start has made to the person who started it, and in production to nobody else: on a terminal, else in a file that
 * only the user of the hub may read (mode 0600). The output of a service is a log, which is kept, sent on and read by others.
 */
export async function showKeys(text: string, { app, config }: { app: Pick<App, 'log'>; config: Config }): Promise<void> {
  const file = join(config.dataDir, 'first-keys.txt');
  if (config.dev || process.stdout.isTTY) return write(text);
  if (text === '') return remind(file, app);
  try {
    await writeWhole(file, text.trimStart());
    app.log.info(`The first API keys, and what to do with them, are in ${file}. Keep them elsewhere, then remove it`);
  } catch (error) {
    const advice = 'Set HOOKLINE_ADMIN_KEY to a key of yours, and make others with "hookline key create"';
    app.log.error(`The first API keys are lost: ${file} cannot be written. ${advice}`, { error: messageOf(error) });
  }
}

async function remind(file: string, { log }: Pick<App, 'log'>): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) log.warn(`The first API keys are still in ${file}. Keep them elsewhere, then remove it`);
}
