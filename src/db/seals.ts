import type { Tx } from './tx.ts';

/** Whether something in the database may still be sealed in the first form, which told nothing of where it belongs. */
export async function areWithoutPlace({ sql }: Pick<Tx, 'sql'>): Promise<boolean> {
  return (await sql('seals').where({ without_place: 1 }).first()) !== undefined;
}

/** From here on none of the first form is opened. To be called in the transaction that has sealed all of them anew. */
export async function noteAllPlaced({ sql }: Pick<Tx, 'sql'>): Promise<void> {
  await sql('seals').update({ without_place: 0 });
}
