import { messageOf } from '../core/errors.ts';
import { type AuditId, firstIdAt, newId, type TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { type AuditDraft, type AuditEntry, type AuditView, auditView } from './entry.ts';
import { type AuditFilter, SystemAuditStore } from './store.ts';

export interface AuditQuery extends Omit<AuditFilter, 'from' | 'before'> {
  since?: Milliseconds | undefined;
  /** Including those of this very millisecond. */
  until?: Milliseconds | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface AuditPage {
  data: AuditView[];
  /** Give it as `cursor` to read on; null at the end. */
  nextCursor: string | null;
}

/** How long an entry that may wait does, so that those that come meanwhile share one statement and one commit with it. */
const GATHERED: Milliseconds = 100;
/** Entries in one statement. */
const BATCH = 500;
/** With so many waiting, nobody else is let go before his own is written. */
const MOST_WAITING = 2_000;
/** While the database takes none, so many are kept for when it does; the oldest go first, and the log has them. */
const MOST_KEPT = 10_000;
const RETRY: Milliseconds = 1_000;

interface Waiting {
  entry: AuditEntry;
  done(): void;
}

/**
 * Who did what. An entry is written once what it tells of has been decided, so nothing here may undo that or deny it: where
 * the database does not take an entry (a full disk), it goes to the log of the hub at once, whoever waits for it is let go,
 * and it is tried again until it is written, the hub stops, or too many wait.
 */
export class AuditLog {
  readonly #store: SystemAuditStore;
  readonly #db: Pick<Database, 'up'>;
  readonly #runtime: Runtime;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** The last try failed. */
  #failing = false;

  constructor(db: Database, runtime: Runtime) {
    this.#store = new SystemAuditStore(db);
    this.#db = db;
    this.#runtime = runtime;
  }

  /**
   * Resolves when the entry is on disk; never rejects. `later`: it may wait for others, up to 100 ms, and a crash meanwhile
   * may lose it. For what leaves a record of its own and comes too often to be waited for.
   */
  record(draft: AuditDraft, { later = false }: { later?: boolean } = {}): Promise<void> {
    const at = this.#runtime.clock.now();
    const entry = { ...draft, id: newId('aud', at), at };
    return new Promise((resolve) => {
      const waiting = { entry, done: resolve };
      this.#waiting.push(waiting);
      const mayWait = later && this.#waiting.length < MOST_WAITING;
      if (this.#failing) this.#givenUp(waiting);
      else if (!mayWait) this.#write();
      else {
        resolve();
        this.#timer ??= this.#runtime.clock.after(GATHERED, () => this.#write());
      }
    });
  }

  /** Newest first. `tenantId`: undefined for those of all tenants and of the hub itself. */
  async list(tenantId: TenantId | undefined, { since, until, cursor, limit, ...filter }: AuditQuery): Promise<AuditPage> {
    const end = until === undefined ? undefined : firstIdAt('aud', until + 1);
    const before = cursor === undefined || (end !== undefined && end < cursor) ? end : cursor;
    const from = since === undefined ? undefined : firstIdAt('aud', since);
    const found = await this.#store.page(tenantId, { ...filter, from, before }, limit + 1);
    const data = found.slice(0, limit).map(auditView);
    return { data, nextCursor: found.length > limit ? (data.at(-1)?.id as AuditId) : null };
  }

  /** Writes what waits, or gives it up after one more try. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
    this.#failing = false;
    this.#write();
    await this.#running;
    this.#timer?.cancel();
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#running ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // A turn of the microtask queue first: what is recorded in the same tick then shares the first statement, too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#store.insert(batch.map(({ entry }) => entry));
      } catch (error) {
        this.#waiting.unshift(...batch);
        this.#failed(error);
        break;
      }
      for (const { done } of batch) done();
      if (this.#failing) this.#runtime.log.warn('The audit log is written again');
      this.#failing = false;
    }
    // In the same turn as the last look whether something waits: what comes next begins anew.
    this.#running = undefined;
  }

  #failed(error: unknown): void {
    const { log, clock } = this.#runtime;
    if (!this.#failing) {
      log[this.#level]('The audit log could not be written; its entries follow here, and are tried again', { error: messageOf(error) });
      for (const waiting of [...this.#waiting]) this.#givenUp(waiting);
    }
    this.#failing = true;
    this.#timer = clock.after(RETRY, () => this.#write());
  }

  /** That the database itself fails is told elsewhere, as an error, once. */
  get #level(): 'error' | 'warn' {
    return this.#db.up ? 'error' : 'warn';
  }

  /** For now: it stays among those that wait. */
  #givenUp({ entry, done }: Waiting): void {
    this.#runtime.log[this.#level]('An entry of the audit log is not on disk', { entry: auditView(entry) });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - MOST_KEPT));
    done();
  }
}
