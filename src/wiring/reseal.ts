import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/runtime.ts';
import { keyIdIn, keyIdOf, type Reseal, resealing } from '../core/seal.ts';
import type { Database } from '../db/open.ts';
import { areWithoutPlace, noteAllPlaced } from '../db/seals.ts';
import type { Tx } from '../db/tx.ts';
import { resealFirstAnswers } from '../first-answers/store.ts';
import { resealFlowSecrets, sealOfFlowSecrets } from '../flows/catalogue/secret-store.ts';
import { keysOfCopies, removeCopiesUnder } from '../sessions/login/copy-table-store.ts';
import { resealCopies } from '../sessions/login/reseal-copies.ts';
import { resealEndpoints, sealOfEndpoints } from '../webhooks/endpoints/reseal-store.ts';

/** Everything in the database that is sealed, in its place. */
async function resealIn(tx: Tx, again: Reseal): Promise<number> {
  return (await resealEndpoints(tx, again)) + (await resealFlowSecrets(tx, again)) + (await resealFirstAnswers(tx, again));
}

/** The ids of the keys that something in the database is sealed with, as far as a look at one seal of each kind tells. */
export async function sealedWith(db: Pick<Database, 'sql'>): Promise<string[]> {
  // One after the other: it may be asked on one connection.
  const seals = [await sealOfEndpoints(db), await sealOfFlowSecrets(db)];
  return [...seals.flatMap((sealed) => keyIdIn(sealed ?? '') ?? []), ...(await keysOfCopies(db))];
}

/**
 * Seals again everything in the database that is sealed: secrets in one transaction, and before it the newest copy of each login. Those under the
 * former key go after it, so that whichever key there is opens one. Resolves with how many secrets there are. A copy that does not open goes, too.
 */
export async function resealAll(db: Database, from: Buffer, to: Buffer, log?: Pick<Logger, 'warn'>): Promise<number> {
  const copies = await resealCopies(db, from, to, (error) => log?.warn('A copy of a login is of no use', { error: messageOf(error) }));
  const secrets = await db.write(async (tx) => {
    const count = await resealIn(tx, resealing(from, to, { withoutPlace: await areWithoutPlace(tx) }));
    await noteAllPlaced(tx);
    return count;
  });
  await removeCopiesUnder(db, keyIdOf(from));
  return secrets + copies;
}

/**
 * Seals anew, once and in one transaction, what was sealed before seals knew their place; from then on no seal of the former
 * form is opened. To be called before anything is served. One that does not open (another key, a damaged row) stays as it is
 * and is told of; then the next start tries again.
 */
export async function placeSeals(db: Database, key: Buffer, log: Logger): Promise<void> {
  const lost = await db.write(async (tx) => {
    const failures: string[] = [];
    if (!(await areWithoutPlace(tx))) return failures;
    const again = resealing(key, key, { withoutPlace: true });
    await resealIn(tx, (sealed, place) => {
      try {
        return again(sealed, place);
      } catch (error) {
        failures.push(messageOf(error));
        return sealed;
      }
    });
    if (failures.length === 0) await noteAllPlaced(tx);
    return failures;
  });
  if (lost.length > 0) log.error('Secrets cannot be opened, and are left as they are', { secrets: lost.length, why: lost[0] });
}
