import { createHash } from 'node:crypto';
import { type Fault, HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database, Tx } from '../db/open.ts';
import { asksFor } from './candidates.ts';
import { Catalog } from './catalog.ts';
import { moved } from './in-flight.ts';
import type { FlowLibrary } from './library.ts';
import { limited, patternsIn } from './limited.ts';
import { type Checked, checkFlows } from './lint.ts';
import { type FlowSource, type ParsedFlow, parseFlow } from './parse.ts';
import type { Lanes, Ledger, Limits, Sessions } from './ports.ts';
import { compile } from './program.ts';
import { requested, wakeSchedule } from './schedules.ts';
import { IN_FLIGHT, type InFlight, type Value } from './schema.ts';
import { type Simulation, type SimulationResult, simulate } from './simulation.ts';
import { type FlowOrigin, type FlowStore, type FlowTransactor, flowStore, type RunFilter, type StoredFlow } from './store.ts';
import { announce } from './turn-record.ts';
import { type FlowView, flowView, type RunView, runView } from './view.ts';
import { VALUE_LIMIT, weigh } from './weight.ts';

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** What a reload of the flows from files has changed, by name. */
export interface FolderChange {
  published: string[];
  removed: string[];
}

export interface FlowsPorts {
  ledger: Pick<Ledger, 'append'>;
  lanes: Pick<Lanes, 'schedule'>;
  sessions: Pick<Sessions, 'ref'>;
  library: Pick<FlowLibrary, 'checked'>;
  /** A tenant may have any number where this is left out. */
  limitsOf?: Limits;
}

/** The flows of the tenants: what is published, and what became of it. `FlowRuntime` runs them. */
export class Flows {
  readonly #store: FlowStore;
  readonly #ports: FlowsPorts;
  readonly #runtime: Pick<Runtime, 'clock'>;

  constructor(db: Database, ports: FlowsPorts, runtime: Pick<Runtime, 'clock'>) {
    this.#store = flowStore(db);
    this.#ports = ports;
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
   * Publishes `source` as the flow `name`: new runs begin on it, and runs that wait do as `runs` says, or the flow itself, or
   * else go on as they began. Throws `flow-invalid` with every error and its place, and `flow-from-file` where the name
   * belongs to a file, and `limit-reached`.
   */
  async put(tenantId: TenantId, name: string, source: string, { runs }: { runs?: InFlight | undefined } = {}): Promise<FlowView> {
    const path = pathOf(name);
    const limits = await this.#ports.limitsOf?.(tenantId);
    return this.#store.transact(tenantId, async (flows, tx) => {
      const stored = await flows.flows();
      const replaced = stored.find((flow) => flow.name === name);
      if (replaced?.origin === 'file') throw fromFile(replaced);
      const parsed = parseFlow({ path, source });
      const misnamed = 'flow' in parsed && parsed.flow.flow !== name;
      const others = this.#checked(stored.filter((flow) => flow.name !== name));
      const { flows: published, faults } = checkFlows([{ path, source }], others);
      if (misnamed) faults.unshift({ path: parsed.place(['flow']), message: `must be "${name}", the name it is put under` });
      if (faults.length > 0) throw invalid(`The flow "${name}" was not stored`, faults);
      if (limits) {
        const flow = { stored: stored.length, isNew: replaced === undefined };
        limited(limits, flow, { others, replaced: this.#checked(replaced ? [replaced] : []), published });
      }
      for (const flow of published) await this.#publish(tx, flows, flow, { origin: 'api', runs });
      await this.#note(flows, [...others.map(({ parsed }) => parsed), ...published]);
      return flowView((await flows.flow(name)) as StoredFlow);
    });
  }

  /** How many flows there are, and regular expressions in them. */
  async count(tenantId: TenantId): Promise<{ flows: number; patterns: number }> {
    const stored = await this.#store.read(tenantId, (flows) => flows.flows());
    return { flows: stored.length, patterns: patternsIn(this.#checked(stored)) };
  }

  /** Nothing starts it any more; runs that wait go on as they began. Throws `not-found` and `flow-from-file`. */
  remove(tenantId: TenantId, name: string): Promise<void> {
    return this.#store.transact(tenantId, async (flows) => {
      const flow = (await flows.flow(name)) ?? unknownFlow(name);
      if (flow.origin === 'file') throw fromFile(flow);
      await flows.remove(name);
      const left = this.#checked(await flows.flows());
      await this.#note(
        flows,
        left.map(({ parsed }) => parsed),
      );
    });
  }

  /** What `put` would refuse `source` for; nothing is stored. */
  async check(tenantId: TenantId, source: string): Promise<Fault[]> {
    const stored = await this.#store.read(tenantId, (flows) => flows.flows());
    return checkFlows([{ path: 'flow.yml', source }], this.#checked(stored)).faults;
  }

  /**
   * Makes the flows from files exactly these, all of them or none: throws `flow-invalid` with every error and changes
   * nothing. A flow that was put through the API is never overwritten.
   */
  publishFiles(tenantId: TenantId, sources: readonly FlowSource[]): Promise<FolderChange> {
    return this.#store.transact(tenantId, async (flows, tx) => {
      const stored = await flows.flows();
      const fromApi = new Set(stored.filter(({ origin }) => origin === 'api').map(({ name }) => name));
      const others = this.#checked(stored.filter(({ origin }) => origin === 'api'));
      const checked = checkFlows(sources, others);
      const faults = [...checked.faults, ...checked.flows.filter(({ flow }) => fromApi.has(flow.flow)).map(takenByApi)];
      if (faults.length > 0) throw invalid('The flows from files stay as they were', faults);
      const names = new Set(checked.flows.map(({ flow }) => flow.flow));
      const removed = stored.filter(({ name, origin }) => origin === 'file' && !names.has(name)).map(({ name }) => name);
      for (const name of removed) await flows.remove(name);
      const published: string[] = [];
      for (const parsed of checked.flows) {
        const { flow, path, source } = parsed;
        const before = stored.find(({ name }) => name === flow.flow);
        if (before?.source === source && before.path === path) continue;
        await this.#publish(tx, flows, parsed, { origin: 'file' });
        published.push(flow.flow);
      }
      if (published.length > 0 || removed.length > 0) await this.#note(flows, [...others.map(({ parsed }) => parsed), ...checked.flows]);
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

  /**
   * Starts a flow in a chat, whatever was said there. Resolves when that is on disk; it starts in its turn. Throws
   * `not-found`, and `flow-invalid` where the flow does not start so or has no such input.
   */
  async start(session: SessionRef, chat: string, { flow: name, data }: { flow: string; data: Record<string, Value> }): Promise<void> {
    await this.#store.transact(session.tenantId, async (flows, tx) => {
      const stored = (await flows.flow(name)) ?? unknownFlow(name);
      const parsed = parseFlow(stored);
      if (!('flow' in parsed)) throw invalid(`The flow "${name}" cannot be read by this version of the hub`, parsed.faults);
      const { start, inputs = [] } = parsed.flow;
      const faults = Object.keys(data)
        .filter((key) => !inputs.includes(key))
        .map((key) => ({ path: `data.${key}`, message: `the flow has no input "${key}": list it under "inputs"` }));
      if (weigh(data) > VALUE_LIMIT) faults.push({ path: 'data', message: 'is too large or nested too deeply' });
      if (!start.some((trigger) => 'api' in trigger)) {
        faults.push({ path: 'flow', message: `"${name}" does not start by the API: put "- api: true" under its "start"` });
      }
      if (faults.length > 0) throw invalid(`The flow "${name}" was not started`, faults);
      await this.#ports.ledger.append(tx, [requested(session, chat, { flow: name, by: 'api', data })]);
    });
  }

  /** What the flow would say. `source`: instead of the text that is published. Throws `not-found` and `flow-invalid`. */
  async simulate(
    tenantId: TenantId,
    name: string,
    { source, ...simulation }: Simulation & { source?: string | undefined },
  ): Promise<SimulationResult> {
    const stored = await this.#store.read(tenantId, (flows) => flows.flows());
    const own = stored.find((flow) => flow.name === name);
    const others = this.#checked(stored.filter((flow) => flow.name !== name));
    const sources = [source === undefined ? (own ?? unknownFlow(name)) : { path: pathOf(name), source }];
    const checked = checkFlows(sources, others);
    if (checked.faults.length > 0) throw invalid(`The flow "${name}" cannot be simulated`, checked.faults);
    const programs = [...checked.flows.map(({ flow }) => compile(flow)), ...others.map(({ program }) => program)];
    const catalog = new Catalog(programs.map((program) => ({ program, revision: 1 })));
    return simulate(catalog, simulation, this.#runtime.clock.now());
  }

  /** Flows that stay, for the checks of what is to be put beside them. */
  #checked(stored: readonly StoredFlow[]): Checked[] {
    return stored.flatMap((flow) => this.#ports.library.checked(flow) ?? []);
  }

  async #publish(
    tx: Tx,
    flows: FlowTransactor,
    { flow, path, source }: ParsedFlow,
    { origin, runs = flow.runs ?? IN_FLIGHT[0] }: { origin: FlowOrigin; runs?: InFlight | undefined },
  ): Promise<void> {
    const digest = createHash('sha256').update(source).digest('hex');
    const now = this.#runtime.clock.now();
    const revision = await flows.publish({ name: flow.flow, origin, path, source, digest }, now);
    await wakeSchedule(tx, this.#ports.lanes, flows.tenantId, flow, now);
    if (runs === 'keep') return;
    for (const run of await flows.waitingRuns(flow.flow)) {
      if (run.revision === revision) continue;
      const old = await flows.revision(run.flow, run.revision);
      const after = moved(run, {
        to: { program: compile(flow), revision },
        from: old && parseFlow({ path, source: old.source }),
        runs,
        now,
      });
      if (!after) continue;
      await flows.saveRun(after);
      if (after.status !== 'ended') continue;
      const session = await this.#ports.sessions.ref(flows.tenantId, run.sessionId);
      await this.#ports.ledger.append(tx, [announce('flow.ended', session, after, { reason: 'published' })]);
    }
  }

  /** What all flows of the tenant ask for together. */
  async #note(flows: FlowTransactor, all: readonly ParsedFlow[]): Promise<void> {
    const events = new Set(all.flatMap(({ flow }) => flow.start.flatMap((trigger) => ('event' in trigger ? [trigger.event] : []))));
    await flows.saveCatalog({ inGroups: all.some(({ flow }) => asksFor(flow.only_if, 'group')), events: [...events] });
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
