import { HooklineError } from '../core/errors.ts';
import { newId, type TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { setLatest } from '../core/memoize.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { isConflict } from '../db/dialect.ts';
import type { Database } from '../db/open.ts';
import type { ApiKeys, NewKey } from './api-keys.ts';
import type { Belongings } from './ports.ts';
import type { SettingsPatch, TenantSettings } from './settings.ts';
import { type StoredTenant, SystemTenantStore } from './store.ts';

export interface TenantView {
  id: TenantId;
  name: string;
  /** What differs for it from the hub's configuration. */
  settings: TenantSettings;
  createdAt: string;
  updatedAt: string;
}

export interface Page<T> {
  data: T[];
  /** Give it as `cursor` to read on; null at the end. */
  nextCursor: string | null;
}

/** The tenant that the first start makes; its flows are the files in the flows directory. */
export const DEFAULT_TENANT = 'default';
const PAGE = 500;
/** How long settings are taken for what they were: a process that tells nobody may change them. */
const SETTINGS_LAST: Milliseconds = 1_000;
const MOST_KEPT = 10_000;

export class Tenants {
  readonly #db: Database;
  readonly #store: SystemTenantStore;
  readonly #keys: ApiKeys;
  readonly #belongings: Belongings;
  readonly #runtime: Runtime;
  readonly #settings = new Map<TenantId, { at: Milliseconds; settings: Promise<TenantSettings> }>();

  constructor(db: Database, { keys, belongings, runtime }: { keys: ApiKeys; belongings: Belongings; runtime: Runtime }) {
    this.#db = db;
    this.#store = new SystemTenantStore(db);
    this.#keys = keys;
    this.#belongings = belongings;
    this.#runtime = runtime;
  }

  /** A tenant with its first key, which holds every scope. Rejects with `tenant-exists`. */
  async create(name: string): Promise<TenantView & { apiKey: NewKey }> {
    const now = this.#runtime.clock.now();
    const tenant: StoredTenant = { id: newId('tnt', now), name, settings: {}, createdAt: now, updatedAt: now };
    const apiKey = await this.#unique(name, () =>
      this.#db.write(
        async (tx) => {
          await this.#store.insert(tx, tenant);
          return this.#keys.createWithin(tx, tenant.id, { name: 'first key' });
        },
        { waited: 0 },
      ),
    );
    return { ...view(tenant), apiKey };
  }

  /** Makes the default tenant where there is none yet; null when there is. */
  async ensureDefault(): Promise<(TenantView & { apiKey: NewKey }) | null> {
    return (await this.#store.byName(DEFAULT_TENANT)) ? null : this.create(DEFAULT_TENANT);
  }

  /** The id of the tenant that has this id or, where none has, this name. Rejects with `not-found`. */
  async named(idOrName: string): Promise<TenantId> {
    const found = (await this.#store.get(idOrName)) ?? (await this.#store.byName(idOrName));
    if (!found) throw missing(idOrName);
    return found.id;
  }

  async idOf(name: string): Promise<TenantId | null> {
    return (await this.#store.byName(name))?.id ?? null;
  }

  async list({ limit, cursor = '' }: { limit: number; cursor?: string }): Promise<Page<TenantView>> {
    const rows = await this.#store.list(cursor, limit + 1);
    const more = rows.length > limit;
    const data = rows.slice(0, limit).map(view);
    return { data, nextCursor: more ? (data.at(-1)?.id ?? null) : null };
  }

  /** Rejects with `not-found`. */
  async get(id: string): Promise<TenantView> {
    const row = await this.#store.get(id);
    if (!row) throw missing(id);
    return view(row);
  }

  /** Rejects with `not-found` and `tenant-exists`. */
  async update(id: string, change: { name?: string; settings?: SettingsPatch }): Promise<TenantView> {
    const found = await this.#unique(change.name ?? '', () => this.#store.update(id, change, this.#runtime.clock.now()));
    if (!found) throw missing(id);
    // Whatever was read before this may be what they were.
    this.#settings.delete(id as TenantId);
    return this.get(id);
  }

  /** Of a tenant that is gone: none. Asked with nearly every request, so that the answer is kept for a moment. */
  settingsOf(id: TenantId): Promise<TenantSettings> {
    const now = this.#runtime.clock.now();
    const known = this.#settings.get(id);
    if (known && Math.abs(now - known.at) < SETTINGS_LAST) return known.settings;
    const settings = this.#store.get(id).then((row) => row?.settings ?? {});
    settings.catch(() => this.#settings.delete(id));
    setLatest(this.#settings, id, { at: now, settings }, MOST_KEPT);
    return settings;
  }

  /** Another node has changed this one; null: nobody knows which. */
  heardOf(id: TenantId | null): void {
    if (id === null) this.#settings.clear();
    else this.#settings.delete(id);
  }

  /** Every tenant with its settings, page by page. */
  async *settings(): AsyncGenerator<{ id: TenantId; settings: TenantSettings }> {
    for (let after = ''; ; ) {
      const rows = await this.#store.list(after, PAGE);
      for (const { id, settings } of rows) yield { id, settings };
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id ?? '';
    }
  }

  /** Ends its sessions and removes everything it owns. */
  async remove(id: string): Promise<void> {
    const tenant = await this.get(id);
    await this.#belongings.giveBack(tenant.id);
    await this.#store.remove(id);
    this.#settings.delete(tenant.id);
    this.#keys.tellRevoked();
  }

  async #unique<T>(name: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw new HooklineError('tenant-exists', `There is a tenant named "${name}". Choose another name.`, { cause: error });
    }
  }
}

const missing = (id: string): HooklineError => new HooklineError('not-found', `There is no tenant "${id}".`);

const view = ({ createdAt, updatedAt, ...tenant }: StoredTenant): TenantView => ({
  ...tenant,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
});
