import { type Arrival, sound, type Unreadable } from '../core/arrival.ts';
import { atMost } from '../core/deadline.ts';
import { HooklineError, hasCode, messageOf } from '../core/errors.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import { limitReached } from '../core/limits.ts';
import { Periodic } from '../core/periodic.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import { SharedReads } from '../core/shared-reads.ts';
import type { Database } from '../db/open.ts';
import type { SetBack } from '../db/set-back.ts';
import type { Tx } from '../db/tx.ts';
import type { ConnectedEngine, EngineName } from './engine.ts';
import { SandboxEngine } from './engines/sandbox/engine.ts';
import { SandboxPhone } from './engines/sandbox/phone.ts';
import { LinkRequests } from './link-requests.ts';
import type { Backup } from './login/backup.ts';
import { CopyDirectory } from './login/copy-directory.ts';
import { CopyTable } from './login/copy-table-store.ts';
import { LoginCopies } from './login/login-copies.ts';
import { Logins } from './login/logins.ts';
import { Vault } from './login/vault.ts';
import { alternatives, checkName, missing } from './names.ts';
import { insteadOf, type NewSession, nameTaken, newSessionRow, unlessGone } from './new-session.ts';
import type { SessionsOptions } from './options.ts';
import type { PasskeyCredential } from './passkey.ts';
import type { SessionPorts } from './ports.ts';
import { type Session, type SessionCensus, type SessionConfig, SystemSessionStore, sessionStore } from './store.ts';
import { engineOf } from './supervision/engine-slot.ts';
import { Fleet } from './supervision/fleet.ts';
import type { PairingView } from './supervision/linking.ts';
import type { PasskeyView } from './supervision/passkey-request.ts';
import type { QrView } from './supervision/qr.ts';
import type { Supervisor } from './supervision/supervisor.ts';
import { type SessionView, type Shown, sessionView } from './view.ts';

/** How long the stop of a hub goes on for copies of logins (ms). */
const COPIES_AT_STOP = 5_000;

/** How often profiles are looked for that belong to no login any more (ms). */
const TIDIED_EVERY = 3_600_000;

/** The face of the room: what a tenant can do with sessions. Throws `not-found` for what is not the tenant's. */
export class Sessions {
  readonly #runtime: Runtime;
  readonly #ports: SessionPorts;
  readonly #engines: SessionsOptions['engines'];
  readonly #defaultEngine: EngineName;
  readonly #answerWithin: Milliseconds;
  readonly #logins: Logins;
  readonly #sweep: () => Promise<unknown>;
  readonly #store: ReturnType<typeof sessionStore>;
  readonly #vault: Vault;
  readonly #copies: LoginCopies | undefined;
  readonly #fleet: Fleet;
  readonly #system: SystemSessionStore;
  readonly #linkRequests: LinkRequests;
  readonly #owners: SessionsOptions['owners'];
  readonly #tidying: Periodic;
  readonly #reads = new SharedReads<Session | undefined>();

  constructor(runtime: Runtime, db: Database, ports: SessionPorts, options: SessionsOptions) {
    const { engines, defaultEngine, tokensDir, secretKey, answerWithin = 2_000, launches = 2 } = options;
    const { qrWindow = 300_000, qrRounds = 3, watchdog = 30_000, memoryLimit = 0, owners, mayRun = () => true } = options;
    this.#runtime = runtime;
    this.#ports = ports;
    this.#engines = engines;
    this.#defaultEngine = defaultEngine;
    this.#answerWithin = answerWithin;
    this.#store = sessionStore(db);
    this.#sweep = async () => options.sweep?.(tokensDir, (profile) => this.#vault.isOwned(profile));
    this.#vault = new Vault(tokensDir, runtime.clock);
    const { loginCopies } = options;
    const tokenOf = owners && ((id: SessionId) => owners.tokenOf(id));
    const generationOf = (id: SessionId) => owners?.tokenOf(id)?.generation;
    const table = new CopyTable(db, tokenOf);
    this.#copies =
      loginCopies &&
      new LoginCopies(this.#vault, 'directory' in loginCopies ? new CopyDirectory(loginCopies.directory) : table, {
        ...{ keep: loginCopies.keep, key: secretKey, clock: runtime.clock, generationOf },
        ...('directory' in loginCopies && { former: table }),
      });
    const copyEvery = loginCopies && 'every' in loginCopies ? loginCopies.every : 0;
    this.#logins = new Logins(this.#vault, secretKey, this.#copies);
    this.#owners = owners;
    this.#system = new SystemSessionStore(db, ports, tokenOf);
    this.#fleet = new Fleet(
      {
        ...{
          runtime,
          store: this.#system,
          mayRun,
          generationOf,
          vault: this.#vault,
          ports,
          engines,
        },
        options: { qrWindow, qrRounds, watchdog, memoryLimit, copyEvery },
        ...(this.#copies && { copies: this.#copies }),
      },
      { launches, owns: (id) => owners?.owns(id) ?? true },
    );
    const failure = 'Profiles of sessions that are gone could not be removed; it is tried again';
    this.#tidying = new Periodic(() => this.#tidy(), { every: TIDIED_EVERY, failure }, runtime);
    const supervisor = (id: SessionId) => this.#fleet.find(id);
    this.#linkRequests = new LinkRequests(this, { clock: runtime.clock, supervisor, atMost: (work) => this.#atMost(work) });
  }

  /** Brings up every session that should run; does not wait for them to connect. Where they are shared out they come by `takeOver`. */
  async start(): Promise<void> {
    await this.#sweep();
    await this.#vault.tidy({ shared: this.#owners !== undefined });
    this.#tidying.start();
    if (this.#owners) return;
    await this.#fleet.start();
    this.#copyAtRest();
  }

  /** Of sessions that other machines run, profiles stay here in case a copy does not open; not those of logins that are no more. */
  async #tidy(): Promise<void> {
    if (!this.#copies?.travel) return;
    const outlived = await this.#system.outlived(await this.#vault.atRest());
    for (const profile of outlived) if (!(await this.#vault.isOwned(profile))) await this.#vault.remove(profile);
  }

  /** These are run by this process from here on: brings up what should run. */
  async takeOver(ids: readonly SessionId[]): Promise<void> {
    await this.#fleet.takeOver(ids);
    this.#copyAtRest(ids);
  }

  /** Of those that rest nobody would make a copy, which another machine begins with: where there is none yet, it is made now. */
  #copyAtRest(ids?: readonly SessionId[]): void {
    if (!this.#copies?.travel) return;
    const copy = async (): Promise<void> => {
      for (const session of await this.#system.uncopied(ids))
        if (!this.isElsewhere(session.id) && (await this.#vault.hasLogin(session.profile))) await this.#fleet.of(session).copyLogin();
    };
    copy().catch((error) => this.#runtime.log.warn('Copies of logins that rest could not be made', { error: messageOf(error) }));
  }

  /** Another process is to run it: resolves when nothing of it runs here. */
  handOver(id: SessionId): Promise<void> {
    return this.#fleet.handOver(id);
  }

  /** Another process runs it already. */
  drop(id: SessionId): Promise<void> {
    return this.#fleet.drop(id);
  }

  /** Of all tenants, in numbers only. */
  countByStatus(): Promise<SessionCensus[]> {
    return this.#system.countByStatus(this.#runtime.clock.now());
  }

  /** Somebody else has changed the row of a session; null: nobody knows of which. */
  async heardOf(id: SessionId | null): Promise<void> {
    if (id !== null && this.isElsewhere(id)) return;
    const about = id === null ? { ids: this.#fleet.all(), started: true } : { ids: [id], started: false };
    await this.#system.heardOf(about, (session) => this.#fleet.heardOf(session));
  }

  /** How many run in this process, connected or not. */
  running(): number {
    return this.#fleet.running();
  }

  /** The clock was set back. */
  setBack(back: SetBack): Promise<void> {
    return this.#system.setBack(back);
  }

  /**
   * Ends every engine at once, without a word in the database: another process may soon run them. To be called once `mayRun` says so;
   * when it does not any more, `goOn` brings them back.
   */
  cease(): Promise<void> {
    return this.#fleet.cease();
  }

  goOn(): void {
    this.#fleet.goOn();
  }

  /** Sessions that are handed over in more than a few seconds from here on go without a copy. */
  hurryCopies(): void {
    this.#copies?.endIn(COPIES_AT_STOP);
  }

  /** Closes every connection and keeps the logins. */
  async stop(): Promise<void> {
    await this.#tidying.stop();
    const stopped = this.#fleet.stop();
    await (this.#copies ? this.#copies.close(COPIES_AT_STOP, stopped) : stopped);
  }

  /**
   * `session-exists` when the name is taken, with the session and bodies that would be accepted instead; `engine-unavailable`
   * when its engine is turned off.
   */
  async create(tenantId: TenantId, wanted: NewSession): Promise<{ session: SessionView; created: boolean }> {
    checkName(wanted.name);
    engineOf(this.#engines, wanted.engine ?? this.#defaultEngine);
    const start = wanted.start ?? true;
    let limit = (await this.#ports.limitOf?.(tenantId)) ?? null;
    /** What `recreate` has put an end to, or made: a session that is there instead was made anew meanwhile. */
    let former: SessionId | undefined;
    for (;;) {
      const now = this.#runtime.clock.now();
      const session = newSessionRow(
        { ...wanted, engine: wanted.engine ?? this.#defaultEngine },
        { start, profile: this.#vault.newProfile(), now },
      );
      const made = await this.#store.transact(tenantId, async (sessions, tx) => {
        const used = limit === null ? 0 : await sessions.count();
        if (limit === null || used < limit) {
          const isNew = await sessions.insert(session);
          if (isNew) await this.#owners?.made(tx, session);
          return isNew;
        }
        return (await sessions.byName(wanted.name)) ? false : { limit, used };
      });
      if (typeof made === 'object') throw limitReached({ name: 'sessions', ...made }, 'Delete one first.');
      if (made) {
        const view = await unlessGone(start ? this.connect(tenantId, session.id) : this.get(tenantId, session.id));
        if (view) return { session: view, created: true };
        former ??= session.id;
        continue;
      }
      const existing = await this.#store.read(tenantId, (sessions) => sessions.byName(wanted.name));
      if (!existing) continue; // Deleted meanwhile: the name is free again.
      const { onConflict = 'fail' } = wanted;
      if (onConflict === 'fail') throw await this.#taken(tenantId, existing, (free) => insteadOf(wanted, free));
      if (onConflict === 'use' || (former !== undefined && former !== existing.id)) {
        const view = start ? await unlessGone(this.#connectAnywhere(existing)) : this.#view(existing);
        if (view) return { session: view, created: false };
        continue;
      }
      former = existing.id;
      // Its place is the new one's, whoever has taken another one meanwhile.
      await this.#owners?.bring([existing.id]);
      if (await unlessGone(this.#destroy(existing).then(() => true))) limit = null;
    }
  }

  async list(tenantId: TenantId, page: { limit: number; cursor?: string }): Promise<{ data: SessionView[]; nextCursor: string | null }> {
    const { limit, cursor } = page;
    const found = await this.#store.read(tenantId, (sessions) =>
      sessions.list({ limit: limit + 1, ...(cursor !== undefined && { after: cursor }) }),
    );
    const data = found.slice(0, limit).map((session) => this.#view(session));
    return { data, nextCursor: found.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  count(tenantId: TenantId): Promise<number> {
    return this.#store.read(tenantId, (sessions) => sessions.count());
  }

  async get(tenantId: TenantId, idOrName: string): Promise<SessionView> {
    return this.#view(await this.#find(tenantId, idOrName));
  }

  /** What a person is shown who links the phone: the codes themselves, and what is to be signed, which `get` keeps to itself. */
  async linking(tenantId: TenantId, idOrName: string): Promise<Shown & { session: SessionView }> {
    const session = await this.#find(tenantId, idOrName);
    return { session: this.#view(session), ...this.#shown(session.id) };
  }

  async ref(tenantId: TenantId, idOrName: string): Promise<SessionRef> {
    return refOf(await this.#find(tenantId, idOrName));
  }

  /** As `ref`, with its settings, and until when its account may begin no new chats. */
  async configured(
    tenantId: TenantId,
    idOrName: string,
  ): Promise<SessionRef & { config: SessionConfig; newChatsUntil: Milliseconds | null }> {
    const session = await this.#find(tenantId, idOrName);
    const { config, newChatsUntil } = session;
    return { ...refOf(session), config, newChatsUntil };
  }

  /** Whosever session it is: for code that embeds the hub, which works for all tenants. `bad-request` for a name that several have. */
  async refOfAny(idOrName: string): Promise<SessionRef> {
    const [found, ...others] = await this.#system.called(idOrName);
    if (others.length === 0) return refOf(found ?? missing());
    const owners = [found, ...others].map((one) => one?.tenantId).join(', ');
    throw new HooklineError(
      'bad-request',
      `There are sessions "${idOrName}" of several tenants (${owners}). Give the session's id, or { name, tenantId }.`,
    );
  }

  /** A new name takes effect at once, in events, too. The members of `config` are set, the others stay. */
  async update(tenantId: TenantId, idOrName: string, changes: { name?: string; config?: SessionConfig }): Promise<SessionView> {
    const { id, name: found } = await this.#find(tenantId, idOrName);
    if (changes.name !== undefined && changes.name !== found) checkName(changes.name);
    const taken = await this.#store.transact(tenantId, async (sessions, tx) => {
      const session = (await sessions.hold(id)) ?? missing();
      const { name = session.name } = changes;
      const other = await sessions.byName(name);
      if (other && other.id !== id) return other;
      const changed = { ...session, name, config: { ...session.config, ...changes.config }, updatedAt: this.#runtime.clock.now() };
      await sessions.update(changed);
      if (changes.config) await this.#ports.outbound.rescheduleLane(tx, refOf(changed));
      tx.afterCommit(() => this.#fleet.amend(changed));
      tx.tell('sessions', changed.id);
      return undefined;
    });
    if (taken) throw await this.#taken(tenantId, taken, (free) => ({ name: { ...changes, name: free } }));
    return this.get(tenantId, id);
  }

  async destroy(tenantId: TenantId, idOrName: string): Promise<void> {
    await this.#destroy(await this.#find(tenantId, idOrName));
  }

  /** Before a tenant is deleted: leaves no process, profile or row of its sessions. */
  async destroyAll(tenantId: TenantId): Promise<void> {
    for (;;) {
      const sessions = await this.#store.read(tenantId, (reader) => reader.list({ limit: 100 }));
      if (sessions.length === 0) return;
      await this.#owners?.bring(sessions.map(({ id }) => id));
      await Promise.all(sessions.map((session) => this.#destroy(session)));
    }
  }

  connect(tenantId: TenantId, idOrName: string): Promise<SessionView> {
    return this.#command(tenantId, idOrName, (supervisor) => supervisor.connect());
  }

  disconnect(tenantId: TenantId, idOrName: string): Promise<SessionView> {
    return this.#command(tenantId, idOrName, (supervisor) => supervisor.disconnect());
  }

  restart(tenantId: TenantId, idOrName: string): Promise<SessionView> {
    return this.#command(tenantId, idOrName, (supervisor) => supervisor.restart());
  }

  logout(tenantId: TenantId, idOrName: string): Promise<SessionView> {
    return this.#command(tenantId, idOrName, (supervisor) => supervisor.logout());
  }

  /**
   * What the profile needs to log in again, sealed under the hub's secret key for this tenant: together they are a key to the
   * account. A session that runs goes on meanwhile. `rate-limited` while others are being made or read.
   */
  async backup(tenantId: TenantId, idOrName: string): Promise<Backup> {
    const session = await this.#find(tenantId, idOrName);
    return this.#logins.pack(session, this.#fleet.of(session));
  }

  /**
   * Puts a backup in the place of the session's login, and starts the session again if it is wanted started. It is looked
   * through to its end while the session goes on: `invalid-body` for what is no whole backup of this engine under this hub's
   * key for this tenant; the login then stays as it was. `from`: the tenant that it was made for, when the operator carries it
   * from there on purpose, or when it tells none.
   */
  async restore(tenantId: TenantId, idOrName: string, backup: AsyncIterable<Uint8Array>, from?: TenantId): Promise<SessionView> {
    const session = await this.#find(tenantId, idOrName);
    const supervisor = this.#fleet.of(session);
    await this.#logins.unpack(session, supervisor, backup, from);
    await this.#atMost(supervisor.settled());
    return this.get(tenantId, session.id);
  }

  /** `qr-unavailable` when no code is shown. One that is on its way is waited for a little. */
  qr(tenantId: TenantId, idOrName: string): Promise<QrView> {
    return this.#linkRequests.qr(tenantId, idOrName);
  }

  /**
   * A code to be typed on the phone with this number (digits), instead of scanning. The same number again gets the same
   * code while it lasts. `pairing-unavailable` unless the session waits to be linked; one that starts is waited for a little.
   */
  pair(tenantId: TenantId, idOrName: string, phone: string): Promise<PairingView> {
    return this.#linkRequests.pair(tenantId, idOrName, phone);
  }

  /**
   * What the passkey of the account is asked to sign, and the code to be compared. `passkey-unavailable` when neither is waited
   * for, `passkey-expired` when its time is over. What is on its way is waited for a little.
   */
  passkey(tenantId: TenantId, idOrName: string): Promise<PasskeyView> {
    return this.#linkRequests.passkey(tenantId, idOrName);
  }

  /**
   * Hands WhatsApp what the passkey has signed; null: nobody will sign, and the session starts over. `passkey-unavailable` when
   * nothing is to be signed, `passkey-mismatch` for a credential of another challenge, `passkey-expired` for one that is too late.
   */
  answerPasskey(tenantId: TenantId, idOrName: string, credential: PasskeyCredential | null): Promise<SessionView> {
    return this.#linkRequests.answerPasskey(tenantId, idOrName, credential);
  }

  /** Says whether the code that is shown is that on the phone. `passkey-unavailable` when none is shown. */
  confirmPasskey(tenantId: TenantId, idOrName: string, matches: boolean): Promise<SessionView> {
    return this.#linkRequests.confirmPasskey(tenantId, idOrName, matches);
  }

  /** What is seen of the session now (PNG), also of one that does not come up. Rejects with `session-not-connected` where nothing runs. */
  async screenshot(tenantId: TenantId, idOrName: string): Promise<Uint8Array> {
    return this.#fleet.of(await this.#find(tenantId, idOrName)).screenshot();
  }

  /** The phone of a sandbox session, to be played. `not-a-sandbox` for others. */
  async sandbox(tenantId: TenantId, idOrName: string): Promise<SandboxPhone> {
    const session = await this.#find(tenantId, idOrName);
    const supervisor = this.#fleet.of(session);
    const engine = session.engine === 'sandbox' ? await supervisor.engine() : null;
    if (!(engine instanceof SandboxEngine)) {
      throw new HooklineError('not-a-sandbox', `The session "${session.name}" runs on ${session.engine}, with a real phone.`);
    }
    return new SandboxPhone(engine, this.#runtime.clock, {
      engineIdOf: (messageId) => this.#ports.outbound.engineIdOf(supervisor.session, messageId),
      settled: () => this.#atMost(supervisor.settled()),
    });
  }

  /** Null unless the session is connected. */
  engineOf(sessionId: SessionId): ConnectedEngine | null {
    return this.#fleet.find(sessionId)?.connected ?? null;
  }

  /** Another node of the cluster runs it. */
  isElsewhere(sessionId: SessionId): boolean {
    return !(this.#owners?.owns(sessionId) ?? true);
  }

  /** Whoever runs it. */
  async isConnected(sessionId: SessionId): Promise<boolean> {
    if (!this.isElsewhere(sessionId)) return this.engineOf(sessionId) !== null;
    const [session] = await this.#system.rows([sessionId]);
    return session?.status === 'connected';
  }

  /** As `engineOf`, for whoever cannot go on without: throws `session-not-connected`. */
  connectedEngine(sessionId: SessionId): ConnectedEngine {
    const engine = this.engineOf(sessionId);
    if (engine) return engine;
    throw new HooklineError('session-not-connected', 'The session is not connected; connect it, or wait until its status is "connected".');
  }

  /** Notes, with the message that it stores, when a session last received one, and `mark`, see `SessionPorts.inbound`. */
  touchInbound(tx: Tx, sessionId: SessionId, at: Milliseconds, mark: Milliseconds | null): Promise<void> {
    return this.#system.touchInbound(tx, sessionId, at, mark);
  }

  /** What was set aside, read once more by the engine (see `Engine.read`), or, when it was read, as it is. Throws as it failed before. */
  async read(session: SessionRef, what: Pick<Unreadable, 'kind' | 'raw'>, stage: string): Promise<Arrival | null> {
    const now = this.#runtime.clock.now();
    if (stage === 'storing') return sound({ [what.kind]: what.raw } as unknown as Arrival, now);
    const engine = await this.#fleet.reader(await this.#find(session.tenantId, session.id)).engine();
    const arrival = engine.read(what);
    return arrival && sound(arrival, now);
  }

  async #find(tenantId: TenantId, idOrName: string): Promise<Session> {
    const session = await this.#reads.get(`${tenantId} ${idOrName}`, () =>
      this.#store.read(tenantId, (sessions) => sessions.byIdOrName(idOrName)),
    );
    return session ?? missing();
  }

  #view(session: Session): SessionView {
    const memory = this.#fleet.find(session.id)?.memory ?? null;
    return sessionView(session, { ...this.#shown(session.id), memory }, this.#runtime.clock.now());
  }

  #shown(id: SessionId): Shown {
    const { qr = null, pairing = null, passkey = null } = this.#fleet.find(id) ?? {};
    return { qr, pairing, passkey };
  }

  async #command(tenantId: TenantId, idOrName: string, give: (supervisor: Supervisor) => Promise<void>): Promise<SessionView> {
    const session = await this.#find(tenantId, idOrName);
    const supervisor = this.#fleet.of(session);
    await this.#atMost(give(supervisor).then(() => supervisor.settled())).catch((error) => this.#forgetGone(session.id, error));
    return this.get(tenantId, session.id);
  }

  /** One that another process runs is connected there, and not waited for. */
  async #connectAnywhere({ tenantId, id }: Session): Promise<SessionView> {
    if (!this.isElsewhere(id)) return this.connect(tenantId, id);
    await this.#system.wantStarted({ id, tenantId });
    return this.get(tenantId, id);
  }

  async #destroy(session: Session): Promise<void> {
    await this.#fleet
      .of(session)
      .destroy()
      .catch((error) => this.#forgetGone(session.id, error));
    this.#fleet.forget(session.id);
  }

  /** A supervisor may have been made for a session whose row was on its way out. */
  #forgetGone(id: SessionId, error: unknown): never {
    if (hasCode(error, 'not-found')) this.#fleet.forget(id);
    throw error;
  }

  /** Waits for `work`, but no longer than an answer may take. */
  #atMost(work: Promise<void>): Promise<void> {
    return atMost(this.#runtime.clock, this.#answerWithin, work);
  }

  /** With a name that is free in the bodies that would be accepted instead. */
  async #taken(tenantId: TenantId, existing: Session, options: (free: string) => Record<string, object>): Promise<HooklineError> {
    const free = await this.#store.read(tenantId, async (sessions) => {
      for (const name of alternatives(existing.name)) if (!(await sessions.byName(name))) return name;
      return existing.name;
    });
    return nameTaken(this.#view(existing), options(free));
  }
}

const refOf = ({ id, name, tenantId }: Session): SessionRef => ({ id, name, tenantId });
