import type { Knex } from 'knex';
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, fromRow, valuesOf } from '../../db/columns.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import type { Need } from '../program/needs.ts';
import type { Run, RunStatus } from '../turn/run.ts';

export type FlowOrigin = 'file' | 'api';

/** A flow as new runs begin on it. */
export interface StoredFlow {
  name: string;
  revision: number;
  origin: FlowOrigin;
  /** What errors call the text: `flows/booking.yml`. */
  path: string;
  source: string;
  digest: string;
  createdAt: Milliseconds;
  updatedAt: Milliseconds;
}

/** A text of a flow that never changes again; equal digests are equal texts. */
export interface RevisionKey {
  flow: string;
  revision: number;
  digest: string;
}

interface Dated {
  revision: number;
  createdAt: Milliseconds;
}

export interface RunFilter {
  flow?: string;
  status?: RunStatus;
  sessionId?: SessionId;
  /** It moved at this time or later. */
  since?: Milliseconds | undefined;
}

/** The tests of a flow that is no file. */
export interface StoredTests {
  source: string;
  revision: number;
  updatedAt: Milliseconds;
}

/** What became of a flow in a while. */
interface FlowActivity {
  flow: string;
  /** Runs that began. */
  starts: number;
  /** Messages that those have sent. */
  answers: number;
}

const COLUMNS = {
  name: 'flows.name',
  revision: 'flows.revision',
  origin: 'flows.origin',
  path: 'flows.path',
  source: 'flow_revisions.source',
  digest: 'flow_revisions.digest',
  createdAt: 'flows.created_at',
  updatedAt: 'flows.updated_at',
} as const satisfies Columns<StoredFlow>;

export const RUN_COLUMNS = {
  id: 'id',
  sessionId: 'session_id',
  chatId: 'chat_id',
  flow: 'flow',
  revision: 'revision',
  status: 'status',
  state: 'state',
  trace: 'trace',
  error: 'error',
  wakesAt: 'wakes_at',
  startedAt: 'started_at',
  updatedAt: 'updated_at',
} as const satisfies Columns<Run>;

export const toRun = fromRow<Run>(RUN_COLUMNS, 'state', 'trace', 'error');

const { trace: _, ...WITHOUT_TRACE } = RUN_COLUMNS;
const toRunWithoutTrace = fromRow<Run>(RUN_COLUMNS, 'state', 'error');

export class FlowReader {
  readonly sql: Knex;
  readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  /** By name, from the one behind `after`. */
  async flows({ after, limit }: { after?: string; limit?: number } = {}): Promise<StoredFlow[]> {
    const query = this.#flows().orderBy('flows.name');
    if (after !== undefined) query.where('flows.name', '>', after);
    if (limit !== undefined) query.limit(limit);
    return query;
  }

  async flow(name: string): Promise<StoredFlow | undefined> {
    return this.#flows().where('flows.name', name).first();
  }

  /** What new runs begin on, by name, without the texts. */
  async current(): Promise<(RevisionKey & Pick<StoredFlow, 'origin' | 'path'>)[]> {
    const revision = ['flow', 'revision', 'digest'].map((column) => `flow_revisions.${column}`);
    return this.#joined()
      .orderBy('flows.name')
      .select(...revision, 'flows.origin', 'flows.path');
  }

  /** Moves on with every change of what is published; 0 where nothing ever was. */
  async catalogVersion(): Promise<number> {
    const row = await this.sql('flow_catalogs').where('tenant_id', this.tenantId).first('version');
    return row?.version ?? 0;
  }

  /** Those of `needs` that the tenant does not have. */
  async lacking(needs: readonly Need[]): Promise<Need[]> {
    const namesOf = (kind: Need['what']): string[] => needs.flatMap(({ what, name }) => (what === kind ? [name] : []));
    const of = { tenant_id: this.tenantId };
    const secrets: string[] = await this.sql('flow_secrets').where(of).whereIn('name', namesOf('secret')).pluck('name');
    const wanted = namesOf('session');
    const sessions: { id: string; name: string }[] = await this.sql('whatsapp_instances')
      .where(of)
      .where((one) => one.whereIn('id', wanted).orWhereIn('name', wanted))
      .select('id', 'name');
    const there = { secret: new Set(secrets), session: new Set(sessions.flatMap(({ id, name }) => [id, name])) };
    return needs.filter(({ what, name }) => !there[what].has(name));
  }

  async revision(flow: string, revision: number): Promise<(RevisionKey & Dated & { source: string }) | undefined> {
    const columns = { flow: 'flow', revision: 'revision', digest: 'digest', source: 'source', createdAt: 'created_at' };
    return this.sql('flow_revisions').where({ tenant_id: this.tenantId, flow, revision }).first(columns);
  }

  /** Newest first, from the one before `after`, without the texts. */
  async revisions(flow: string, { after, limit }: { after?: string; limit: number }): Promise<Dated[]> {
    const query = this.sql('flow_revisions').where({ tenant_id: this.tenantId, flow }).orderBy('revision', 'desc').limit(limit);
    if (after !== undefined) query.where('revision', '<', Number(after));
    return query.select({ revision: 'revision', createdAt: 'created_at' });
  }

  /** Newest first, from the one behind `after`. Without `trace` they are read with an empty one. */
  async runs(
    { flow, status, sessionId, since }: RunFilter,
    { after, limit }: { after?: string; limit: number },
    { trace = true }: { trace?: boolean } = {},
  ): Promise<Run[]> {
    const query = this.sql('flow_runs').where('tenant_id', this.tenantId).orderBy('id', 'desc').limit(limit);
    if (flow !== undefined) query.where('flow', flow);
    if (status !== undefined) query.where('status', status);
    if (status === 'failed') query.whereRaw(`status = 'failed'`);
    if (sessionId !== undefined) query.where('session_id', sessionId);
    if (since !== undefined) query.where('updated_at', '>=', since);
    if (after !== undefined) query.where('id', '<', after);
    if (trace) return (await query.select(RUN_COLUMNS)).map(toRun);
    return (await query.select(WITHOUT_TRACE)).map((row) => ({ ...toRunWithoutTrace(row), trace: [] }));
  }

  /** Of the runs that began at `since` or later. The index has all that this reads. */
  async activity(since: Milliseconds): Promise<FlowActivity[]> {
    const rows = await rowsOf<{ flow: string; starts: number | string; answers: number | string }>(
      this.sql,
      `SELECT flow, count(*) AS starts, sum(answers) AS answers FROM flow_runs
       WHERE tenant_id = ? AND started_at >= ? GROUP BY flow ORDER BY flow`,
      [this.tenantId, since],
    );
    return rows.map(({ flow, starts, answers }) => ({ flow, starts: Number(starts), answers: Number(answers) }));
  }

  async tests(flow: string): Promise<StoredTests | undefined> {
    const columns = { source: 'source', revision: 'revision', updatedAt: 'updated_at' };
    return this.sql('flow_tests').where({ tenant_id: this.tenantId, flow }).first(columns);
  }

  /** The newest of one chat, under each of its names. */
  async runsIn(sessionId: SessionId, names: readonly ChatId[]): Promise<Run[]> {
    const of = { tenant_id: this.tenantId, session_id: sessionId };
    const newest = this.sql('flow_runs').where(of).whereIn('chat_id', names).orderBy('id', 'desc').limit(50);
    return (await newest.select(RUN_COLUMNS)).map(toRun);
  }

  /** The revisions that runs of a flow wait in. */
  async revisionsInUse(flow: string): Promise<number[]> {
    const of = { tenant_id: this.tenantId, flow, status: 'waiting' };
    return this.sql('flow_runs').where(of).distinct().pluck('revision');
  }

  async run(id: string): Promise<Run | undefined> {
    const row = await this.sql('flow_runs').where({ tenant_id: this.tenantId, id }).first(RUN_COLUMNS);
    return row && toRun(row);
  }

  async waitingRun(sessionId: SessionId, chatId: ChatId): Promise<Run | undefined> {
    const row = await this.sql('flow_runs')
      .where({ tenant_id: this.tenantId, session_id: sessionId, chat_id: chatId, status: 'waiting' })
      .first(RUN_COLUMNS);
    return row && toRun(row);
  }

  #joined(): Knex.QueryBuilder {
    return this.sql('flows')
      .join('flow_revisions', (on) =>
        on
          .on('flow_revisions.tenant_id', 'flows.tenant_id')
          .andOn('flow_revisions.flow', 'flows.name')
          .andOn('flow_revisions.revision', 'flows.revision'),
      )
      .where('flows.tenant_id', this.tenantId);
  }

  #flows(): Knex.QueryBuilder {
    return this.#joined().select(COLUMNS);
  }
}

const CHANGING = ['status', 'revision', 'wakes_at', 'state', 'trace', 'error', 'updated_at'];
const SAVE_RUN = `INSERT INTO flow_runs (tenant_id, answers, ${Object.values(RUN_COLUMNS).join(', ')})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET answers = flow_runs.answers + excluded.answers,
    ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}`;

export class FlowTransactor extends FlowReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  /** Makes `source` what new runs begin on. Answers the number of its revision, the same one when nothing changed. */
  async publish(
    { name, origin, path, source, digest }: Pick<StoredFlow, 'name' | 'origin' | 'path' | 'source' | 'digest'>,
    now: Milliseconds,
  ): Promise<number> {
    const of = { tenant_id: this.tenantId, flow: name };
    const newest = await this.sql('flow_revisions').where(of).orderBy('revision', 'desc').first('revision', 'digest');
    const unchanged = newest?.digest === digest;
    const revision: number = unchanged ? newest.revision : (newest?.revision ?? 0) + 1;
    if (!unchanged) await this.sql('flow_revisions').insert({ ...of, revision, source, digest, created_at: now });
    await this.sql('flows')
      .insert({ tenant_id: this.tenantId, name, revision, origin, path, created_at: now, updated_at: now })
      .onConflict(['tenant_id', 'name'])
      .merge(unchanged ? ['revision', 'origin', 'path'] : ['revision', 'origin', 'path', 'updated_at']);
    return revision;
  }

  /** What the published flows ask for together; after every change of them. */
  async saveCatalog({ inGroups, events }: { inGroups: boolean; events: readonly string[] }): Promise<void> {
    const asked = { in_groups: inGroups ? 1 : 0, events: JSON.stringify(events) };
    const version = (await this.catalogVersion()) + 1;
    await this.sql('flow_catalogs')
      .insert({ tenant_id: this.tenantId, version, ...asked })
      .onConflict('tenant_id')
      .merge(['version', 'in_groups', 'events']);
  }

  /** Of a flow, in every chat; from the one behind `after`. */
  async waitingRuns(flow: string, { after, limit }: { after: string; limit: number }): Promise<Run[]> {
    const of = { tenant_id: this.tenantId, flow, status: 'waiting' };
    return (await this.sql('flow_runs').where(of).andWhere('id', '>', after).orderBy('id').limit(limit).select(RUN_COLUMNS)).map(toRun);
  }

  /** Of a flow that there is. Whoever saves last has saved. */
  async saveTests(flow: string, source: string, now: Milliseconds): Promise<StoredTests> {
    const [row] = await rowsOf<{ revision: number }>(
      this.sql,
      `INSERT INTO flow_tests (tenant_id, flow, source, revision, updated_at) VALUES (?, ?, ?, 1, ?) ON CONFLICT (tenant_id, flow)
       DO UPDATE SET source = excluded.source, revision = flow_tests.revision + 1, updated_at = excluded.updated_at
       RETURNING revision`,
      [this.tenantId, flow, source, now],
    );
    return { source, revision: (row as { revision: number }).revision, updatedAt: now };
  }

  /** Whether there were any. */
  async removeTests(flow: string): Promise<boolean> {
    return (await this.sql('flow_tests').where({ tenant_id: this.tenantId, flow }).delete()) > 0;
  }

  async remove(name: string): Promise<void> {
    await this.sql('flows').where({ tenant_id: this.tenantId, name }).delete();
    await this.sql('flow_schedules').where({ tenant_id: this.tenantId, flow: name }).delete();
  }

  /** `answers`: how many messages it has sent since it was saved last. */
  async saveRun(run: Run, answers = 0): Promise<void> {
    const wakesAt = run.status === 'waiting' ? run.wakesAt : null;
    await rowsOf(this.sql, SAVE_RUN, [this.tenantId, answers, ...valuesOf(RUN_COLUMNS, { ...run, wakesAt })]);
  }
}

export type FlowStore = TenantStore<FlowReader, FlowTransactor>;

export const flowStore = (db: Database): FlowStore => tenantStore(db, { Reader: FlowReader, Transactor: FlowTransactor });
