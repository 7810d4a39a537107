import type { Knex } from 'knex';
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
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

export interface RunFilter {
  flow?: string;
  status?: RunStatus;
  sessionId?: SessionId;
}

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
    return (await query).map(toFlow);
  }

  async flow(name: string): Promise<StoredFlow | undefined> {
    const row = await this.#flows().where('flows.name', name).first();
    return row && toFlow(row);
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

  async revision(flow: string, revision: number): Promise<(RevisionKey & { source: string }) | undefined> {
    return this.sql('flow_revisions').where({ tenant_id: this.tenantId, flow, revision }).first('flow', 'revision', 'digest', 'source');
  }

  /** Newest first, from the one behind `after`. */
  async runs({ flow, status, sessionId }: RunFilter, { after, limit }: { after?: string; limit: number }): Promise<Run[]> {
    const query = this.sql('flow_runs').where('tenant_id', this.tenantId).orderBy('id', 'desc').limit(limit);
    if (flow !== undefined) query.where('flow', flow);
    if (status !== undefined) query.where('status', status);
    if (sessionId !== undefined) query.where('session_id', sessionId);
    if (after !== undefined) query.where('id', '<', after);
    return (await query).map(toRun);
  }

  /** The newest of one chat, under each of its names. */
  async runsIn(sessionId: SessionId, names: readonly ChatId[]): Promise<Run[]> {
    const of = { tenant_id: this.tenantId, session_id: sessionId };
    return (await this.sql('flow_runs').where(of).whereIn('chat_id', names).orderBy('id', 'desc').limit(50)).map(toRun);
  }

  /** The revisions that runs of a flow wait in. */
  async revisionsInUse(flow: string): Promise<number[]> {
    const of = { tenant_id: this.tenantId, flow, status: 'waiting' };
    return this.sql('flow_runs').where(of).distinct().pluck('revision');
  }

  async run(id: string): Promise<Run | undefined> {
    const row = await this.sql('flow_runs').where({ tenant_id: this.tenantId, id }).first();
    return row && toRun(row);
  }

  async waitingRun(sessionId: SessionId, chatId: ChatId): Promise<Run | undefined> {
    const row = await this.sql('flow_runs')
      .where({ tenant_id: this.tenantId, session_id: sessionId, chat_id: chatId, status: 'waiting' })
      .first();
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
    return this.#joined().select('flows.*', 'flow_revisions.source', 'flow_revisions.digest');
  }
}

const CHANGING = ['status', 'revision', 'wakes_at', 'state', 'trace', 'error', 'updated_at'];
const SAVE_RUN = `INSERT INTO flow_runs (id, tenant_id, session_id, chat_id, flow, started_at, ${CHANGING.join(', ')})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}`;

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
    return (await this.sql('flow_runs').where(of).andWhere('id', '>', after).orderBy('id').limit(limit)).map(toRun);
  }

  async remove(name: string): Promise<void> {
    await this.sql('flows').where({ tenant_id: this.tenantId, name }).delete();
    await this.sql('flow_schedules').where({ tenant_id: this.tenantId, flow: name }).delete();
  }

  async saveRun(run: Run): Promise<void> {
    const [state, trace, error] = [JSON.stringify(run.state), JSON.stringify(run.trace), run.error && JSON.stringify(run.error)];
    const wakesAt = run.status === 'waiting' ? run.wakesAt : null;
    const fixed = [run.id, this.tenantId, run.sessionId, run.chatId, run.flow, run.startedAt];
    await rowsOf(this.sql, SAVE_RUN, [...fixed, run.status, run.revision, wakesAt, state, trace, error, run.updatedAt]);
  }
}

export type FlowStore = TenantStore<FlowReader, FlowTransactor>;

export const flowStore = (db: Database): FlowStore => tenantStore(db, { Reader: FlowReader, Transactor: FlowTransactor });

interface FlowRow extends Pick<StoredFlow, 'name' | 'revision' | 'origin' | 'path' | 'source' | 'digest'> {
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

function toFlow({ name, revision, origin, path, source, digest, created_at, updated_at }: FlowRow): StoredFlow {
  return { name, revision, origin, path, source, digest, createdAt: created_at, updatedAt: updated_at };
}

export interface RunRow extends Pick<Run, 'id' | 'flow' | 'revision' | 'status'> {
  session_id: SessionId;
  chat_id: ChatId;
  state: string;
  trace: string;
  error: string | null;
  wakes_at: Milliseconds | null;
  started_at: Milliseconds;
  updated_at: Milliseconds;
}

export function toRun({ id, flow, revision, status, ...row }: RunRow): Run {
  const { session_id: sessionId, chat_id: chatId, wakes_at: wakesAt, started_at: startedAt, updated_at: updatedAt } = row;
  const [state, trace, error] = [JSON.parse(row.state), JSON.parse(row.trace), row.error === null ? null : JSON.parse(row.error)];
  return { id, sessionId, chatId, flow, revision, status, state, trace, error, wakesAt, startedAt, updatedAt };
}
