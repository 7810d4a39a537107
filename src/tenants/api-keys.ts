import { timingSafeEqual } from 'node:crypto';
import { HooklineError } from '../core/errors.ts';
import { type KeyId, newId, type SessionId, type TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { Runtime } from '../core/runtime.ts';
import { freshSecret, hashOf } from '../core/secret.ts';
import type { SessionRef } from '../core/session.ts';
import { SharedReads } from '../core/shared-reads.ts';
import type { Database } from '../db/open.ts';
import { type TenantStore, tenantStore } from '../db/tenant-store.ts';
import type { Tx } from '../db/tx.ts';
import { KeyUse } from './key-use.ts';
import { type Scope, TENANT_SCOPES } from './scopes.ts';
import { KeyReader, KeyTransactor, type StoredKey, SystemTenantStore } from './store.ts';

export interface TenantPrincipal {
  kind: 'tenant';
  tenantId: TenantId;
  keyId: KeyId;
  name: string;
  scopes: readonly Scope[];
  /** The one session that the key is for, and may do something in; null: all of the tenant. */
  sessionId: SessionId | null;
}
export type Principal = { kind: 'admin' } | TenantPrincipal;

/** What a new key is for. Every scope, in every session, when not given. */
export interface KeyInput {
  name: string;
  scopes?: Scope[] | undefined;
  sessionId?: SessionId | null | undefined;
}

export interface KeyView {
  id: KeyId;
  name: string;
  /** Its first characters, to tell keys apart; the key itself is shown once, when it is made. */
  hint: string;
  scopes: Scope[];
  /** The id of the one session that it is for; null: all of the tenant. */
  session: SessionId | null;
  createdAt: string;
  revokedAt: string | null;
  /** To the minute; null: never, as far as that was noted. */
  lastUsedAt: string | null;
}

export interface NewKey extends KeyView {
  key: string;
}

const ADMIN_SETTING = 'admin-key-hash';

const freshKey = (kind: 'hlk' | 'adm'): string => `${kind}_${freshSecret()}`;

export class ApiKeys {
  readonly #store: TenantStore<KeyReader, KeyTransactor>;
  readonly #system: SystemTenantStore;
  readonly #runtime: Runtime;
  readonly #listeners = new Set<() => void>();
  /** Many requests with one key are the rule, and each must see that it was revoked. */
  readonly #reads = new SharedReads<StoredKey | undefined>();
  readonly #use: KeyUse;
  #adminHash: string | undefined;

  constructor(db: Database, runtime: Runtime) {
    this.#store = tenantStore(db, { Reader: KeyReader, Transactor: KeyTransactor });
    this.#system = new SystemTenantStore(db);
    this.#use = new KeyUse(this.#system, runtime);
    this.#runtime = runtime;
  }

  /**
   * Decides the operator's key: the configured one, else the one made at the first start. Returns a key only when it
   * was made now; it is kept hashed and cannot be shown again.
   */
  async openAdmin(configured: string | undefined): Promise<string | null> {
    if (configured) {
      this.#adminHash = hashOf(configured);
      return null;
    }
    this.#adminHash = await this.#system.setting(ADMIN_SETTING);
    if (this.#adminHash) return null;
    const key = freshKey('adm');
    this.#adminHash = hashOf(key);
    await this.#system.setSetting(ADMIN_SETTING, this.#adminHash);
    return key;
  }

  /** To tell whether it is another one by now; empty before `openAdmin`. */
  get adminHash(): string {
    return this.#adminHash ?? '';
  }

  /** Who holds this key; null for an unknown or revoked one. */
  async authenticate(key: string): Promise<Principal | null> {
    const hash = hashOf(key);
    if (this.#adminHash && timingSafeEqual(Buffer.from(hash), Buffer.from(this.#adminHash))) return { kind: 'admin' };
    const row = await this.#reads.get(hash, () => this.#system.liveKey(hash));
    if (!row) return null;
    this.#use.note(row.id);
    return principalOf(row);
  }

  async create(tenantId: TenantId, input: KeyInput): Promise<NewKey> {
    return this.#store.transact(tenantId, (_keys, tx) => this.createWithin(tx, tenantId, input));
  }

  async createWithin(tx: Tx, tenantId: TenantId, { name, scopes = [...TENANT_SCOPES], sessionId = null }: KeyInput): Promise<NewKey> {
    const now = this.#runtime.clock.now();
    const key = freshKey('hlk');
    const made = { id: newId('key', now), name, hash: hashOf(key), hint: key.slice(0, 8), scopes, sessionId };
    const stored = { ...made, createdAt: now, revokedAt: null };
    await this.#store.within(tx, tenantId).insert(stored);
    return { ...view({ ...stored, tenantId, lastUsedAt: null }), key };
  }

  async list(tenantId: TenantId): Promise<KeyView[]> {
    return (await this.#store.read(tenantId, (keys) => keys.list())).map(view);
  }

  /** The tenant of a key; null where there is no such key. For the operator. */
  async ownerOf(keyId: string): Promise<TenantId | null> {
    return (await this.#system.ownerOfKey(keyId)) ?? null;
  }

  /** `tenantId`: null for a key that `ownerOf` does not know. Rejects with `not-found`. */
  async revoke(tenantId: TenantId | null, keyId: string): Promise<void> {
    const revoke = (keys: KeyTransactor, tx: Tx): Promise<boolean> => {
      this.#tellAfter(tx);
      return keys.revoke(keyId, this.#runtime.clock.now());
    };
    const found = tenantId !== null && (await this.#store.transact(tenantId, revoke));
    if (!found) throw new HooklineError('not-found', `There is no key "${keyId}" here.`);
  }

  /** Of a key that the hub has made itself, and nobody has any use for any more. */
  async removeWithin(tx: Tx, tenantId: TenantId, id: KeyId): Promise<void> {
    this.#tellAfter(tx);
    await this.#store.within(tx, tenantId).remove({ id });
  }

  /** In the transaction that ends a session: its keys are good for nothing any more. */
  async onDestroy(tx: Tx, { id, tenantId }: SessionRef): Promise<void> {
    if ((await this.#store.within(tx, tenantId).remove({ session_id: id })) > 0) this.#tellAfter(tx);
  }

  #tellAfter(tx: Tx): void {
    tx.tell('keys', '');
    tx.afterCommit(() => this.tellRevoked());
  }

  /** Calls `listener` after keys were revoked in this process, by themselves or with their tenant; returns how to stop that. */
  onRevoke(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A key that somebody has shown before is used. */
  readonly used = (id: KeyId): void => this.#use.note(id);

  /** Writes when keys were used last. */
  stop(): Promise<void> {
    return this.#use.write();
  }

  /** For who has removed keys in another way. */
  tellRevoked(): void {
    for (const listener of this.#listeners) listener();
  }
}

export const principalOf = ({ tenantId, id: keyId, name, scopes, sessionId }: StoredKey): TenantPrincipal => ({
  ...{ kind: 'tenant', tenantId, keyId, name, scopes, sessionId },
});

const view = ({ id, name, hint, scopes, sessionId: session, createdAt, revokedAt, lastUsedAt }: StoredKey): KeyView => ({
  ...{ id, name, hint, scopes, session, createdAt: iso(createdAt), revokedAt: iso(revokedAt), lastUsedAt: iso(lastUsedAt) },
});
