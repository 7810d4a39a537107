import { newId, type TenantId } from '../../src/core/ids.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { CopyDirectory } from '../../src/sessions/login/copy-directory.ts';
import { CopyTable } from '../../src/sessions/login/copy-table-store.ts';
import { LoginCopies } from '../../src/sessions/login/login-copies.ts';
import { Vault } from '../../src/sessions/login/vault.ts';
import type { Sessions } from '../../src/sessions/sessions.ts';
import { type Session, SystemSessionStore } from '../../src/sessions/store.ts';
import { Supervisor } from '../../src/sessions/supervision/supervisor.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { FakeEngine } from './fake-engine.ts';
import { makeRoom, type Room, SECRET_KEY } from './room.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const ACCOUNT = { phone: '5511900000000', pushName: 'Shop' };

/** One supervisor over a fake engine, real rows and a clock that the test moves. */
export class Stage {
  readonly clock = new FakeClock();
  readonly room: Room;
  readonly vault: Vault;
  readonly tenant: TenantId;
  supervisor: Supervisor;
  readonly copies: LoginCopies;
  readonly sessions: Sessions;
  /** Where full jitter falls: 0 is the floor, just below 1 the ceiling. */
  random = 0.5;
  /** Makes each write of a status fail while it is set. */
  storeError: Error | undefined;
  engine!: FakeEngine;

  /** By which a cluster has given the session to this process. */
  generation: number | undefined;
  /** Whether this process may run engines now. */
  mayRun = true;

  readonly #make: (stage: Stage, session: Session) => Supervisor;

  private constructor(room: Room, session: Session, make: (stage: Stage, session: Session) => Supervisor, travels: boolean) {
    this.room = room;
    this.sessions = room.sessions;
    this.tenant = session.tenantId;
    this.vault = new Vault(room.tokensDir, this.clock);
    const store = travels ? new CopyTable(room.db) : new CopyDirectory(room.copiesDir);
    const generationOf = () => this.generation;
    this.copies = new LoginCopies(this.vault, store, { keep: 2, key: SECRET_KEY, clock: this.clock, generationOf });
    this.#make = make;
    this.supervisor = make(this, session);
  }

  /** As another process makes it, from the row as it is now. */
  async again(): Promise<Supervisor> {
    const [session] = await readSessions(this.room);
    this.supervisor = this.#make(this, session as Session);
    return this.supervisor;
  }

  /** `travels`: copies of its login lie in the database. */
  static async set(engineHere = true, { travels = false } = {}): Promise<Stage> {
    const room = await makeRoom({ engines: { wppconnect: (context) => new FakeEngine(context) } });
    const tenant = await room.tenant();
    await room.sessions.create(tenant, { name: 'shop', engine: 'wppconnect', start: false });
    const [session] = await readSessions(room);
    if (!session) throw new Error('the row is missing');
    return new Stage(
      room,
      session,
      (stage, row) => {
        const runtime = testRuntime({ clock: stage.clock, random: () => stage.random });
        const ledger = new Ledger(room.db, runtime);
        const append: Ledger['append'] = async (tx, drafts) => {
          if (stage.storeError) throw stage.storeError;
          return ledger.append(tx, drafts);
        };
        const store = new SystemSessionStore(room.db, {
          ledger: { append },
          onDestroy: async () => undefined,
        });
        const wppconnect = (context: ConstructorParameters<typeof FakeEngine>[0]) => {
          stage.engine = new FakeEngine(context);
          return stage.engine;
        };
        return new Supervisor(row, {
          runtime,
          store,
          vault: stage.vault,
          copies: stage.copies,
          ports: {
            inbound: {
              take: async (ref, told, mark) => {
                if (room.inboxError) throw room.inboxError;
                for (const one of told) if ('message' in one) room.received.push({ session: ref, message: one.message });
                await room.db.write((tx) => store.touchInbound(tx, ref.id, stage.clock.now(), mark));
              },
            },
            setAside: async (_ref, aside) => void room.aside.push(aside),
            keepScreenshot: async (ref, picture) => {
              if (room.mediaError) throw room.mediaError;
              room.screenshots.push({ session: ref, picture });
              return newId('med', stage.clock.now());
            },
            outbound: { ack: async () => undefined, rescheduleLane: async () => undefined, engineIdOf: async () => null },
          },
          engines: engineHere ? { wppconnect } : {},
          mayRun: () => stage.mayRun,
          generationOf: () => stage.generation,
          inTurn: (_engine, _tenantId, start) => start(),
          options: { qrWindow: 5 * MINUTE, qrRounds: 3, watchdog: 30 * SECOND, memoryLimit: 1e9, copyEvery: 60 * MINUTE },
        });
      },
      travels,
    );
  }

  async advance(duration: number): Promise<void> {
    this.clock.advance(duration);
    await this.supervisor.settled();
  }

  async say(report: (host: FakeEngine['host']) => void): Promise<void> {
    report(this.engine.host);
    await this.supervisor.settled();
  }

  async open(): Promise<void> {
    await this.supervisor.connect();
    await this.say((host) => host.opened(ACCOUNT));
  }

  view() {
    return this.sessions.get(this.tenant, 'shop');
  }

  async status(): Promise<string> {
    return (await this.view()).status;
  }
}

async function readSessions(room: Room) {
  const rows = await room.db.sql('whatsapp_instances').select('id', 'tenant_id');
  const store = new SystemSessionStore(room.db, {
    ledger: room.ledger,
    onDestroy: async () => undefined,
  });
  await Promise.all(rows.map(({ id, tenant_id: tenantId }) => store.want({ id, tenantId }, 'started')));
  return store.unsettled();
}
