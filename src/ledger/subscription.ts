import { covers } from '../core/event-patterns.ts';
import { type Gap, gapEnvelope, type LedgerEvent } from '../core/events.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { Clock } from '../core/runtime.ts';
import type { LedgerStore } from './store.ts';

/** Which events somebody wants to read. */
export interface Selection {
  tenantId: TenantId;
  sessionId?: SessionId;
  /** Patterns, see core/event-patterns.ts. */
  types?: string[];
}

/** After which position a reader begins. */
export interface Place {
  position: number;
  /** Where what it wanted to begin after is not here any more. */
  gap: Gap | null;
}

/** All that a reader holds in memory: one that is slower than the ledger grows is behind in the table. */
const BATCH = 64;
/** Looking again after so many ms without news also finds what other processes wrote. */
const QUIET = 15_000;

interface Source {
  store: Pick<LedgerStore, 'head' | 'read'>;
  onAppend(listener: (events: readonly LedgerEvent[]) => void): () => void;
  clock: Clock;
}

/**
 * Backfill → cutover → live, for one reader. All three are one motion: read the table from a position to its end, wait
 * for news, read on. News only wakes; what is given always comes from the table and in its order, so that nothing can
 * be missed or given twice where the backfill ends.
 */
export class Subscription {
  readonly #source: Source;
  readonly #selection: Selection;
  /** To be told first. */
  readonly gap: string | null;
  #position: number;

  constructor(source: Source, selection: Selection, { position, gap }: Place) {
    this.#source = source;
    this.#selection = selection;
    this.gap = gap && gapEnvelope(gap, selection.tenantId, source.clock.now());
    this.#position = position;
  }

  /**
   * Each event once and in order, until `signal` aborts; null whenever there was none for 15 s. The reader sets the
   * pace: nothing more is read before it asks. To be called once.
   */
  async *follow(signal: AbortSignal): AsyncGenerator<LedgerEvent | null, void> {
    let news = Promise.withResolvers<void>();
    const wake = (): void => news.resolve();
    const unhear = this.#source.onAppend((events) => events.some((event) => this.#selects(event)) && wake());
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        // Before the table is read: what is appended meanwhile has it read again.
        news = Promise.withResolvers();
        const head = await this.#source.store.head();
        const events = await this.#source.store.read({ ...this.#selection, after: this.#position, upTo: head, limit: BATCH });
        for (const event of events) {
          if (signal.aborted) return;
          this.#position = event.position;
          yield event;
        }
        if (events.length === BATCH) continue;
        // What was not selected need not be looked through again.
        this.#position = Math.max(this.#position, head);
        let quiet = false;
        const timer = this.#source.clock.after(QUIET, () => {
          quiet = true;
          wake();
        });
        await news.promise;
        timer.cancel();
        if (quiet && !signal.aborted) yield null;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      unhear();
    }
  }

  #selects({ tenantId, sessionId, type }: LedgerEvent): boolean {
    const wanted = this.#selection;
    if (tenantId !== wanted.tenantId) return false;
    return (
      (!wanted.sessionId || wanted.sessionId === sessionId) && (!wanted.types || wanted.types.some((pattern) => covers(pattern, type)))
    );
  }
}
