/** What a reader that does not read costs the hub, and how it ends. The ledger is one that never does. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { type ClientOptions, WebSocket } from 'ws';
import type { LedgerEvent } from '../../../src/core/events.ts';
import type { EventId, TenantId } from '../../../src/core/ids.ts';
import { type Clock, systemClock } from '../../../src/core/runtime.ts';
import { eventHandlers } from '../../../src/http/handlers/events.ts';
import { OpenStreams } from '../../../src/http/live/open-streams.ts';
import { EventSockets } from '../../../src/http/live/websocket.ts';
import { under } from '../../../src/http/route.ts';
import { httpApp, listen } from '../../../src/http/server.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { until } from '../../helpers/hub.ts';
import { NO_UPLOADS } from '../../helpers/media.ts';
import { FakeClock, testRuntime } from '../../helpers/runtime.ts';

const PATIENCE = 400;
const SIZE = 10_000;
const TENANT = 'tnt_1' as TenantId;

/** A hub whose ledger gives as many events of 10 kB as are asked for, fails after so many, or stays silent. */
async function serve(
  t: ExecutionContext,
  { failAfter = Number.POSITIVE_INFINITY, silent = false, patience = PATIENCE, clock = systemClock as Clock } = {},
) {
  const runtime = testRuntime({ clock });
  const asked = { count: 0 };
  const holder = { asked: 0, failing: false, revoked: false };
  async function* endless(signal: AbortSignal): AsyncGenerator<LedgerEvent> {
    if (silent) await once(signal, 'abort');
    for (let position = 1; !signal.aborted; position++) {
      if (position > failAfter) throw new Error('no such table: events');
      asked.count++;
      yield {
        ...{ position, id: `evt_${position}` as EventId, type: 'custom.note', at: 0, tenantId: TENANT },
        ...{ sessionId: null, sessionName: null, seq: position, json: JSON.stringify('x'.repeat(SIZE)) },
      };
      // As a read of the table does: others have their turn.
      await new Promise(setImmediate);
    }
  }
  const keys = {
    async authenticate() {
      holder.asked++;
      if (holder.failing) throw new Error('the database is locked');
      return holder.revoked ? null : ({ kind: 'tenant', tenantId: TENANT, keyId: 'key_1', scopes: ['events:read'] } as never);
    },
    onRevoke: () => () => undefined,
  };
  const streams = new OpenStreams({ patience, keys, runtime });
  const sockets = new EventSockets(streams, { allowedOrigins: [], runtime });
  const ledger = { subscribe: async () => ({ follow: endless, gap: null }) } as unknown as Ledger;
  const events = eventHandlers(ledger, async () => ({ id: 'ses_1' as never }), {
    ...{ streams, sockets },
    allowanceOf: async () => ({ limit: null, elsewhere: 0 }),
  });
  const root = under('');
  const routes = [
    root('events:read', 'GET', '/api/events', 200, 'SSE', (request) => events.list({ ...request, query: { limit: 1, order: 'asc' } })),
    root('events:read', 'GET', '/api/events/ws', 101, 'WebSocket', (request) => events.connect({ ...request, query: {} })),
  ];
  const app = httpApp({ routes, runtime, keys, tenants: { named: async (id) => id as never }, bodyLimit: 1_000, uploads: NO_UPLOADS });
  const front = await listen(app, { host: '127.0.0.1', port: 0, log: runtime.log });
  t.teardown(async () => {
    streams.close();
    await front.close(0);
  });
  return { asked, holder, log: runtime.log, port: front.port };
}

/** Resolves when nothing more is asked of the ledger, with how much was. */
async function stalled(asked: { count: number }): Promise<number> {
  let [before, same] = [-1, 0];
  await until(
    () => {
      same = asked.count === before && before > 0 ? same + 1 : 0;
      before = asked.count;
      return same >= 5;
    },
    { what: 'the hub to ask for no more', every: 20 },
  );
  return before;
}

async function openSse(port: number): Promise<IncomingMessage> {
  const asking = request(`http://127.0.0.1:${port}/api/events`, { headers: { 'x-api-key': 'k', accept: 'text/event-stream' } }).end();
  const [response] = await once(asking, 'response');
  return response;
}

async function openSocket(port: number, { received = [], ...options }: ClientOptions & { received?: string[] } = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events/ws`, { headers: { 'x-api-key': 'k' }, ...options });
  // The first messages may come in one packet with the handshake.
  socket.on('message', (data) => received.push(JSON.parse(data.toString()).id));
  await once(socket, 'open');
  return socket;
}

async function pong(socket: WebSocket): Promise<void> {
  const answer = once(socket, 'pong');
  socket.ping();
  await answer;
}

/** What the kernel holds for the two ends of a connection is not the hub's memory. */
const KERNEL = 16_000_000;

const upTo = (count: number): string[] => Array.from({ length: count }, (_, index) => `evt_${index + 1}`);

const givenUp = (log: ReturnType<typeof testRuntime>['log']): Promise<true> =>
  until(() => log.lines.some(({ message }) => message.includes('Read too slowly')), { what: 'the hub to give up waiting' });

test('WebSocket: a reader that stalls is waited for, then closed with the id to resume after', async (t) => {
  const { asked, log, port } = await serve(t);
  const received: string[] = [];
  const socket = await openSocket(port, { received });
  socket.pause();
  const closed = once(socket, 'close');
  t.true((await stalled(asked)) * SIZE < KERNEL, 'what is not read is not asked for');
  await givenUp(log);
  socket.resume();
  const [code, reason] = await closed;
  t.is(code, 1013);
  t.is(reason.toString(), `Read too slowly; resume after ${received.at(-1)}`);
  t.deepEqual(received, upTo(asked.count), 'up to there nothing is missing');
});

test('Server-Sent Events: a reader that stalls is waited for, then told where to resume', async (t) => {
  const { asked, log, port } = await serve(t);
  const response = await openSse(port);
  t.true((await stalled(asked)) * SIZE < KERNEL, 'what is not read is not asked for');
  await givenUp(log);
  const blocks = (await text(response)).trimEnd().split('\n\n');
  t.is(blocks.at(-1), `: Read too slowly; resume after evt_${asked.count}`);
  const received = blocks.filter((block) => !block.startsWith(':')).map((block) => block.slice('id: '.length, block.indexOf('\n')));
  t.deepEqual(received, upTo(asked.count), 'up to there nothing is missing');
});

test('a reader that never reads again is cut off', async (t) => {
  const { asked, log, port } = await serve(t);
  const response = await openSse(port);
  await stalled(asked);
  await givenUp(log);
  // The hub waits some seconds for the rest to be taken. The buffers of the kernel are all that then still comes.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await t.throwsAsync(text(response), { message: 'aborted' });
});

test('a reader that is slow but reads is served on', async (t) => {
  const { asked, log, port } = await serve(t, { patience: 60_000 });
  const socket = await openSocket(port);
  for (let round = 0; round < 4; round++) {
    socket.pause();
    const before = await stalled(asked);
    socket.resume();
    await until(() => asked.count > before + 100, { what: 'the hub to go on' });
  }
  t.false(log.lines.some(({ message }) => message.includes('stream ended')));
  socket.terminate();
});

test('a peer that answers no ping is cut off, and makes room', async (t) => {
  const clock = new FakeClock();
  const { port } = await serve(t, { clock, silent: true });
  const [dead, alive] = [await openSocket(port, { autoPong: false }), await openSocket(port)];
  let pings = 0;
  const closed = once(dead, 'close');
  for (const socket of [dead, alive]) socket.on('ping', () => pings++);
  clock.advance(15_000);
  await until(() => pings === 2, { what: 'the pings' });
  // The pong is read before the next message: whoever sent it is known to be alive.
  await pong(alive);
  clock.advance(15_000);
  t.is((await closed)[0], 1006);
  await until(() => pings === 3, { what: 'the next ping of the one that is alive' });
  t.is(alive.readyState, alive.OPEN);
  alive.terminate();
});

test('when the ledger cannot be read the reader is told to come back, with the id to resume after', async (t) => {
  const { log, port } = await serve(t, { failAfter: 3 });
  const socket = await openSocket(port);
  const [code, reason] = await once(socket, 'close');
  t.deepEqual([code, reason.toString()], [1011, 'The ledger could not be read; resume after evt_3']);
  const blocks = (await text(await openSse(port))).trimEnd().split('\n\n');
  t.is(blocks.at(-1), ': The ledger could not be read; resume after evt_3');
  t.is(log.lines.filter(({ level, fields }) => level === 'warn' && fields.error === 'no such table: events').length, 2);
});

test('a reader that leaves is forgotten: nothing more is read for it, and nothing is said', async (t) => {
  const { asked, log, port } = await serve(t);
  for (let round = 0; round < 5; round++) {
    const response = await openSse(port);
    const socket = await openSocket(port);
    await until(() => asked.count > 50, { what: 'some events' });
    response.destroy();
    socket.terminate();
    await until(() => log.lines.filter(({ message }) => message.includes('The reader left')).length === 2 * (round + 1), {
      what: 'the hub to notice',
    });
    await stalled(asked);
  }
  t.deepEqual(
    log.lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );
});

test('a key that lost its right otherwise is found out within 30 s; a database that does not answer ends nobody', async (t) => {
  const clock = new FakeClock();
  const { holder, log, port } = await serve(t, { clock, silent: true });
  const socket = await openSocket(port);
  const closed = once(socket, 'close');
  // In steps, or the hub would take the reader for dead, which must have answered one ping before the next.
  const halfMinute = async () => {
    for (let step = 0; step < 2; step++) {
      await pong(socket);
      clock.advance(15_000);
    }
  };
  holder.failing = true;
  await halfMinute();
  await until(() => log.lines.some(({ fields }) => fields.error === 'the database is locked'), { what: 'the first look' });
  await pong(socket);
  t.is(socket.readyState, socket.OPEN);
  holder.failing = false;
  holder.revoked = true;
  await halfMinute();
  t.is((await closed)[0], 1008);
});
