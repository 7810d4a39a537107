import { type Erased, type Eraser, Mentions, type Person } from '../../core/person.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { laneOf } from '../lane.ts';
import type { Lanes } from '../ports.ts';
import { type NamingChat, type NamingRun, NamingRuns } from './erasing-store.ts';

/** Runs that are looked through together. */
const PAGE = 200;

type Found = { runs: NamingRun[] } | { chats: NamingChat[] };

/**
 * What flows keep of one person: their runs with answers and traces (one under way ends), tags, what is remembered. Runs and
 * memories of others that name them read without them.
 */
export class FlowEraser implements Eraser<Found> {
  readonly #store: NamingRuns;
  readonly #lanes: Pick<Lanes, 'forget'>;

  constructor(db: Database, lanes: Pick<Lanes, 'forget'>) {
    this.#store = new NamingRuns(db);
    this.#lanes = lanes;
  }

  /** The chats first, so that nothing begins in them anew. */
  async look(person: Person, cursor: string | null): Promise<{ found: Found | null; next: string | null }> {
    if (cursor === null) return { found: { chats: await this.#store.chats(person) }, next: 'run_' };
    const { runs, last } = await this.#store.page(person, cursor, PAGE);
    return { found: runs.length > 0 ? { runs } : null, next: last };
  }

  async erase(tx: Tx, person: Person, found: Found): Promise<Erased> {
    const mentions = new Mentions(person);
    const without = (json: string): string => JSON.stringify(mentions.without(JSON.parse(json)));
    if ('chats' in found) {
      let changed = 0;
      for (const chat of found.chats) if (!(await this.#store.rewriteChat(tx, person, chat, without(chat.remembered)))) changed++;
      const chats = await this.#store.removeChats(tx, person);
      await this.#lanes.forget(
        tx,
        person.names.map((id) => laneOf({ sessionId: person.sessionId, id })),
      );
      return { erased: { chats, rewritten: found.chats.length - changed }, owed: owedFor(changed) };
    }
    const theirs = found.runs.filter(({ chatId }) => mentions.isName(chatId));
    const others = found.runs.filter((run) => !theirs.includes(run));
    await this.#store.removeRuns(
      tx,
      theirs.map(({ id }) => id),
    );
    let changed = 0;
    for (const run of others) {
      const { state, trace, error } = run;
      const done = await this.#store.rewriteRun(tx, run, { state: without(state), trace: without(trace), error: error && without(error) });
      if (!done) changed++;
    }
    return { erased: { runs: theirs.length, rewritten: others.length - changed }, owed: owedFor(changed) };
  }
}

/** What has moved since it was read is looked at in the next pass. */
const owedFor = (changed: number): Record<string, number> => (changed > 0 ? { rewritten: changed } : {});
