import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { MediaLibrary } from '../media/library.ts';
import { OPEN, SystemRetentionStore } from './retention-store.ts';

export interface MessageRetentionOptions {
  media: Pick<MediaLibrary, 'removeOf'>;
  runtime: Runtime;
  /** Of every tenant. */
  keep(): AsyncIterable<{ tenantId: TenantId; keep: { messages: Milliseconds } }>;
}

const EVERY = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/**
 * Messages go with what was made of them (edits, reactions, receipts) and with their files, and then the names of people whom
 * nothing refers to any more. A send that waits stays until it is known what became of it.
 */
export class MessageRetention {
  readonly #db: Database;
  readonly #store: SystemRetentionStore;
  readonly #options: MessageRetentionOptions;
  readonly periodic: Periodic;

  constructor(db: Database, options: MessageRetentionOptions) {
    this.#db = db;
    this.#store = new SystemRetentionStore(db);
    this.#options = options;
    const told = { every: EVERY, failure: 'Old messages could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, options.runtime);
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    const now = this.#options.runtime.clock.now();
    for await (const { tenantId, keep } of this.#options.keep()) {
      const before = now - keep.messages;
      await this.#pruneMessages(tenantId, before, pause);
      while ((await this.#store.removeIdentities(tenantId, before, BATCH)) === BATCH) await pause();
      while ((await this.#store.removeAnswers(tenantId, now, BATCH)) === BATCH) await pause();
    }
  }

  async #pruneMessages(tenantId: TenantId, before: Milliseconds, pause: () => Promise<void>): Promise<void> {
    for (const sessionId of await this.#store.sessionIds(tenantId)) {
      for (let after = 0; ; ) {
        const old = await this.#store.old(sessionId, { before, after, limit: BATCH });
        const gone = old.filter(({ status }) => !OPEN.some((open) => open === status)).map(({ id }) => id);
        if (gone.length > 0) {
          await this.#db.write(
            async (tx) => {
              await this.#options.media.removeOf(tx, tenantId, gone);
              await this.#store.remove(tx, tenantId, gone);
            },
            { for: tenantId },
          );
        }
        after = old.at(-1)?.ordinal ?? after;
        if (old.length < BATCH) break;
        await pause();
      }
    }
  }
}
