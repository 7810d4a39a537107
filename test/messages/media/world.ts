/** A media library with everything real around it but the engine, and servers for it to fetch from. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { BlobStore } from '../../../src/blobs/blob-store.ts';
import { DiskStore } from '../../../src/blobs/disk-store.ts';
import { HooklineError } from '../../../src/core/errors.ts';
import { newId, type TenantId } from '../../../src/core/ids.ts';
import type { InboundMessage, MediaSource } from '../../../src/core/message.ts';
import { type Clock, systemClock } from '../../../src/core/runtime.ts';
import type { SessionRef } from '../../../src/core/session.ts';
import type { DialectName } from '../../../src/db/dialect.ts';
import type { Database } from '../../../src/db/open.ts';
import { LocalDispatcher } from '../../../src/dispatch/local.ts';
import { createEgress } from '../../../src/egress/client.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { MediaLibrary } from '../../../src/messages/media/library.ts';
import type { MediaSettings } from '../../../src/messages/media/media.ts';
import { messageStore } from '../../../src/messages/message/store.ts';
import { draftOfInbound } from '../../../src/messages/sends/draft.ts';
import { testDatabase } from '../../helpers/database.ts';
import { testRuntime } from '../../helpers/runtime.ts';
import { insertSession } from '../hub.ts';

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==',
  'base64',
);

export interface WorldOptions {
  dialect?: DialectName;
  clock?: Clock;
  settings?: Partial<MediaSettings>;
  deadline?: number;
  idle?: number;
  allow?: string[];
  /** A directory of its own when not given. */
  store?: BlobStore;
  isShared?: boolean;
}

export class World {
  readonly db: Database;
  readonly session: SessionRef;
  readonly tenantId: TenantId;
  readonly directory: string;
  readonly settings: MediaSettings;
  readonly runtime: ReturnType<typeof testRuntime>;
  readonly ledger: Ledger;
  readonly lanes: LocalDispatcher;
  readonly library: MediaLibrary;
  /** What the engine gives for each message; unset, the session is not connected. */
  fetchMedia: ((engineId: string) => Promise<AsyncIterable<Uint8Array>>) | null = async () => chunks(PNG);
  asked: string[] = [];

  constructor(db: Database, session: SessionRef, directory: string, { clock = systemClock, settings = {}, ...more }: WorldOptions) {
    const { deadline = 30_000, idle = 30_000, allow = ['127.0.0.0/8'], isShared = false } = more;
    const { store = new DiskStore(directory) } = more;
    this.db = db;
    this.session = session;
    this.tenantId = session.tenantId;
    this.directory = directory;
    this.settings = { maxBytes: 10_000_000, retentionDays: 30, quotaBytes: null, ...settings };
    this.runtime = testRuntime({ clock, random: () => 0.5 });
    this.ledger = new Ledger(db, this.runtime);
    this.lanes = new LocalDispatcher(db, this.runtime);
    const engine = {
      fetchMedia: async (engineId: string) => {
        this.asked.push(engineId);
        if (!this.fetchMedia) throw new HooklineError('session-not-connected', 'The session is not connected.');
        return this.fetchMedia(engineId);
      },
    };
    const sessions = { engineOf: () => (this.fetchMedia ? engine : null), ref: async () => session };
    const ports = {
      ledger: this.ledger,
      lanes: this.lanes,
      sessions,
      egress: createEgress({ allow }),
      settingsOf: async () => this.settings,
    };
    this.library = new MediaLibrary(db, ports, { ...this.runtime, store, isShared, deadline, idle });
    this.lanes.register('media', { concurrency: 8, pump: this.library.pump });
    this.ledger.follow('media', this.library.follow, ['session.status']);
  }

  async start(): Promise<this> {
    await this.library.start();
    this.ledger.start();
    await this.lanes.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.library.stop();
    await this.ledger.stop();
    await this.lanes.stop();
  }

  async drain(): Promise<void> {
    await this.ledger.drain();
    await this.lanes.drain();
  }

  /** As accepting a send does it. */
  async noted(source: MediaSource, tenantId = this.tenantId) {
    const prepared = await this.library.prepare(tenantId, source);
    return this.db.write((tx) => this.library.note(tx, tenantId, prepared));
  }

  /** As a route that takes files does it. */
  async uploaded(filename: string, ...parts: Uint8Array[]) {
    return this.library.add(this.tenantId, await this.library.keep(this.tenantId, { chunks: chunks(...parts) }), filename);
  }

  /** As the inbox does it; resolves with the media's row as it was announced. */
  async receives(media: InboundMessage['media'] = { mimetype: 'image/png' }, engineId = `false_1@c.us_${newId('msg', 0)}`) {
    const from = { id: '1@c.us', lid: null, phone: '1', name: null };
    const chat = { id: '1@c.us', kind: 'private' } as const;
    const inbound: InboundMessage = {
      engineId,
      fromMe: false,
      type: 'image',
      chat,
      from,
      to: '2@c.us',
      timestamp: 0,
      ...(media && { media }),
    };
    const message = draftOfInbound(this.session, inbound, this.runtime.clock.now());
    const view = await messageStore(this.db).transact(this.tenantId, async (messages, tx) => {
      await messages.insert(message);
      return this.library.expect(tx, this.session, message);
    });
    return { message, view };
  }

  /** The `data` of all events of a type. */
  async events(type: string): Promise<unknown[]> {
    const page = await this.ledger.page(this.tenantId, { limit: 1_000, types: [type] });
    return (page?.events ?? []).map(({ json }) => JSON.parse(json));
  }

  /** Every file below the directory, by its path in it. */
  async files(): Promise<string[]> {
    const found = await readdir(this.directory, { recursive: true, withFileTypes: true }).catch(() => []);
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(this.directory.length + 1));
  }
}

export async function openWorld(t: ExecutionContext, { dialect = 'sqlite', ...options }: WorldOptions = {}): Promise<World> {
  const { db, dispose } = await testDatabase(dialect);
  const home = await mkdtemp(join(tmpdir(), 'hookline-media-'));
  const world = await new World(db, await insertSession(db), join(home, 'media'), options).start();
  t.teardown(async () => {
    await world.stop();
    await dispose();
    await rm(home, { recursive: true, force: true });
  });
  return world;
}

export async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** So many bytes that are of no known type. */
export const noise = (size: number): Buffer => Buffer.concat([Buffer.from([0, 1, 2, 3]), randomBytes(size)]).subarray(0, size);

/** A server to fetch from; resolves with its URL, without a path. */
export async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
