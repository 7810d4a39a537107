import { during } from '../../core/during.ts';
import type { Fault } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import { WeighedCache } from '../../core/weighed-cache.ts';
import { type Aside, OutOfBounds } from '../aside/aside.ts';
import type { ReadFlow } from '../aside/tasks.ts';
import type { FlowSource } from '../language/parse.ts';
import { Catalog, type Published } from '../program/catalog.ts';
import { compile, type Program } from '../program/program.ts';
import type { Run } from '../turn/run.ts';
import type { FlowReader, StoredFlow } from './store.ts';

/** Characters of the texts whose programs are kept: of one tenant, and of all. A program takes some ten bytes for each. */
const TENANT_SHARE = 8 * 1_024 * 1_024;
const CAPACITY = 32 * 1_024 * 1_024;
/** Characters of a text that is read at once: at its worst that takes a few milliseconds. */
export const SMALL_TEXT = 2_000;

/** A text, read. */
export interface Volume extends ReadFlow {
  program: Program;
}

/** A text that this version of the hub cannot read. */
export interface Unreadable {
  faults: Fault[];
}

/** What is kept of one tenant. */
interface Shelf {
  /** By what errors call the text, and by its digest. */
  volumes: WeighedCache<string, Volume | Unreadable>;
  current?: { version: number; catalog: Catalog; weight: number };
}

/** Thrown inside a transaction, where nothing may be read: what the turn needs is to be read outside of it. */
export class NotRead extends Error {}

/** The run whose pinned revisions are meant, too. */
export type Pinned = Pick<Run, 'flow' | 'revision' | 'state'>;

/**
 * Programs by the digest of their text: a revision never changes, so nothing there goes stale, whoever publishes what.
 * Catalogs by the number that moves on with every publication. Each tenant has a shelf of its own, so that nobody's flows
 * push out another's; the shelf that was not asked for the longest goes first.
 */
export class FlowLibrary {
  /** Where texts are read that are not small. */
  readonly aside: Pick<Aside, 'run'>;
  readonly #shelves = new WeighedCache<TenantId, Shelf>(CAPACITY);
  readonly #loading = new SingleFlight<Catalog>();

  constructor(aside: Pick<Aside, 'run'>) {
    this.aside = aside;
  }

  /** All that new runs may begin on, and what `run` began on. Not in a transaction: it reads what is not read yet. */
  async catalog(flows: FlowReader, run?: Pinned): Promise<Catalog> {
    const version = await flows.catalogVersion();
    const { current } = this.#shelf(flows.tenantId);
    const catalog = current?.version === version ? current.catalog : await this.#load(flows, version);
    for (const [name, number] of run ? pinsOf(run) : []) {
      if (catalog.program(name, number) !== undefined) continue;
      const volume = await this.volume(flows, { flow: name, revision: number });
      catalog.pin(name, number, volume && 'program' in volume ? volume.program : null);
    }
    return catalog;
  }

  /** Once for all who wait for it: after a publication many chats do. */
  #load(flows: FlowReader, version: number): Promise<Catalog> {
    return this.#loading.do(`${flows.tenantId} ${version}`, () => this.#readAll(flows, version));
  }

  async #readAll(flows: FlowReader, version: number): Promise<Catalog> {
    const published: Published[] = [];
    let weight = 0;
    for (const current of await flows.current()) {
      const volume = await this.volume(flows, current);
      if (!volume || 'faults' in volume) continue;
      published.push({ program: volume.program, revision: current.revision });
      weight += volume.flow.length;
    }
    const shelf = this.#shelf(flows.tenantId);
    shelf.current = { version, catalog: new Catalog(published), weight };
    this.#weigh(flows.tenantId, shelf);
    return shelf.current.catalog;
  }

  /** The same from memory. Throws `NotRead` where something of it is not there; `version`: of what is published. */
  held(tenantId: TenantId, version: number, run?: Pinned): Catalog {
    const { current } = this.#shelf(tenantId);
    const isWhole =
      current?.version === version &&
      (run ? pinsOf(run) : []).every(([name, number]) => current.catalog.program(name, number) !== undefined);
    if (!isWhole) throw new NotRead();
    return current.catalog;
  }

  /** A text of a tenant. Rejects with `rate-limited` where too many are being read. */
  async read(tenantId: TenantId, { path, source, digest }: Pick<StoredFlow, 'path' | 'source' | 'digest'>): Promise<Volume | Unreadable> {
    const known = this.#shelf(tenantId).volumes.get(keyOf(path, digest));
    if (known) return known;
    const read = await this.#readAside(tenantId, { path, source });
    const volume = 'faults' in read ? read : during({ tenantId, what: 'flows.read' }, () => volumeOf(read));
    this.keep(tenantId, { path, digest }, volume);
    return volume;
  }

  /** For a text that was read as it was checked. */
  keep(tenantId: TenantId, { path, digest }: Pick<StoredFlow, 'path' | 'digest'>, volume: Volume | Unreadable): void {
    const shelf = this.#shelf(tenantId);
    shelf.volumes.set(keyOf(path, digest), volume, 'faults' in volume ? 100 : volume.flow.length);
    this.#weigh(tenantId, shelf);
  }

  async #readAside(tenantId: TenantId, source: FlowSource): Promise<ReadFlow | Unreadable> {
    try {
      return await this.aside.run(tenantId, 'read', source, { small: source.source.length <= SMALL_TEXT });
    } catch (error) {
      if (error instanceof OutOfBounds) return { faults: [{ path: `${source.path}:1:1`, message: `cannot be read: ${error.message}` }] };
      throw error;
    }
  }

  /** A revision; null where there is none. `digest`: of its text, where it is known. */
  async volume(
    flows: FlowReader,
    { flow, revision, digest, path = pathOf(flow) }: { flow: string; revision: number; digest?: string; path?: string },
  ): Promise<Volume | Unreadable | null> {
    const known = digest === undefined ? undefined : this.#shelf(flows.tenantId).volumes.get(keyOf(path, digest));
    if (known) return known;
    const stored = await flows.revision(flow, revision);
    return stored ? this.read(flows.tenantId, { path, source: stored.source, digest: stored.digest }) : null;
  }

  #shelf(tenantId: TenantId): Shelf {
    const known = this.#shelves.get(tenantId);
    if (known) return known;
    const shelf: Shelf = { volumes: new WeighedCache(TENANT_SHARE) };
    this.#shelves.set(tenantId, shelf, 0);
    return shelf;
  }

  #weigh(tenantId: TenantId, shelf: Shelf): void {
    this.#shelves.set(tenantId, shelf, shelf.volumes.weight + (shelf.current?.weight ?? 0));
  }
}

/** What errors call a flow that has no file. */
export const pathOf = (name: string): string => `flows/${name}.yml`;

const keyOf = (path: string, digest: string): string => `${path} ${digest}`;

export const volumeOf = (read: ReadFlow): Volume => ({ flow: read.flow, outline: read.outline, program: compile(JSON.parse(read.flow)) });

const pinsOf = ({ flow, revision, state }: Pinned): (readonly [string, number])[] => [
  [flow, revision],
  ...Object.entries(state.revisions ?? {}),
];
