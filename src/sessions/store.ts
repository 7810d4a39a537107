import type { Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import type { EventType } from '../core/events.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import { type Columns, fromRow, toRow } from '../db/columns.ts';
import { type DialectName, locking } from '../db/dialect.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { SetBack } from '../db/set-back.ts';
import { tenantStore } from '../db/tenant-store.ts';
import type { Tx } from '../db/tx.ts';
import type { AccountFacts, EngineName } from './engine.ts';
import { holdLease } from './lease-store.ts';
import { isSessionId } from './names.ts';
import type { SessionOwning } from './options.ts';
import type { SessionPorts } from './ports.ts';
import type { SessionStatus } from './supervision/lifecycle.ts';

export type Desired = 'started' | 'stopped';
export type SessionConfig = Record<string, unknown>;

/** A row of `whatsapp_instances`. */
export interface Session extends SessionRef {
  engine: EngineName;
  config: SessionConfig;
  profile: string;
  desired: Desired;
  status: SessionStatus;
  reason: string | null;
  phone: string | null;
  pushName: string | null;
  accountKind: AccountFacts['kind'];
  newChatsUntil: AccountFacts['newChatsUntil'];
  connectedAt: Milliseconds | null;
  lastInboundAt: Milliseconds | null;
  /** WhatsApp's time up to which all that the phone got is in the hub; null: it was never connected. */
  caughtUpTo: Milliseconds | null;
  nextAttemptAt: Milliseconds | null;
  attemptsMade: number;
  attemptsSucceeded: number;
  connectMs: Milliseconds | null;
  upMs: Milliseconds;
  restarts: Record<string, number>;
  createdAt: Milliseconds;
  updatedAt: Milliseconds;
}

const TABLE = 'whatsapp_instances';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  name: 'name',
  engine: 'engine',
  config: 'config',
  profile: 'profile',
  desired: 'desired',
  status: 'status',
  reason: 'reason',
  phone: 'phone',
  pushName: 'push_name',
  accountKind: 'account_kind',
  newChatsUntil: 'new_chats_until',
  connectedAt: 'connected_at',
  lastInboundAt: 'last_inbound_at',
  caughtUpTo: 'caught_up_to',
  nextAttemptAt: 'next_attempt_at',
  attemptsMade: 'attempts_made',
  attemptsSucceeded: 'attempts_succeeded',
  connectMs: 'connect_ms',
  upMs: 'up_ms',
  restarts: 'restarts',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Columns<Session>;

const toSession = fromRow<Session>(COLUMNS, 'config', 'restarts');

const named = (idOrName: string): { id: string } | { name: string } => (isSessionId(idOrName) ? { id: idOrName } : { name: idOrName });

class Reader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async byId(id: string): Promise<Session | undefined> {
    return this.#first({ id });
  }

  async byName(name: string): Promise<Session | undefined> {
    return this.#first({ name });
  }

  async byIdOrName(idOrName: string): Promise<Session | undefined> {
    return this.#first(named(idOrName));
  }

  /** In the order in which they were made, from after the id `after`. */
  async list({ limit, after }: { limit: number; after?: string }): Promise<Session[]> {
    const query = this.sql(TABLE).select(COLUMNS).where({ tenant_id: this.tenantId }).orderBy('id').limit(limit);
    if (after !== undefined) query.andWhere('id', '>', after);
    return (await query).map(toSession);
  }

  async count(): Promise<number> {
    const row = await this.sql(TABLE).where({ tenant_id: this.tenantId }).count<{ n: number | string }>({ n: '*' }).first();
    return Number(row?.n ?? 0);
  }

  async #first(where: { id: string } | { name: string }): Promise<Session | undefined> {
    const row = await this.sql(TABLE)
      .select(COLUMNS)
      .where({ tenant_id: this.tenantId, ...where })
      .first();
    return row && toSession(row);
  }
}

class Transactor extends Reader {
  readonly #dialect: DialectName;

  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
    this.#dialect = tx.dialect;
  }

  /** As it is stored now, and stays until the transaction ends. */
  async hold(id: SessionId): Promise<Session | undefined> {
    const row: object | undefined = await locking(
      this.sql(TABLE).select(COLUMNS).where({ tenant_id: this.tenantId, id }).first(),
      this.#dialect,
    );
    return row && toSession(row);
  }

  /** False when the tenant has a session with this name. */
  async insert(session: Omit<Session, 'tenantId'>): Promise<boolean> {
    const rows = await this.sql(TABLE)
      .insert(toRow(COLUMNS, { ...session, tenantId: this.tenantId }))
      .onConflict(['tenant_id', 'name'])
      .ignore()
      .returning('id');
    return rows.length === 1;
  }

  async update({ id, name, config, updatedAt }: Pick<Session, 'id' | 'name' | 'config' | 'updatedAt'>): Promise<void> {
    await this.sql(TABLE).where({ tenant_id: this.tenantId, id }).update(toRow(COLUMNS, { name, config, updatedAt }));
  }
}

export const sessionStore = (db: Database) => tenantStore(db, { Reader, Transactor });

export interface StatusChange {
  from: SessionStatus;
  to: SessionStatus;
  reason: string | null;
  at: Milliseconds;
  /** Counts one more attempt made, or succeeded. */
  attempt?: 'made' | 'succeeded';
  values?: Partial<
    Pick<
      Session,
      | 'desired'
      | 'phone'
      | 'pushName'
      | 'accountKind'
      | 'newChatsUntil'
      | 'connectedAt'
      | 'caughtUpTo'
      | 'nextAttemptAt'
      | 'connectMs'
      | 'upMs'
      | 'restarts'
    >
  >;
  /** Further events of this moment, after `session.status`. */
  events?: { type: EventType; data: unknown }[];
}

export interface SessionCensus {
  engine: EngineName;
  status: SessionStatus;
  count: number;
  upMs: Milliseconds;
  lastInboundAt: Milliseconds | null;
}

/** What supervisors and the boot of the hub write, across tenants. Every change of status is announced as it is made. */
export class SystemSessionStore {
  readonly #db: Database;
  readonly #ports: Pick<SessionPorts, 'ledger' | 'onDestroy'>;
  readonly #tokenOf: SessionOwning['tokenOf'] | undefined;

  /** `tokenOf`: where sessions are shared out, what is written of one counts only while its owner is who this process thinks. */
  constructor(db: Database, ports: Pick<SessionPorts, 'ledger' | 'onDestroy'>, tokenOf?: SessionOwning['tokenOf']) {
    this.#db = db;
    this.#ports = ports;
    this.#tokenOf = tokenOf;
  }

  /** Those that should run and those that did when the hub was last killed; of these, or of all. */
  async unsettled(ids?: readonly SessionId[]): Promise<Session[]> {
    const query = this.#db
      .sql(TABLE)
      .select(COLUMNS)
      .where((some) => some.where({ desired: 'started' }).orWhereNotIn('status', ['stopped', 'failed', 'loggedOut']))
      .orderBy('id');
    if (ids) query.whereIn('id', ids);
    return (await query).map(toSession);
  }

  /** Those that are linked and not to be connected, and of whose login there is no copy in the database; of these, or of all. */
  async uncopied(ids?: readonly SessionId[]): Promise<Session[]> {
    const copies = this.#db.sql('login_copies').where('size', '>', 0).select('session_id');
    const query = this.#db.sql(TABLE).select(COLUMNS).where({ desired: 'stopped' }).whereNot({ status: 'loggedOut' });
    query.whereNotNull('phone').whereNotIn('id', copies).orderBy('id');
    if (ids) query.whereIn('id', ids);
    return (await query).map(toSession);
  }

  /** Those of these profiles, which were run last by owners of these numbers, that are of no session any more, or whose login a later owner has given up. */
  async outlived(profiles: ReadonlyMap<string, number>): Promise<string[]> {
    const sessions = this.#db.sql({ sessions: TABLE }).whereIn('profile', [...profiles.keys()]);
    const ends = sessions.leftJoin({ ends: 'login_copies' }, (on) => on.on('ends.session_id', 'sessions.id').andOnVal('ends.size', 0));
    const rows: { profile: string; end: number | null }[] = await ends.groupBy('profile').select('profile').max({ end: 'ends.generation' });
    const found = new Map(rows.map(({ profile, end }) => [profile, end]));
    return [...profiles].flatMap(([profile, generation]) => {
      const end = found.get(profile);
      return end === undefined || (end !== null && end > generation) ? [profile] : [];
    });
  }

  /** Rejects with `owner-unreachable` where another node has the session that this one writes of. Until the transaction ends it stays so. */
  async #hold(tx: Tx, id: SessionId): Promise<void> {
    const token = this.#tokenOf?.(id);
    if (token) await holdLease(tx, id, token);
  }

  async rows(ids: readonly SessionId[]): Promise<Session[]> {
    if (ids.length === 0) return [];
    return (await this.#db.sql(TABLE).select(COLUMNS).whereIn('id', ids)).map(toSession);
  }

  /** Tells of these, and of those that should run where that is asked for: before anything is known of what this process writes of them later. */
  async heardOf({ ids, started }: { ids: readonly SessionId[]; started: boolean }, tell: (session: Session) => void): Promise<void> {
    await this.#db.write(async (tx) => {
      const query = tx.sql(TABLE).select(COLUMNS).whereIn('id', ids);
      const rows = (await (started ? query.orWhere({ desired: 'started' }) : query)).map(toSession);
      tx.afterCommit(() => rows.forEach(tell));
    });
  }

  /** How many there are of each engine in each status, and how they have fared in all; the present connections count up to `now`. */
  async countByStatus(now: Milliseconds): Promise<SessionCensus[]> {
    return rowsOf(
      this.#db.sql,
      `SELECT engine, status, count(*) AS "count", max(last_inbound_at) AS "lastInboundAt",
         CAST(sum(up_ms + CASE WHEN status = 'connected' THEN CAST(? AS bigint) - connected_at ELSE 0 END) AS bigint) AS "upMs"
       FROM ${TABLE} GROUP BY engine, status`,
      [now],
    );
  }

  /** Those with this id or name, of whichever tenants; a few of them. */
  async called(idOrName: string): Promise<Session[]> {
    const rows = await this.#db.sql(TABLE).select(COLUMNS).where(named(idOrName)).orderBy('id').limit(5);
    return rows.map(toSession);
  }

  /** Whoever runs it brings it up: it is told of the row. */
  async wantStarted({ id, tenantId }: Pick<SessionRef, 'id' | 'tenantId'>): Promise<void> {
    await this.#db.write(
      async (tx) => {
        await tx.sql(TABLE).where({ id }).update({ desired: 'started' });
        tx.tell('sessions', id);
      },
      { for: tenantId },
    );
  }

  /** False when there is no such session any more. */
  async want({ id, tenantId }: Pick<SessionRef, 'id' | 'tenantId'>, desired: Desired): Promise<boolean> {
    const set = async (tx: Tx): Promise<boolean> => {
      await this.#hold(tx, id);
      return (await tx.sql(TABLE).where({ id }).update({ desired })) === 1;
    };
    return this.#db.write(set, { for: tenantId, waited: 0 });
  }

  /** `committed` is run as the change reaches the disk, before anybody who follows the ledger hears of it. */
  async change(session: SessionRef, change: StatusChange, committed: () => void): Promise<void> {
    const { from, to, reason, at, attempt, values = {}, events = [] } = change;
    await this.#db.write(
      async (tx) => {
        await this.#hold(tx, session.id);
        tx.afterCommit(committed);
        const query = tx.sql(TABLE).where({ id: session.id });
        if (attempt) query.increment(attempt === 'made' ? COLUMNS.attemptsMade : COLUMNS.attemptsSucceeded, 1);
        const touched = await query.update(toRow(COLUMNS, { nextAttemptAt: null, ...values, status: to, reason, updatedAt: at }));
        if (touched === 0) throw new HooklineError('not-found', `The session "${session.name}" was deleted meanwhile.`);
        const changed = from === to ? [] : [{ type: 'session.status' as const, data: { from, to, reason } }];
        await this.#ports.ledger.append(
          tx,
          [...changed, ...events].map((event) => ({ tenantId: session.tenantId, session, ...event })),
        );
      },
      { for: session.tenantId },
    );
  }

  /** When the next attempts are made, as it is told: they are made by their own timers. */
  async setBack({ now, by }: SetBack): Promise<void> {
    await this.#db.write(async ({ sql }) => {
      const ahead = sql(TABLE).where(COLUMNS.nextAttemptAt, '>', now);
      await ahead.update({ [COLUMNS.nextAttemptAt]: sql.raw('?? - ?', [COLUMNS.nextAttemptAt, by]) });
    });
  }

  /** In the transaction that stores the message. */
  async touchInbound(tx: Tx, id: SessionId, at: Milliseconds, mark: Milliseconds | null): Promise<void> {
    await this.#hold(tx, id);
    const touch = `UPDATE ${TABLE} SET last_inbound_at = ?, caught_up_to = COALESCE(CAST(? AS bigint), caught_up_to) WHERE id = ?`;
    await rowsOf(tx.sql, touch, [at, mark, id]);
  }

  /** All that the phone got up to this time, by WhatsApp, is in the hub. */
  async caughtUp({ id, tenantId }: SessionRef, upTo: Milliseconds): Promise<void> {
    await this.#db.write(
      async (tx) => {
        await this.#hold(tx, id);
        await tx
          .sql(TABLE)
          .where({ id })
          .update(toRow(COLUMNS, { caughtUpTo: upTo }));
      },
      { for: tenantId },
    );
  }

  /** What the session still had to do is canceled and announced first: an event needs the row for its number. */
  async remove(session: SessionRef, from: SessionStatus): Promise<void> {
    await this.#db.write(
      async (tx) => {
        await this.#hold(tx, session.id);
        await this.#ports.onDestroy(tx, session);
        const data = { from, to: 'stopped', reason: 'deleted' };
        await this.#ports.ledger.append(tx, [{ tenantId: session.tenantId, session, type: 'session.status', data }]);
        await tx.sql(TABLE).where({ id: session.id }).delete();
      },
      { for: session.tenantId },
    );
  }
}
