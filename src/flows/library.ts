import { Catalog, type Published } from './catalog.ts';
import type { Checked } from './lint.ts';
import { type FlowSource, parseFlow } from './parse.ts';
import { compile, type Program } from './program.ts';
import type { FlowReader, Run, StoredFlow } from './store.ts';

/** Programs held in memory; beyond that the oldest is parsed again when it is needed. */
const CAPACITY = 5_000;

/**
 * Programs by the digest of their text: a revision never changes, so nothing there goes stale, whoever publishes what. A text
 * that this version of the hub cannot read any more is null. Catalogs by the number that moves on with every publication.
 */
export class FlowLibrary {
  readonly #programs = new Map<string, Program | null>();
  readonly #catalogs = new Map<string, { version: number; catalog: Catalog }>();

  /** All that new runs may begin on, and what `run` began on. `asOf`: the number of what is published, where it is known. */
  async catalog(flows: FlowReader, run?: Pick<Run, 'flow' | 'revision' | 'state'>, asOf?: number): Promise<Catalog> {
    const version = asOf ?? (await flows.catalogVersion());
    const known = this.#catalogs.get(flows.tenantId);
    let catalog = known?.catalog;
    if (known?.version !== version || !catalog) {
      catalog = new Catalog(await this.#current(flows));
      this.#catalogs.set(flows.tenantId, { version, catalog });
    }
    if (run) await this.#pin(flows, catalog, run);
    return catalog;
  }

  /** A flow as the checks of others look at it; undefined where this version of the hub cannot read it. */
  checked({ path, source, digest }: Pick<StoredFlow, 'path' | 'source' | 'digest'>): Checked | undefined {
    const program = this.#read(digest, { path, source });
    if (!program) return undefined;
    const place: Checked['parsed']['place'] = (...where) => {
      const parsed = parseFlow({ path, source });
      return 'flow' in parsed ? parsed.place(...where) : path;
    };
    return { program, parsed: { path, source, flow: program.flow, place } };
  }

  async #current(flows: FlowReader): Promise<Published[]> {
    const published: Published[] = [];
    for (const { flow, revision, digest } of await flows.current()) {
      const program = await this.#program(flows, flow, revision, digest);
      if (program) published.push({ program, revision });
    }
    return published;
  }

  async #pin(flows: FlowReader, catalog: Catalog, { flow, revision, state }: Pick<Run, 'flow' | 'revision' | 'state'>): Promise<void> {
    for (const [name, number] of [[flow, revision] as const, ...Object.entries(state.revisions ?? {})]) {
      if (catalog.program(name, number) === undefined) catalog.pin(name, number, await this.#program(flows, name, number));
    }
  }

  async #program(flows: FlowReader, flow: string, revision: number, digest?: string): Promise<Program | null> {
    const known = digest === undefined ? undefined : this.#programs.get(digest);
    if (known !== undefined) return known;
    const stored = await flows.revision(flow, revision);
    if (!stored) return null;
    return this.#read(stored.digest, { path: flow, source: stored.source });
  }

  #read(digest: string, source: FlowSource): Program | null {
    const known = this.#programs.get(digest);
    if (known !== undefined) return known;
    const parsed = parseFlow(source);
    const program = 'flow' in parsed ? compile(parsed.flow) : null;
    if (this.#programs.size >= CAPACITY) this.#programs.delete(this.#programs.keys().next().value as string);
    this.#programs.set(digest, program);
    return program;
  }
}
