import type { Milliseconds } from '../core/runtime.ts';
import type { Database } from './open.ts';

const NAME = 'clock.seen';

/** The time that the clock showed when a hub last ran on this database; null before the first one. */
export async function seenTime(db: Database): Promise<Milliseconds | null> {
  const row = await db.sql('hub_settings').where({ name: NAME }).first('value');
  return row ? Number(row.value) : null;
}

export async function noteSeenTime(db: Database, at: Milliseconds): Promise<void> {
  await db.write(async ({ sql }) => {
    await sql('hub_settings')
      .insert({ name: NAME, value: String(at) })
      .onConflict('name')
      .merge();
  });
}
