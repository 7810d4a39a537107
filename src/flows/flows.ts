import { createHash } from 'node:crypto';
import { type Fault, HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { checkFlows } from './lint.ts';
import { type FlowSource, type ParsedFlow, parseFlow } from './parse.ts';
import { type FlowStore, type FlowTransactor, flowStore, type RunFilter, type StoredFlow } from './store.ts';
import { type FlowView, flowView, type RunView, runView } from './view.ts';

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** What a reload of the flows from files has changed, by name. */
export interface FolderChange {
  published: string[];
  removed: string[];
}

/** The flows of the tenants: what is published, and what became of it. `FlowRuntime` runs them. */
export class Flows {
  readonly #store: FlowStore;
  readonly #runtime: Pick<Runtime, 'clock'>;

  constructor(db: Database, runtime: Pick<Runtime, 'clock'>) {
    this.#store = flowStore(db);
    this.#runtime = runtime;
  }

  /** By name; `cursor` is the `nextCursor` of the page before. */
  async list(tenantId: TenantId, { limit, cursor }: { limit: number; cursor?: string }): Promise<Page<FlowView>> {
    const found = await this.#store.read(tenantId, (flows) =>
      flows.flows({ limit: limit + 1, ...(cursor !== undefined && { after: cursor }) }),
    );
    return pageOf(found, limit, ({ name }) => name, flowView);
  }

  /** Throws `not-found`. */
  async get(tenantId: TenantId, name: string): Promise<FlowView> {
    const flow = await this.#store.read(tenantId, (flows) => flows.flow(name));
    return flowView(flow ?? unknownFlow(name));
  }

  /**
   * Publishes `source` as the flow `name`: new runs begin on it, runs that wait go on as they began. Throws
   * `flow-invalid` with every error and its place, and `flow-from-file` where the name belongs to a file.
   */
  put(tenantId: TenantId, name: string, source: string): Promise<FlowView> {
    const path = pathOf(name);
    return this.#store.transact(tenantId, async (flows) => {
      const stored = await flows.flows();
      const replaced = stored.find((flow) => flow.name === name);
      if (replaced?.origin === 'file') throw fromFile(replaced);
      const parsed = parseFlow({ path, source });
      const misnamed = 'flow' in parsed && parsed.flow.flow !== name;
      const { faults } = checkFlows(
        [{ path, source }],
        stored.filter((flow) => flow.name !== name),
      );
      if (misnamed) faults.unshift({ path: parsed.place(['flow']), message: `must be "${name}", the name it is put under` });
      if (faults.length > 0) throw invalid(`The flow "${name}" was not stored`, faults);
      await this.#publish(flows, { name, origin: 'api', path, source });
      return flowView((await flows.flow(name)) as StoredFlow);
    });
  }

  /** Nothing starts it any more; runs that wait go on as they began. Throws `not-found` and `flow-from-file`. */
  remove(tenantId: TenantId, name: string): Promise<void> {
    return this.#store.transact(tenantId, async (flows) => {
      const flow = (await flows.flow(name)) ?? unknownFlow(name);
      if (flow.origin === 'file') throw fromFile(flow);
      await flows.remove(name);
    });
  }

  /** What `put` would refuse `source` for; nothing is stored. */
  async check(tenantId: TenantId, source: string): Promise<Fault[]> {
    const stored = await this.#store.read(tenantId, (flows) => flows.flows());
    return checkFlows([{ path: 'flow.yml', source }], stored).faults;
  }

  /**
   * Makes the flows from files exactly these, all of them or none: throws `flow-invalid` with every error and changes
   * nothing. A flow that was put through the API is never overwritten.
   */
  publishFiles(tenantId: TenantId, sources: readonly FlowSource[]): Promise<FolderChange> {
    return this.#store.transact(tenantId, async (flows) => {
      const stored = await flows.flows();
      const fromApi = new Set(stored.filter(({ origin }) => origin === 'api').map(({ name }) => name));
      const checked = checkFlows(
        sources,
        stored.filter(({ origin }) => origin === 'api'),
      );
      const faults = [...checked.faults, ...checked.flows.filter(({ flow }) => fromApi.has(flow.flow)).map(takenByApi)];
      if (faults.length > 0) throw invalid('The flows from files stay as they were', faults);
      const names = new Set(checked.flows.map(({ flow }) => flow.flow));
      const removed = stored.filter(({ name, origin }) => origin === 'file' && !names.has(name)).map(({ name }) => name);
      for (const name of removed) await flows.remove(name);
      const published: string[] = [];
      for (const { flow, path, source } of checked.flows) {
        const before = stored.find(({ name }) => name === flow.flow);
        if (before?.source === source && before.path === path) continue;
        await this.#publish(flows, { name: flow.flow, origin: 'file', path, source });
        published.push(flow.flow);
      }
      return { published, removed };
    });
  }

  /** Newest first. */
  async listRuns(tenantId: TenantId, { limit, cursor, ...filter }: RunFilter & { limit: number; cursor?: string }): Promise<Page<RunView>> {
    const page = { limit: limit + 1, ...(cursor !== undefined && { after: cursor }) };
    const found = await this.#store.read(tenantId, (flows) => flows.runs(filter, page));
    return pageOf(found, limit, ({ id }) => id, runView);
  }

  /** Throws `not-found`. */
  async getRun(tenantId: TenantId, id: string): Promise<RunView> {
    const run = await this.#store.read(tenantId, (flows) => flows.run(id));
    if (!run) throw new HooklineError('not-found', `There is no run ${id} here. GET /api/runs lists them.`);
    return runView(run);
  }

  #publish(flows: FlowTransactor, flow: Pick<StoredFlow, 'name' | 'origin' | 'path' | 'source'>): Promise<number> {
    const digest = createHash('sha256').update(flow.source).digest('hex');
    return flows.publish({ ...flow, digest }, this.#runtime.clock.now());
  }
}

/** What errors call a flow that has no file. */
const pathOf = (name: string): string => `flows/${name}.yml`;

function pageOf<Row, View>(found: Row[], limit: number, keyOf: (row: Row) => string, view: (row: Row) => View): Page<View> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { data: rows.map(view), nextCursor: found.length > limit && last ? keyOf(last) : null };
}

function takenByApi({ flow, place }: ParsedFlow): Fault {
  const message = `a flow "${flow.flow}" was put through the API: rename this one, or DELETE /api/flows/${flow.flow} first`;
  return { path: place(['flow']), message };
}

function unknownFlow(name: string): never {
  throw new HooklineError('not-found', `There is no flow "${name}" here. GET /api/flows lists them.`);
}

function fromFile({ name, path }: StoredFlow): HooklineError {
  return new HooklineError('flow-from-file', `The flow "${name}" comes from ${path}. Change or remove that file; the hub follows.`);
}

function invalid(what: string, errors: Fault[]): HooklineError {
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return new HooklineError('flow-invalid', `${what}: ${first?.path} ${first?.message}${more}.`, { errors });
}
