import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantId } from '../../core/ids.ts';
import { Places } from '../../core/places.ts';
import type { Session } from '../store.ts';
import type { Supervisor } from '../supervision/supervisor.ts';
import { type Backup, packProfile, unpackProfile } from './backup.ts';
import type { LoginCopies } from './login-copies.ts';
import { copyProfile } from './profile-files.ts';
import type { Vault } from './vault.ts';

/** Logins as they leave the hub and come back: sealed, in pieces, and only so many at a time. */
export class Logins {
  readonly #vault: Vault;
  readonly #secretKey: Buffer;
  readonly #copies: LoginCopies | undefined;
  readonly #places = new Places({ each: 2, all: 8, what: 'backups' });

  /** `secretKey`: 32 bytes. */
  constructor(vault: Vault, secretKey: Buffer, copies?: LoginCopies) {
    this.#vault = vault;
    this.#secretKey = secretKey;
    this.#copies = copies;
  }

  /** The session goes on meanwhile, if its engine can be held still. Rejects with `rate-limited` while others are being made or read. */
  async pack({ tenantId, engine }: Pick<Session, 'tenantId' | 'engine'>, supervisor: Pick<Supervisor, 'still'>): Promise<Backup> {
    const done = this.#places.take(tenantId);
    try {
      const backup = await this.#vault.withDraft(async (draft) => {
        const copy = join(draft, 'profile');
        await supervisor.still('backup', async (directory, signal) => {
          // A copy that took too long may have been begun before.
          await rm(copy, { recursive: true, force: true });
          await mkdir(copy, { mode: 0o700 });
          await copyProfile(directory, copy, signal);
        });
        return packProfile(copy, join(draft, 'backup'), { engine, tenantId, key: this.#secretKey });
      });
      backup.bytes.once('close', done);
      return backup;
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Looked through to its end while the session goes on, which is paused to change over. See `Sessions.restore`. */
  async unpack(
    session: Session,
    supervisor: Pick<Supervisor, 'pause' | 'copyLogin'>,
    backup: AsyncIterable<Uint8Array>,
    from: TenantId | undefined,
  ): Promise<void> {
    const { tenantId, engine, profile } = session;
    await this.#vault.withDraft(async (draft) => {
      const fresh = join(draft, 'profile');
      await mkdir(fresh, { mode: 0o700 });
      const seal = { engine, tenantId: from ?? tenantId, key: this.#secretKey };
      await unpackProfile(backup, fresh, { ...seal, former: from !== undefined });
      await supervisor.pause('restore', async () => {
        const generation = await this.#copies?.generation(session);
        await this.#vault.replace(profile, fresh, { ...(generation !== undefined && { generation }) });
      });
      // Those of the former login must not take the place of this one.
      await this.#copies?.forget(session);
      // Another machine has nothing else to begin with. One that connects now is copied once it has.
      if (this.#copies?.travel) void supervisor.copyLogin();
    });
  }
}
