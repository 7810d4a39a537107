/**
 * What could not be mapped, stored or reacted to, set aside whole so that nothing behind it has to wait. It is announced, kept
 * for as long as events are, and tried again when somebody asks for it, and once by each new version of the hub.
 */
import { createHash } from 'node:crypto';
import { soundText } from '../core/arrival.ts';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { LedgerEvent } from '../core/events.ts';
import { newId, type SessionId, type TenantId } from '../core/ids.ts';
import { Periodic } from '../core/periodic.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { isPassing } from '../db/passing.ts';
import type { Tx } from '../db/tx.ts';
import { type Aside, type Item, type ItemView, isTruncated, MOST_RAW, viewOf } from './item.ts';
import type { QuarantinePorts } from './ports.ts';
import { type ItemFilter, SystemQuarantineStore } from './store.ts';

const LONGEST_ERROR = 1_000;
/** Of one tenant; beyond it the oldest goes. What WhatsApp makes of strangers' messages must not fill the disk. */
const MOST = { items: 10_000, bytes: 64 * 1_024 * 1_024 };
const ADDED = 'quarantine.added';
const EVERY = 60 * 60_000;
const BATCH = 100;
/** Each may be as large as `MOST_RAW`. */
const AT_ONCE = 10;

/** Whose it is. */
interface Owner {
  tenantId: TenantId;
  session: { id: SessionId; name: string } | null;
}

export interface ItemQuery extends Omit<ItemFilter, 'before' | 'sessionId'> {
  /** Id or name. */
  session?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export class Quarantine {
  readonly #store: SystemQuarantineStore;
  readonly #db: Database;
  readonly #ports: QuarantinePorts;
  readonly #runtime: Runtime & { version: string };
  readonly #periodic: Periodic;

  constructor(db: Database, ports: QuarantinePorts, runtime: Runtime & { version: string }) {
    this.#db = db;
    this.#store = new SystemQuarantineStore(db);
    this.#ports = ports;
    this.#runtime = runtime;
    const told = { every: EVERY, failure: 'What was set aside long ago could not be removed' };
    this.#periodic = new Periodic((pause) => this.prune(pause), told, runtime);
  }

  /** In the caller's transaction. The same thing twice is set aside once; what belongs to nobody any more is dropped. */
  async add(tx: Tx, { tenantId, session }: Owner, aside: Aside): Promise<void> {
    const { clock, log, version } = this.#runtime;
    const now = clock.now();
    const { stage, kind, engineId = null, follower = null, eventId = null } = aside;
    const whole = aside.raw === undefined ? '' : asJson(aside.raw);
    const item: Item = {
      ...{ id: newId('qrt', now), tenantId, sessionId: session?.id ?? null, at: now, stage, kind, follower, eventId },
      engineId: engineId === null ? null : soundText(engineId).slice(0, 500),
      raw: cut(whole),
      size: Buffer.byteLength(whole),
      error: errorText(aside.error),
      ...{ attempts: 1, version, triedAt: now },
    };
    if (!(await this.#store.insert(tx, item, fingerprintOf(item, whole)))) return;
    await this.#store.bound(tx, tenantId, MOST);
    tx.afterCommit(() => {
      this.#ports.meter?.setAside(stage);
      const what = { quarantine: item.id, session: item.sessionId, stage, kind, engineId: item.engineId, follower, event: eventId };
      log.error('Something could not be taken in and was set aside', { ...what, error: item.error });
    });
    // Whoever cannot react to this very event would have it announced again and again.
    if (aside.announce === false) return;
    const { id, error } = item;
    const data = { id, stage, kind, engineId: item.engineId, follower, eventId, size: item.size, error };
    await this.#ports.ledger.append(tx, [{ tenantId, session, type: ADDED, data }]);
  }

  /** An event that a follower of the ledger cannot react to. One that tells of this very room is not announced again. */
  addEvent(tx: Tx, follower: string, event: LedgerEvent, error: unknown): Promise<void> {
    const { id: eventId, tenantId, sessionId, sessionName, type } = event;
    const session = sessionId === null ? null : { id: sessionId, name: sessionName ?? '' };
    const aside: Aside = { stage: 'reaction', kind: 'event', follower, eventId, error };
    return this.add(tx, { tenantId, session }, { ...aside, ...(type === ADDED && { announce: false }) });
  }

  /** As `add`, in a transaction of its own. */
  setAside(owner: Owner, aside: Aside): Promise<void> {
    return this.#db.write((tx) => this.add(tx, owner, aside), { for: owner.tenantId });
  }

  /** Newest first. `tenantId`: undefined for what is of all of them. */
  async list(
    tenantId: TenantId | undefined,
    { session, cursor, limit, ...filter }: ItemQuery,
  ): Promise<{ data: ItemView[]; nextCursor: string | null }> {
    const sessionId = session === undefined ? undefined : await this.#sessionId(tenantId, session);
    const found = await this.#store.page(tenantId, { ...filter, sessionId, before: cursor }, limit + 1);
    const data = found.slice(0, limit).map(viewOf);
    return { data, nextCursor: found.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  /** With all that is kept of it. Rejects with `not-found`, as the others do. */
  async get(tenantId: TenantId | undefined, id: string): Promise<ItemView & { raw: string }> {
    const item = await this.#find(tenantId, id);
    return { ...viewOf(item), raw: item.raw };
  }

  /**
   * Tries to take it in after all; what was taken in is in the quarantine no more. `quarantine-not-retryable` where only a part
   * of it was kept.
   */
  async retry(tenantId: TenantId | undefined, id: string): Promise<{ taken: boolean; error: string | null }> {
    const item = await this.#find(tenantId, id);
    if (isTruncated(item)) {
      throw new HooklineError(
        'quarantine-not-retryable',
        `Of its ${item.size} bytes only the first ${MOST_RAW} were kept. Read it, and delete it.`,
      );
    }
    return this.#again(item);
  }

  async remove(tenantId: TenantId | undefined, id: string): Promise<void> {
    const item = await this.#find(tenantId, id);
    await this.#db.write((tx) => this.#store.remove(tx, item.id), { for: item.tenantId });
  }

  countByStatus(): Promise<{ stage: string; count: number }[]> {
    return this.#store.countByStatus();
  }

  /** A new version may take what the one before could not. What is too old goes. */
  start(): void {
    this.#periodic.start();
    void this.#periodic.once((pause) => this.retryUntried(pause), 'What was set aside could not be tried again');
  }

  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** Tries once what no hub of this version has tried yet. */
  async retryUntried(pause: () => Promise<void> = async () => undefined): Promise<void> {
    for (let after = ''; ; ) {
      const items = await this.#store.untried(this.#runtime.version, after, AT_ONCE);
      for (const item of items) {
        if (!isTruncated(item)) await this.#again(item);
      }
      const last = items.at(-1);
      if (!last) return;
      after = last.id;
      await pause();
    }
  }

  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    for await (const { tenantId, keep } of this.#ports.keep()) {
      while ((await this.#store.removeOld(tenantId, this.#runtime.clock.now() - keep.payload, BATCH)) === BATCH) await pause();
    }
  }

  async #again(item: Item): Promise<{ taken: boolean; error: string | null }> {
    try {
      const takeIn = await this.#ports.again(item);
      await this.#db.write(
        async (tx) => {
          if (await this.#store.remove(tx, item.id)) await takeIn(tx);
        },
        { for: item.tenantId },
      );
      return { taken: true, error: null };
    } catch (cause) {
      if (isPassing(cause)) throw cause;
      const error = errorText(cause);
      const values = { error, version: this.#runtime.version, triedAt: this.#runtime.clock.now() };
      await this.#db.write((tx) => this.#store.failedAgain(tx, item.id, values), { for: item.tenantId });
      return { taken: false, error };
    }
  }

  async #find(tenantId: TenantId | undefined, id: string): Promise<Item> {
    const item = /^qrt_[0-9a-z]{26}$/.test(id) ? await this.#store.byId(tenantId, id) : undefined;
    if (item) return item;
    throw new HooklineError('not-found', 'Nothing with this id is set aside.');
  }

  async #sessionId(tenantId: TenantId | undefined, session: string): Promise<SessionId> {
    if (tenantId !== undefined) return (await this.#ports.session(tenantId, session)).id;
    return session as SessionId;
  }
}

function asJson(raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? 'null';
  } catch {
    return JSON.stringify(String(raw));
  }
}

/** At the border of a character: half of one would be read as something else. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= MOST_RAW) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, MOST_RAW), { stream: true });
}

const errorText = (error: unknown): string => soundText(messageOf(error)).slice(0, LONGEST_ERROR);

/** A message is known by its id; for everything else all that it says counts. */
function fingerprintOf({ tenantId, sessionId, kind, engineId, follower, eventId }: Item, raw: string): string {
  const what = kind === 'event' ? [follower, eventId] : kind === 'message' && engineId !== null ? [engineId] : [raw];
  return createHash('sha256')
    .update(JSON.stringify([tenantId, sessionId, kind, ...what]))
    .digest('hex');
}
