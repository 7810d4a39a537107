import type { QuarantineId } from '../core/ids.ts';
import type { Erased, Eraser, Person } from '../core/person.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import { NamingItems } from './erasing-store.ts';

/** Things that are looked through together; each may be large. */
const PAGE = 50;

/** What was set aside and names a person goes, whoever else it is about: the hub could not make out what it says. */
export class QuarantineEraser implements Eraser<QuarantineId[]> {
  readonly #store: NamingItems;

  constructor(db: Database) {
    this.#store = new NamingItems(db);
  }

  async look(person: Person, cursor: string | null): Promise<{ found: QuarantineId[] | null; next: string | null }> {
    const { ids, last } = await this.#store.page(person, cursor ?? '', PAGE);
    return { found: ids.length > 0 ? ids : null, next: last };
  }

  async erase(tx: Tx, _person: Person, found: QuarantineId[]): Promise<Erased> {
    return { erased: { quarantined: await this.#store.remove(tx, found) }, owed: {} };
  }
}
