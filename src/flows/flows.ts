import { createHash } from 'node:crypto';
import { type Fault, HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { KeyedQueue } from '../core/keyed-queue.ts';
import type { ChatId } from '../core/message.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import { OutOfBounds } from './aside/aside.ts';
import type { TaskResult } from './aside/tasks.ts';
import { pathOf, SMALL_TEXT, type Unreadable, type Volume, volumeOf } from './catalogue/library.ts';
import { limited, type Used, usedBy } from './catalogue/limited.ts';
import { type FlowOrigin, type FlowStore, type FlowTransactor, flowStore, type RunFilter, type StoredFlow } from './catalogue/store.ts';
import {
  type FlowView,
  flowView,
  type ListedFlow,
  type ListedRun,
  type RunView,
  runView,
  type TestsView,
  testsView,
  untraced,
} from './catalogue/view.ts';
import { announce } from './events.ts';
import type { FlowSource } from './language/parse.ts';
import { IN_FLIGHT, type InFlight } from './language/schema.ts';
import { type Page, type PageAsked, pageOf, pageRead } from './page.ts';
import type { Limits, Models, Sessions } from './ports.ts';
import type { Graph } from './program/graph.ts';
import type { Need } from './program/needs.ts';
import type { Program } from './program/program.ts';
import { wakeSchedule } from './runtime/schedules.ts';
import { type Asked, type StartPorts, Starts } from './runtime/starts.ts';
import type { Simulation, SimulationResult } from './simulator/simulation.ts';
import type { TestRun } from './simulator/test-runner.ts';
import { migrateRun } from './turn/carry-over.ts';
import { asksFor } from './turn/guards.ts';

/** What a reload of the flows from files has changed, by name. */
export interface FolderChange {
  published: string[];
  removed: string[];
  /** Files that were left out, as their names are taken by flows that were put through the API. */
  taken: Fault[];
  /** What those that were published lack, and will fail for when they run. */
  warnings: Fault[];
}

export interface FlowsPorts extends StartPorts {
  sessions: Pick<Sessions, 'ref'>;
  /** The test file beside a flow's; there are none where this is left out. */
  testBeside?(path: string): Promise<FlowSource | null>;
  /** A tenant may have any number where this is left out. */
  limitsOf?: Limits;
  /** None where this is left out. */
  models?: Models;
}

/** The flows of the tenants: what is published, and what became of it. `FlowRuntime` runs them. */
export class Flows {
  readonly #store: FlowStore;
  readonly #ports: FlowsPorts;
  readonly #runtime: Pick<Runtime, 'clock'>;
  readonly #starts: Starts;
  /** Of each tenant. */
  readonly #changes = new KeyedQueue();
  readonly #heeding = new Set<(tenantId: TenantId) => void>();
  readonly #fileFaults = new Map<TenantId, readonly Fault[]>();

  constructor(db: Database, ports: FlowsPorts, runtime: Pick<Runtime, 'clock'>) {
    this.#store = flowStore(db);
    this.#ports = ports;
    this.#runtime = runtime;
    this.#starts = new Starts(this.#store, ports, runtime);
  }

  /** Calls `react` after each change through the API of this process, until the function that it answers is called. */
  onApiChange(react: (tenantId: TenantId) => void): () => void {
    this.#heeding.add(react);
    return () => void this.#heeding.delete(react);
  }

  #changedByApi(tenantId: TenantId): void {
    for (const react of this.#heeding) react(tenantId);
  }

  /** What is wrong with the files of the flows directory, which therefore were not loaded. */
  noteFileFaults(tenantId: TenantId, faults: readonly Fault[]): void {
    if (faults.length > 0) this.#fileFaults.set(tenantId, faults);
    else this.#fileFaults.delete(tenantId);
  }

  /** As the node that reads the directory has found it last. */
  fileFaults(tenantId: TenantId): { errors: { path: string; message: string }[] } {
    return { errors: (this.#fileFaults.get(tenantId) ?? []).map(({ path, message }) => ({ path, message })) };
  }

  /** Moves on with every change of what is published; 0 where nothing ever was. */
  catalogVersion(tenantId: TenantId): Promise<number> {
    return this.#store.read(tenantId, (flows) => flows.catalogVersion());
  }

  /** By name, with what became of each in the last day; `cursor` is the `nextCursor` of the page before. */
  async list(tenantId: TenantId, page: PageAsked): Promise<Page<ListedFlow>> {
    const since = this.#runtime.clock.now() - DAY;
    const { found, activity } = await this.#store.read(tenantId, async (flows) => ({
      found: await flows.flows(pageRead(page)),
      activity: new Map((await flows.activity(since)).map(({ flow, ...counts }) => [flow, counts])),
    }));
    const read = new Map<string, Volume | Unreadable>();
    for (const flow of found.slice(0, page.limit)) read.set(flow.name, await this.#ports.library.read(tenantId, flow));
    return pageOf(
      found,
      page.limit,
      ({ name }) => name,
      (flow) => ({
        ...flowView(flow, read.get(flow.name) as Volume | Unreadable),
        lastDay: activity.get(flow.name) ?? { starts: 0, answers: 0 },
      }),
    );
  }

  /** Throws `not-found`. */
  async get(tenantId: TenantId, name: string): Promise<FlowView> {
    const flow = (await this.#store.read(tenantId, (flows) => flows.flow(name))) ?? unknownFlow(name);
    return flowView(flow, await this.#ports.library.read(tenantId, flow));
  }

  /** All that was published under the name, newest first; `cursor` is the `nextCursor` of the page before. Throws `not-found`. */
  async listRevisions(tenantId: TenantId, name: string, page: PageAsked): Promise<Page<{ revision: number; createdAt: string }>> {
    const found = await this.#store.read(tenantId, (flows) => flows.revisions(name, pageRead(page)));
    if (found.length === 0 && page.cursor === undefined) unknownFlow(name);
    return pageOf(
      found,
      page.limit,
      ({ revision }) => String(revision),
      ({ revision, createdAt }) => ({ revision, createdAt: iso(createdAt) }),
    );
  }

  /** A text as it was published. Throws `not-found`. */
  async getRevision(tenantId: TenantId, name: string, revision: number): Promise<{ revision: number; createdAt: string; source: string }> {
    const found = Number.isSafeInteger(revision) && (await this.#store.read(tenantId, (flows) => flows.revision(name, revision)));
    if (!found) {
      throw new HooklineError('not-found', `There is no such revision of "${name}" here. GET /api/flows/${name}/revisions lists them.`);
    }
    return { revision: found.revision, createdAt: iso(found.createdAt), source: found.source };
  }

  /**
   * Publishes `source` as the flow `name`: new runs begin on it, and runs that wait do as `runs` says, or the flow itself, or
   * else go on as they began. Throws `flow-invalid` with every error and its place, `flow-from-file` where the name belongs
   * to a file, `limit-reached`, and `rate-limited` where too many are being checked.
   */
  async put(
    tenantId: TenantId,
    name: string,
    source: string,
    { runs }: { runs?: InFlight | undefined } = {},
  ): Promise<FlowView & { warnings: Fault[] }> {
    const path = pathOf(name);
    const limits = await this.#ports.limitsOf?.(tenantId);
    let needs: Need[] = [];
    const view = await this.#change(tenantId, async (stored) => {
      const replaced = stored.find(({ flow }) => flow === name);
      if (replaced?.origin === 'file') throw fromFile(name, replaced.path);
      const others = await this.#read(
        tenantId,
        stored.filter(({ flow }) => flow !== name),
      );
      const { flows, faults } = await this.#checkAside(tenantId, [{ path, source }], others);
      const misnamed = flows.find((flow) => flow.name !== name);
      if (misnamed) faults.unshift({ path: misnamed.place, message: `must be "${name}", the name it is put under` });
      if (faults.length > 0) throw invalid(`The flow "${name}" was not stored`, faults);
      needs = flows.flatMap((flow) => flow.needs);
      const fresh = await Promise.all(flows.map((flow) => this.#fresh(tenantId, flow)));
      if (limits) {
        const former = await this.#read(tenantId, replaced ? [replaced] : []);
        const inThis = { stored: stored.length, isNew: replaced === undefined };
        limited(limits, inThis, { others, replaced: former, published: fresh.map(({ volume }) => volume) });
      }
      return async (transactor, tx) => {
        for (const one of fresh) await this.#publish(tx, transactor, one, { origin: 'api', runs });
        await note(transactor, [...others, ...fresh.map(({ volume }) => volume)]);
        return flowView((await transactor.flow(name)) as StoredFlow, (fresh[0] as Fresh).volume);
      };
    });
    this.#changedByApi(tenantId);
    return { ...view, warnings: await this.#warnings(tenantId, needs) };
  }

  /** How many flows there are, and what is in them. */
  async count(tenantId: TenantId): Promise<{ flows: number } & Used> {
    const stored = await this.#store.read(tenantId, (flows) => flows.current());
    return { flows: stored.length, ...usedBy(await this.#read(tenantId, stored)) };
  }

  /** Nothing starts it any more; runs that wait go on as they began. Throws `not-found` and `flow-from-file`. */
  async remove(tenantId: TenantId, name: string): Promise<void> {
    await this.#change(tenantId, async (stored) => {
      const flow = stored.find((one) => one.flow === name) ?? unknownFlow(name);
      if (flow.origin === 'file') throw fromFile(name, flow.path);
      const left = await this.#read(
        tenantId,
        stored.filter((one) => one !== flow),
      );
      return async (transactor) => {
        await transactor.remove(name);
        await note(transactor, left);
      };
    });
    this.#changedByApi(tenantId);
  }

  /**
   * What `put` would refuse `source` for, and what it looks like; nothing is stored. Throws `rate-limited` where too many are
   * being checked.
   */
  async check(tenantId: TenantId, source: string): Promise<{ faults: Fault[]; warnings: Fault[]; graph: Graph | null }> {
    const stored = await this.#store.read(tenantId, (flows) => flows.current());
    const others = (await this.#read(tenantId, stored)).map(({ outline }) => outline);
    const models = this.#ports.models ?? [];
    const { needs, ...checked } = await this.#ports.library.aside
      .run(tenantId, 'draw', { source: { path: 'flow.yml', source }, others, models }, { small: isSmall([source], others) })
      .catch((error) => beyond(error, 'The flow cannot be checked'));
    return { ...checked, warnings: await this.#warnings(tenantId, needs) };
  }

  /** What keeps a flow from nothing, and will fail when it runs. */
  async #warnings(tenantId: TenantId, needs: readonly Need[]): Promise<Fault[]> {
    if (needs.length === 0) return [];
    const lacking = await this.#store.read(tenantId, (flows) => flows.lacking(needs));
    return lacking.map(({ what, name, place: path }) => ({
      path,
      message:
        what === 'session'
          ? `there is no session "${name}" here: until there is, this starts nothing`
          : `there is no secret "${name}" yet: until it is set ("hookline secret set ${name}", or in the dashboard under Flows, Secrets), this step fails`,
    }));
  }

  /** A flow, or its tests, as they are usually written. Throws `flow-invalid` where it is no YAML, and `rate-limited` as `check`. */
  async format(tenantId: TenantId, source: string): Promise<string> {
    const formatted = await this.#ports.library.aside
      .run(tenantId, 'format', { path: 'flow.yml', source }, { small: source.length <= SMALL_TEXT })
      .catch((error) => beyond(error, 'The text cannot be formatted'));
    if ('faults' in formatted) throw invalid('The text cannot be formatted', formatted.faults);
    return formatted.text;
  }

  /**
   * Makes the flows from files exactly these, all of them or none: throws `flow-invalid` with every error and changes
   * nothing. A flow that was put through the API is never overwritten: a file with its name is left out.
   */
  async publishFiles(tenantId: TenantId, sources: readonly FlowSource[]): Promise<FolderChange> {
    let needs: Need[] = [];
    const change = await this.#change(tenantId, async (stored) => {
      const fromApi = stored.filter(({ origin }) => origin === 'api');
      const others = await this.#read(tenantId, fromApi);
      const all = await this.#checkAside(tenantId, sources, others);
      const taken = all.flows.filter(({ name }) => fromApi.some(({ flow }) => flow === name));
      const left = sources.filter(({ path }) => !taken.some((one) => one.path === path));
      // Beside the flows that stay in the place of theirs.
      const checked = taken.length === 0 || all.faults.length > 0 ? all : await this.#checkAside(tenantId, left, others);
      const clashes = taken.map(takenByApi);
      if (checked.faults.length > 0) throw invalid('The flows from files stay as they were', [...checked.faults, ...clashes]);
      const names = new Set(checked.flows.map(({ name }) => name));
      const removed = stored.filter(({ flow, origin }) => origin === 'file' && !names.has(flow)).map(({ flow }) => flow);
      const before = new Map(stored.map((one) => [one.flow, one]));
      const kept: Fresh[] = [];
      for (const flow of checked.flows) kept.push(await this.#fresh(tenantId, flow));
      const fresh = kept.filter(({ name, digest, path }) => before.get(name)?.digest !== digest || before.get(name)?.path !== path);
      needs = checked.flows.flatMap((flow) => (fresh.some(({ name }) => name === flow.name) ? flow.needs : []));
      return async (transactor, tx) => {
        for (const name of removed) await transactor.remove(name);
        for (const one of fresh) await this.#publish(tx, transactor, one, { origin: 'file' });
        if (fresh.length > 0 || removed.length > 0) await note(transactor, [...others, ...kept.map(({ volume }) => volume)]);
        return { published: fresh.map(({ name }) => name), removed, taken: clashes };
      };
    });
    return { ...change, warnings: await this.#warnings(tenantId, needs) };
  }

  /** Newest first. `trace`: false leaves out what each did turn by turn, which is most of what there is to read. */
  listRuns(tenantId: TenantId, asked: RunFilter & PageAsked & { trace?: true }): Promise<Page<RunView>>;
  listRuns(tenantId: TenantId, asked: RunFilter & PageAsked & { trace?: boolean | undefined }): Promise<Page<ListedRun>>;
  async listRuns(
    tenantId: TenantId,
    { limit, cursor, trace = true, ...filter }: RunFilter & PageAsked & { trace?: boolean | undefined },
  ): Promise<Page<ListedRun>> {
    const found = await this.#store.read(tenantId, (flows) => flows.runs(filter, pageRead({ limit, cursor }), { trace }));
    return pageOf(found, limit, ({ id }) => id, trace ? runView : untraced);
  }

  /** Throws `not-found`. */
  async getRun(tenantId: TenantId, id: string): Promise<RunView> {
    const run = await this.#store.read(tenantId, (flows) => flows.run(id));
    if (!run) throw new HooklineError('not-found', `There is no run ${id} here. GET /api/runs lists them.`);
    return runView(run);
  }

  /** Starts a flow in a chat; see `Starts.start`. Throws `not-found` besides. */
  async start(session: SessionRef, chat: ChatId, asked: Asked): Promise<{ chat: ChatId; replayed: boolean }> {
    const { tenantId } = session;
    const stored = (await this.#store.read(tenantId, (flows) => flows.flow(asked.flow))) ?? unknownFlow(asked.flow);
    const read = await this.#ports.library.read(tenantId, stored);
    if ('faults' in read) throw invalid(`The flow "${asked.flow}" cannot be read by this version of the hub`, read.faults);
    return this.#starts.start(session, chat, read.program, asked);
  }

  /**
   * What the flow would say. `source`: instead of the text that is published. Throws `not-found`, `flow-invalid`, also where
   * it takes too long or says too much, and `rate-limited` where too many are being tried.
   */
  async simulate(
    tenantId: TenantId,
    name: string,
    { source, ...simulation }: Simulation & { source?: string | undefined },
  ): Promise<SimulationResult> {
    const { own, others } = await this.#meant(tenantId, name, source);
    const checked = await this.#checkAside(tenantId, [{ path: own.path, source: own.source }], others);
    if (checked.faults.length > 0) throw invalid(`The flow "${name}" cannot be simulated`, checked.faults);
    const flows = [...checked.flows, ...others].map(({ flow }) => flow);
    const result = await this.#ports.library.aside
      .run(tenantId, 'simulate', { flows, simulation, at: this.#runtime.clock.now() }, { small: false })
      .catch((error) => beyond(error, `The flow "${name}" cannot be simulated`));
    return result ?? beyond(new HooklineError('flow-invalid', `The flow "${name}" says too much to be shown: give it fewer messages.`), '');
  }

  /**
   * The tests of a flow: of one from a file those in the file beside it, of another those that were put. Throws `not-found`, and
   * `flow-invalid` where the file cannot be read.
   */
  async tests(tenantId: TenantId, name: string): Promise<TestsView> {
    const { flow, kept } = await this.#store.read(tenantId, async (flows) => ({
      flow: await flows.flow(name),
      kept: await flows.tests(name),
    }));
    const { origin, path } = flow ?? unknownFlow(name);
    if (origin === 'api') return testsView(kept ?? {});
    return testsView((await this.#ports.testBeside?.(path).catch(cannotRead)) ?? {});
  }

  /**
   * Puts `source` in the place of the tests that there are; whether they hold is told when they are run. Throws `not-found`,
   * `flow-from-file`, `flow-invalid` with every error and its place, and `rate-limited` where too many are being checked.
   */
  async putTests(tenantId: TenantId, name: string, source: string): Promise<TestsView> {
    const now = this.#runtime.clock.now();
    const stored = await this.#store.read(tenantId, (flows) => flows.current());
    ownTests(stored.find(({ flow }) => flow === name) ?? unknownFlow(name), name);
    const input = { tests: { path: testPathOf(pathOf(name)), source }, flows: stored.map(({ flow }) => flow) };
    const faults = await this.#ports.library.aside
      .run(tenantId, 'checkTests', input, { small: source.length <= SMALL_TEXT })
      .catch((error) => beyond(error, 'The tests cannot be checked'));
    if (faults.length > 0) throw invalid(`The tests of "${name}" were not stored`, faults);
    return this.#store.transact(tenantId, async (flows) => {
      ownTests((await flows.flow(name)) ?? unknownFlow(name), name);
      return testsView(await flows.saveTests(name, source, now));
    });
  }

  /** Removes the tests that were put. Throws `not-found`, also where there are none, and `flow-from-file`. */
  async removeTests(tenantId: TenantId, name: string): Promise<void> {
    await this.#store.transact(tenantId, async (flows) => {
      ownTests((await flows.flow(name)) ?? unknownFlow(name), name);
      if (!(await flows.removeTests(name))) throw new HooklineError('not-found', `The flow "${name}" has no tests here.`);
    });
  }

  /**
   * Holds the conversations of `tests`, the text of a `*.test.yml`, as `hookline flow test` does; left out, those that `tests`
   * answers. `source`: instead of the text that is published. Throws as `simulate`; `flow-invalid` also where the tests cannot be
   * read, and `not-found` where there are none.
   */
  async test(tenantId: TenantId, name: string, asked: { source?: string | undefined; tests?: string | undefined }): Promise<TestRun> {
    const { source } = asked;
    const tests = asked.tests ?? (await this.tests(tenantId, name)).source ?? noTests(name);
    const { own, others } = await this.#meant(tenantId, name, source);
    const input = {
      source: { path: own.path, source: own.source },
      others: others.map(({ outline }) => outline),
      beside: others.map(({ flow }) => flow),
      tests: { path: testPathOf(own.path), source: tests },
    };
    const run = await this.#ports.library.aside
      .run(tenantId, 'test', input, { small: false })
      .catch((error) => beyond(error, `The tests of "${name}" cannot be run`));
    if (!run) return beyond(new HooklineError('flow-invalid', `The tests of "${name}" say too much to be shown: make them fewer.`), '');
    if (run.faults.length > 0) throw invalid(`The tests of "${name}" were not run`, run.faults);
    return run;
  }

  /** A flow, or `source` in its place, and those beside it. Throws `not-found`. */
  async #meant(tenantId: TenantId, name: string, source: string | undefined): Promise<{ own: FlowSource; others: Volume[] }> {
    const stored = await this.#store.read(tenantId, (flows) => flows.current());
    const others = await this.#read(
      tenantId,
      stored.filter(({ flow }) => flow !== name),
    );
    if (source !== undefined) return { own: { path: pathOf(name), source }, others };
    return { own: (await this.#store.read(tenantId, (flows) => flows.flow(name))) ?? unknownFlow(name), others };
  }

  /**
   * A change of what is published. `plan` reads and checks, which takes its time and is not done in a transaction, where all
   * tenants would wait for it; what it answers then writes, unless something else was published meanwhile: then all is planned
   * again. Changes of one tenant come one after the other, so that this is rare.
   */
  #change<T>(tenantId: TenantId, plan: (stored: Current[]) => Promise<(flows: FlowTransactor, tx: Tx) => Promise<T>>): Promise<T> {
    return this.#changes.run(tenantId, () => this.#tryChange(tenantId, plan));
  }

  async #tryChange<T>(tenantId: TenantId, plan: (stored: Current[]) => Promise<(flows: FlowTransactor, tx: Tx) => Promise<T>>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const version = await this.#store.read(tenantId, (flows) => flows.catalogVersion());
      const write = await plan(await this.#store.read(tenantId, (flows) => flows.current()));
      const done = await this.#store.transact(tenantId, async (flows, tx) => {
        return (await flows.catalogVersion()) === version ? { value: await write(flows, tx) } : null;
      });
      if (done) {
        // Here, and not in the turn of some chat.
        await this.#store.read(tenantId, (flows) => this.#ports.library.catalog(flows));
        return done.value;
      }
      if (tries === MOST_TRIES)
        throw new HooklineError('storage-unavailable', 'The flows change all the time. Nothing was stored; try again.');
    }
  }

  /** Those of `stored` that this version of the hub can read. */
  async #read(tenantId: TenantId, stored: readonly Current[]): Promise<Volume[]> {
    const volumes: Volume[] = [];
    for (const one of stored) {
      const volume = await this.#store.read(tenantId, (flows) => this.#ports.library.volume(flows, one));
      if (volume && 'program' in volume) volumes.push(volume);
    }
    return volumes;
  }

  #checkAside(tenantId: TenantId, sources: readonly FlowSource[], others: readonly Volume[]) {
    const outlines = others.map(({ outline }) => outline);
    const texts = sources.map(({ source }) => source);
    return this.#ports.library.aside
      .run(tenantId, 'check', { sources, others: outlines, models: this.#ports.models ?? [] }, { small: isSmall(texts, outlines) })
      .catch((error) => beyond(error, 'The flow cannot be checked'));
  }

  async #fresh(tenantId: TenantId, { name, path, source, ...read }: TaskResult<'check'>['flows'][number]): Promise<Fresh> {
    const digest = createHash('sha256').update(source).digest('hex');
    const volume = volumeOf(read);
    this.#ports.library.keep(tenantId, { path, digest }, volume);
    const before = await this.#store.read(tenantId, async (flows) => {
      const programs = new Map<number, Program>();
      for (const revision of await flows.revisionsInUse(name)) {
        const old = await this.#ports.library.volume(flows, { flow: name, revision });
        if (old && 'program' in old) programs.set(revision, old.program);
      }
      return programs;
    });
    return { name, path, source, digest, volume, before };
  }

  async #publish(
    tx: Tx,
    flows: FlowTransactor,
    { name, path, source, digest, volume, before }: Fresh,
    { origin, runs = volume.program.flow.runs ?? IN_FLIGHT[0] }: { origin: FlowOrigin; runs?: InFlight | undefined },
  ): Promise<void> {
    const now = this.#runtime.clock.now();
    const { program } = volume;
    const revision = await flows.publish({ name, origin, path, source, digest }, now);
    await wakeSchedule(tx, this.#ports.lanes, flows.tenantId, program.flow, now);
    if (runs === 'keep') return;
    for (let after = ''; ; ) {
      const page = await flows.waitingRuns(name, { after, limit: RUNS_PER_PAGE });
      for (const run of page) {
        if (run.revision === revision) continue;
        const changed = migrateRun(run, { to: { program, revision }, from: before.get(run.revision) ?? null, runs, now });
        if (!changed) continue;
        await flows.saveRun(changed);
        if (changed.status !== 'ended') continue;
        const session = await this.#ports.sessions.ref(flows.tenantId, run.sessionId);
        await this.#ports.ledger.append(tx, [announce('flow.ended', session, changed, { reason: 'published' })]);
      }
      after = page.at(-1)?.id ?? '';
      if (page.length < RUNS_PER_PAGE) return;
    }
  }
}

/** Runs that are looked at together when a flow is published. */
const RUNS_PER_PAGE = 100;
const MOST_TRIES = 10;
const DAY = 24 * 3_600_000;
/** What may have patterns in it, be it by an escape: to make their programs takes longer than to read all the rest. */
const PATTERNS = /matches|\\/;
/** Characters of the outlines of other flows that a check goes through at once. */
const SMALL_OUTLINES = 64 * 1_024;

type Current = Awaited<ReturnType<FlowTransactor['current']>>[number];

/** A flow that was checked and is to be published. */
interface Fresh extends FlowSource {
  name: string;
  digest: string;
  volume: Volume;
  /** What its runs wait in. */
  before: ReadonlyMap<number, Program>;
}

/** Whether a check of `texts` beside `outlines` takes no time at its worst. */
function isSmall(texts: readonly string[], outlines: readonly string[]): boolean {
  return lengthOf(texts) <= SMALL_TEXT && lengthOf(outlines) <= SMALL_OUTLINES && !texts.some((text) => PATTERNS.test(text));
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

/** What all flows of the tenant ask for together. */
async function note(flows: FlowTransactor, all: readonly Volume[]): Promise<void> {
  const events = new Set(
    all.flatMap(({ program: { flow } }) => flow.start.flatMap((trigger) => ('event' in trigger ? [trigger.event] : []))),
  );
  await flows.saveCatalog({ inGroups: all.some(({ program: { flow } }) => asksFor(flow.only_if, 'group')), events: [...events] });
}

/** A flow that is too much work is as good as one with an error. */
function beyond(error: unknown, what: string): never {
  if (!(error instanceof OutOfBounds)) throw error;
  const message = `${error.message}: make it smaller, or several flows of it that "call" each other`;
  throw new HooklineError('flow-invalid', `${what}: ${message}.`, { errors: [{ path: 'flow', message }] });
}

function cannotRead(): never {
  throw new HooklineError('flow-invalid', 'The hub cannot read the file with the tests. Whoever runs it has to look: it must be UTF-8.');
}

function takenByApi({ name, place: path }: { name: string; place: string }): Fault {
  const first = `delete that one (DELETE /api/flows/${name}, or in the dashboard under Flows), and this file is loaded at once, or rename this one`;
  return { path, message: `is not loaded: a flow "${name}" was put through the API and goes before it; ${first}` };
}

function unknownFlow(name: string): never {
  throw new HooklineError('not-found', `There is no flow "${name}" here. GET /api/flows lists them.`);
}

/** Of the tests of the flow at `path`. */
const testPathOf = (path: string): string => path.replace(/(?=\.ya?ml$)/, '.test');

/** Tests are kept with a flow that is no file. */
function ownTests({ origin, path }: Pick<StoredFlow, 'origin' | 'path'>, name: string): void {
  if (origin === 'file') throw fromFile(name, path);
}

function noTests(name: string): never {
  throw new HooklineError(
    'not-found',
    `The flow "${name}" has no tests here. Give them as "tests", or put them with PUT /api/flows/${name}/tests.`,
  );
}

function fromFile(name: string, path: string): HooklineError {
  return new HooklineError('flow-from-file', `The flow "${name}" comes from ${path}. Change or remove that file; the hub follows.`);
}

function invalid(what: string, errors: Fault[]): HooklineError {
  const [first] = errors;
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return new HooklineError('flow-invalid', `${what}: ${first?.path} ${first?.message}${more}.`, { errors });
}
