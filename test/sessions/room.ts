import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Told } from '../../src/core/arrival.ts';
import { newId, type TenantId } from '../../src/core/ids.ts';
import type { InboundMessage, Notice } from '../../src/core/message.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { SessionRef } from '../../src/core/session.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { EngineHost } from '../../src/sessions/engine.ts';
import { sandboxEngine } from '../../src/sessions/engines/sandbox/engine.ts';
import type { SessionsOptions } from '../../src/sessions/options.ts';
import type { Aside, SessionPorts } from '../../src/sessions/ports.ts';
import { Sessions } from '../../src/sessions/sessions.ts';
import { type TestDatabase, testDatabase } from '../helpers/database.ts';
import { testRuntime } from '../helpers/runtime.ts';

/** Nothing is answered before it is done, however busy the machine is (ms). */
const PATIENCE = 60_000;

/** Seals what a room backs up, unless its options name another key. */
export const SECRET_KEY = Buffer.alloc(32, 7);

/** The room on a database and a tokens directory of its own, with ports that keep what they are given. */
export class Room {
  readonly db: Database;
  readonly tokensDir: string;
  /** Of copies of logins. */
  readonly copiesDir: string;
  readonly runtime: Runtime;
  readonly received: { session: SessionRef; message: InboundMessage }[] = [];
  readonly noticed: Notice[] = [];
  readonly aside: Aside[] = [];
  readonly acks: Parameters<EngineHost['ack']>[0][] = [];
  readonly reconsidered: string[] = [];
  readonly destroyed: SessionRef[] = [];
  readonly engineIds = new Map<string, string>();
  /** Thrown by the inbox while it is set. */
  inboxError: Error | undefined;
  readonly screenshots: { session: SessionRef; picture: Uint8Array }[] = [];
  mediaError: Error | undefined;
  sessions: Sessions;
  readonly ledger: Ledger;
  readonly #database: TestDatabase;
  readonly #options: Partial<SessionsOptions>;

  constructor(database: TestDatabase, tokensDir: string, runtime: Runtime, options: Partial<SessionsOptions>) {
    this.#database = database;
    this.db = database.db;
    this.tokensDir = tokensDir;
    this.copiesDir = `${tokensDir}-copies`;
    this.runtime = runtime;
    this.#options = options;
    this.ledger = new Ledger(this.db, runtime);
    this.sessions = this.#make();
  }

  /** A hub after the one before: a new process in all but name. `stop` the old one first, or leave it as if it was killed. */
  reboot(options: Partial<SessionsOptions> = {}): Sessions {
    Object.assign(this.#options, options);
    this.sessions = this.#make();
    return this.sessions;
  }

  async tenant(): Promise<TenantId> {
    const id = newId('tnt', Date.now());
    await this.db.write(async (tx) => {
      await tx.sql('tenants').insert({ id, name: id, created_at: 0, updated_at: 0 });
    });
    return id;
  }

  async events(tenantId: TenantId, type: string) {
    const page = await this.ledger.page(tenantId, { limit: 1_000, types: [type] });
    return (page?.events ?? []).map((event) => JSON.parse(event.json));
  }

  /** `from → to (reason)` of each change of status, oldest first. */
  async statuses(tenantId: TenantId): Promise<string[]> {
    const events = await this.events(tenantId, 'session.status');
    return events.map(({ to, reason }) => (reason ? `${to} (${reason})` : to));
  }

  async dispose(): Promise<void> {
    await this.sessions.stop();
    await this.#database.dispose();
    for (const directory of [this.tokensDir, this.copiesDir]) await rm(directory, { recursive: true, force: true });
  }

  #make(): Sessions {
    const ports: SessionPorts = {
      ledger: this.ledger,
      inbound: {
        take: async (session, told, mark) => {
          if (this.inboxError) throw this.inboxError;
          for (const one of told) {
            if ('notice' in one) this.noticed.push(one.notice);
            else this.received.push({ session, message: one.message });
          }
          await this.db.write((tx) => this.sessions.touchInbound(tx, session.id, lastOf(told) ?? this.runtime.clock.now(), mark));
        },
      },
      setAside: async (_session, aside) => void this.aside.push(aside),
      outbound: {
        ack: async (_session, ack) => void this.acks.push(ack),
        rescheduleLane: async (_tx, session) => void this.reconsidered.push(session.id),
        engineIdOf: async (_session, id) => this.engineIds.get(id) ?? null,
      },
      keepScreenshot: async (session, picture) => {
        if (this.mediaError) throw this.mediaError;
        this.screenshots.push({ session, picture });
        return newId('med', this.runtime.clock.now());
      },
      onDestroy: async (tx, session) => tx.afterCommit(() => this.destroyed.push(session)),
    };
    const engines = { sandbox: sandboxEngine };
    return new Sessions(this.runtime, this.db, ports, {
      engines,
      defaultEngine: 'sandbox',
      tokensDir: this.tokensDir,
      secretKey: SECRET_KEY,
      loginCopies: { directory: this.copiesDir, keep: 2 },
      answerWithin: PATIENCE,
      ...this.#options,
    });
  }
}

export async function makeRoom({
  dialect = 'sqlite',
  runtime = testRuntime(),
  ...options
}: { dialect?: DialectName; runtime?: Runtime } & Partial<SessionsOptions> = {}): Promise<Room> {
  const tokensDir = await mkdtemp(join(tmpdir(), 'hookline-tokens-'));
  return new Room(await testDatabase(dialect), tokensDir, runtime, options);
}

const lastOf = (told: readonly Told[]): number | undefined =>
  told.flatMap((one) => ('message' in one ? [one.message.timestamp] : [])).at(-1);
