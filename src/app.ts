import { SharedClock } from './cluster/shared-clock.ts';
import type { Config } from './config/load.ts';
import { newId } from './core/ids.ts';
import { type Logger, type Runtime, systemClock, systemRandom } from './core/runtime.ts';
import { createLogging } from './ops/logging.ts';
import { atMost, type Closer, closeAll } from './wiring/closing.ts';
import { openHttp } from './wiring/http.ts';
import { buildRooms, type Rooms } from './wiring/rooms.ts';
import { type NewKeys, startRooms } from './wiring/start.ts';
import { openStorage } from './wiring/storage.ts';

/** A hub that runs. Disposing of it stops accepting, finishes what is in flight and closes the browsers. */
export interface App extends AsyncDisposable {
  /** Where it listens; null when it was made to be embedded. */
  readonly url: string | null;
  readonly newKeys: NewKeys;
  readonly rooms: Rooms;
  readonly log: Logger;
  /** Resolves when the hub cannot go on (another one has taken its database), with why. Dispose of it then. */
  readonly lost: Promise<Error>;
}

export interface AppOverrides {
  runtime?: Partial<Runtime>;
  /** False: no HTTP, for code that embeds the hub. */
  listen?: boolean;
}

/**
 * Puts the house together and starts it. Rejects with what is wrong before anything is answered:
 * `data-directory-in-use`, `port-in-use`, `storage-unavailable`.
 */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const logging = createLogging(config.log);
  const { clock = systemClock, ...rest } = overrides.runtime ?? {};
  const nodeId = config.cluster ? newId('nod', clock.now()) : null;
  const log = nodeId ? logging.log.child({ node: nodeId }) : logging.log;
  const runtime: Runtime = { clock: nodeId ? new SharedClock(clock) : clock, random: systemRandom, log, ...rest };
  const opened: Closer[] = [() => logging.close()];
  const lost = Promise.withResolvers<Error>();
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined);
  try {
    const storage = await openStorage(config, runtime, { opened, onLost: lost.resolve, nodeId });
    const rooms = buildRooms(config, runtime, storage);
    const phase = { ready: false };
    const front =
      overrides.listen === false
        ? null
        : await openHttp(config, runtime, storage.db, rooms, { started: started.promise, phase, log: logging });
    const newKeys = await startRooms(config, rooms, runtime, opened).catch(async (error) => {
      await front?.close(0);
      throw error;
    });
    const grace = config.shutdownSeconds * 1_000;
    opened.push(() => atMost(grace, Promise.all([front?.close(grace), rooms.media.stop(), rooms.lanes.stop()])));
    // While requests are still answered, so that the others take over at once.
    opened.push(() => atMost(grace, rooms.cluster.handOver()));
    await storage.begun();
    phase.ready = true;
    started.resolve();
    let closing: Promise<void> | undefined;
    return {
      url: front && `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${front.port}`,
      newKeys,
      rooms,
      log: runtime.log,
      lost: lost.promise,
      [Symbol.asyncDispose]() {
        phase.ready = false;
        closing ??= closeAll(opened, runtime);
        return closing;
      },
    };
  } catch (error) {
    started.reject(error);
    await closeAll(opened, runtime);
    throw error;
  }
}
