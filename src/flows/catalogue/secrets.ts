import { type Fault, HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Runtime } from '../../core/runtime.ts';
import { open, seal } from '../../core/seal.ts';
import type { Database } from '../../db/open.ts';
import { type Page, type PageAsked, pageOf, pageRead } from '../page.ts';
import { type SecretStore, secretPlace, secretStore } from './secret-store.ts';

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
const LONGEST = 8_192;

/** Values that the steps "http" of a tenant may use as `{{ secrets.NAME }}`. Sealed on disk, and shown to nobody again. */
export class FlowSecrets {
  readonly #store: SecretStore;
  readonly #key: Buffer;
  readonly #runtime: Pick<Runtime, 'clock'>;

  constructor(db: Database, key: Buffer, runtime: Pick<Runtime, 'clock'>) {
    this.#store = secretStore(db);
    this.#key = key;
    this.#runtime = runtime;
  }

  /** Throws `invalid-body` for a name or value that cannot be. */
  async set(tenantId: TenantId, name: string, value: string): Promise<void> {
    if (!NAME.test(name)) throw refused('name', 'must be small letters, digits and _, beginning with a letter, such as clinic_key');
    if (value === '' || value.length > LONGEST) throw refused('value', `must have 1 to ${LONGEST} characters`);
    await this.#store.transact(tenantId, (secrets) =>
      secrets.save(name, seal(value, this.#key, secretPlace(tenantId, name)), this.#runtime.clock.now()),
    );
  }

  /** Throws `not-found`. */
  async remove(tenantId: TenantId, name: string): Promise<void> {
    const removed = await this.#store.transact(tenantId, (secrets) => secrets.remove(name));
    if (!removed) throw new HooklineError('not-found', `There is no secret "${name}" here.`);
  }

  /** By name, from the one behind `after`. */
  names(tenantId: TenantId, page: { after?: string; limit?: number } = {}): Promise<{ name: string; updatedAt: number }[]> {
    return this.#store.read(tenantId, (secrets) => secrets.list(page));
  }

  /** By name. Times ISO 8601 UTC. */
  async list(tenantId: TenantId, page: PageAsked): Promise<Page<{ name: string; updatedAt: string }>> {
    const found = await this.names(tenantId, pageRead(page));
    return pageOf(
      found,
      page.limit,
      ({ name }) => name,
      ({ name, updatedAt }) => ({ name, updatedAt: iso(updatedAt) }),
    );
  }

  /** Those that there are of `names`. */
  async reveal(tenantId: TenantId, names: readonly string[]): Promise<Record<string, string>> {
    const sealed = await this.#store.read(tenantId, (secrets) => secrets.sealed(names));
    return Object.fromEntries(sealed.map(({ name, sealed: text }) => [name, open(text, this.#key, secretPlace(tenantId, name))]));
  }
}

function refused(path: string, message: string): HooklineError {
  const errors: Fault[] = [{ path, message }];
  return new HooklineError('invalid-body', `The ${path} ${message}.`, { errors });
}
