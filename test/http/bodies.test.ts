import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { heldIn, underWatch } from '../helpers/held.ts';
import { type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';

const LARGE = 5_000_000;

let hub: Hub;
/** One that cuts nobody off before a test is through. */
let patient: Hub;
let directory: string;
test.before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hookline-bodies-'));
  const env = { HOOKLINE_MEDIA_IDLE_SECONDS: '2', HOOKLINE_MEDIA_TIMEOUT_SECONDS: '6', ...underWatch(directory) };
  [hub, patient] = await Promise.all([startHub({ env }), startHub()]);
});
test.after.always(async () => {
  await Promise.all([hub?.dispose(), patient?.dispose()]);
  await rm(directory, { recursive: true, force: true });
});

interface Begun {
  socket: Socket;
  /** All that was answered, once the connection is closed. */
  closed: Promise<string>;
  answer(): string;
}

/** A request whose body has begun, and does not go on by itself. */
function begin(key: string, path: string, { type = 'application/json', length = LARGE, body = '', to = hub, method = 'POST' } = {}): Begun {
  const socket = connect(to.port, '127.0.0.1');
  const framing = length < 0 ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${type}\r\n${framing}\r\n\r\n${body}`,
  );
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  return { socket, closed: once(socket, 'close').then(() => text), answer: () => text };
}

const BULK = { path: '/api/messages/bulk', type: 'application/json' };
const RESTORE = { path: '/api/sessions/shop/restore', type: 'application/octet-stream' };
const UPLOAD = { path: '/api/media', type: 'image/png' };
const FORM = { path: '/api/media', type: 'multipart/form-data; boundary=x' };

test.serial(
  'of one tenant two large bodies come at once; the third is 429 before any of it is read, whatever route it is for',
  async (t) => {
    const [tenant, other] = [await patient.tenant(), await patient.tenant()];
    await tenant.call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
    const held = [begin(tenant.key, BULK.path, { to: patient }), begin(tenant.key, UPLOAD.path, { ...UPLOAD, body: 'x', to: patient })];
    for (const { path, type } of [BULK, RESTORE, UPLOAD, FORM]) {
      for (const length of [LARGE, -1]) {
        const refused = begin(tenant.key, path, { type, length, to: patient });
        await until(() => refused.answer().includes('\r\n\r\n'), { what: `an answer at ${path}` });
        t.regex(refused.answer(), /^HTTP\/1\.1 429 [\s\S]*\r\nRetry-After: \d+\r\n/i, path);
        t.regex(refused.answer(), /"code":"rate-limited"/);
        refused.socket.destroy();
      }
    }
    const small = await tenant.call('POST', '/api/sessions', { name: 'small', engine: 'sandbox', start: false });
    t.is(small.status, 201, 'small bodies need no place');
    t.is(
      (await other.call('POST', BULK.path, { messages: [{ text: 'x'.repeat(1_100_000) }] })).status,
      413,
      'and another tenant has its own',
    );
    for (const { socket } of held) socket.destroy();
    await until(async () => (await tenant.call('POST', BULK.path, { messages: [{}], pad: 'x'.repeat(1_100_000) })).status === 422, {
      what: 'the places to be given back',
    });
  },
);

test.serial('in the whole hub eight come at once', async (t) => {
  const tenants = await Promise.all(Array.from({ length: 5 }, () => patient.tenant()));
  const held = tenants.slice(0, 4).flatMap(({ key }) => [begin(key, BULK.path, { to: patient }), begin(key, BULK.path, { to: patient })]);
  const last = tenants[4] as (typeof tenants)[0];
  const large = () => last.call('POST', BULK.path, { messages: [{}], pad: 'x'.repeat(1_100_000) });
  // What a tenant asks afterwards waits behind what it asked before, so that all have their places then, and the ninth takes none of them.
  for (let round = 0; round < 3; round++) await Promise.all(tenants.map(({ call }) => call('GET', '/api/sessions')));
  await until(async () => (await large()).status === 429, { what: 'the hub to be full' });
  isProblem(t, await large(), 'the ninth', { status: 429, code: 'rate-limited' });
  t.is((await last.call('GET', '/api/sessions')).status, 200);
  for (const { socket } of held) socket.destroy();
  await until(async () => (await large()).status === 422, { what: 'a place' });
});

test.serial('what is left unread of a refused body is let go by, and a large one slowly, whoever refused it', async (t) => {
  const { key, call } = await patient.tenant();
  await linkedSandbox(call, 'shop');
  const length = 2 * 1_024 * 1_024;
  const refused = {
    'a key that is not known': begin('hlk_nobody', BULK.path, { length, to: patient }),
    'a path where there is nothing': begin(key, '/api/nothing', { length, to: patient }),
    'a route that takes no body': begin(key, '/api/webhooks', { length, to: patient, method: 'GET' }),
    'a body that announces too much': begin(key, '/api/sessions', { length, to: patient }),
    'bytes that are left in the middle': begin(key, RESTORE.path, { ...RESTORE, length, to: patient }),
  };
  const small = begin(key, RESTORE.path, { ...RESTORE, length: 900_000, to: patient });
  const from = performance.now();
  const send = async ({ socket, closed }: Begun, bytes: number): Promise<number> => {
    socket.write(Buffer.alloc(bytes, 'x'));
    socket.write('GET /health/live HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n');
    t.regex(await closed, /^HTTP\/1\.1 [245]\d\d [\s\S]*\r\n\r\n[\s\S]*HTTP\/1\.1 200 /);
    return performance.now() - from;
  };
  await send(small, 900_000);
  await Promise.all(
    Object.entries(refused).map(async ([what, begun]) => {
      const took = await send(begun, length);
      // 10 MiB in all, in pieces of 64 KiB with 8 ms between them, come to 1.3 s, and more on a busy machine; each alone to 0.3 s.
      t.true(took > 500, `${what}: ${took} ms`);
    }),
  );
});

test.serial('of large bodies that are let go by so many are on their way, and no more: who had the answer first is cut off', async (t) => {
  const length = 50 * 1_024 * 1_024;
  const refused: Begun[] = [];
  for (let number = 0; number < 24; number++) {
    const begun = begin('hlk_nobody', BULK.path, { length, to: patient });
    await until(() => begun.answer().includes('"code":"unauthorized"'), { what: 'the refusal' });
    refused.push(begun);
  }
  const open = () => refused.flatMap(({ socket }, number) => (socket.closed ? [] : [number]));
  await until(() => open().length <= 16, { what: 'connections to be closed' });
  t.deepEqual(
    open(),
    Array.from({ length: 16 }, (_, number) => 8 + number),
  );
  for (const { socket } of refused) socket.destroy();
});

test.serial('whoever stops in the middle of a body is answered 408 and let go, also of a small one', async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const stopped = [
    begin(key, '/api/sessions', { length: 1_000, body: '{"name":' }),
    begin(key, '/api/sessions', { length: -1, body: '3\r\n{"n\r\n' }),
    begin(key, '/api/flows/check', { type: 'application/yaml', length: 1_000, body: 'start:' }),
    begin(key, BULK.path, { body: '{"messages":[' }),
    begin(key, RESTORE.path, { ...RESTORE, length: -1, body: 'f\r\nhookline-backup\r\n' }),
  ];
  for (const { closed } of stopped) {
    const answer = await closed;
    t.regex(answer, /^HTTP\/1\.1 408 /);
    t.regex(answer, /"code":"request-timeout"/);
    t.regex(answer, /\r\nConnection: close\r\n/i);
  }
  t.is((await call('GET', '/api/sessions/shop')).json.status, 'connected');
});

test.serial('whoever sends a byte now and then is cut off when the whole takes too long', async (t) => {
  const { key } = await hub.tenant();
  const { socket, closed } = begin(key, '/api/sessions', { length: 1_000, body: '{' });
  const dripping = setInterval(() => socket.write(' '), 500);
  const answer = await closed;
  clearInterval(dripping);
  t.regex(answer, /^HTTP\/1\.1 408 /);
});

test.serial('a body that comes slowly but in time is taken', async (t) => {
  const { key } = await hub.tenant();
  const body = JSON.stringify({ name: 'slow', engine: 'sandbox', start: false });
  const { socket, answer } = begin(key, '/api/sessions', { length: body.length, body: body.slice(0, 10) });
  const rest = [...body.slice(10)];
  const dripping = setInterval(() => {
    const next = rest.splice(0, 15).join('');
    if (next) socket.write(next);
  }, 300);
  await until(() => answer().includes('\r\n\r\n'), { what: 'the answer' });
  clearInterval(dripping);
  t.regex(answer(), /^HTTP\/1\.1 201 /);
  // The time for a body is not the time between two requests.
  socket.write(`GET /health/live HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  t.regex(answer(), /HTTP\/1\.1 200 /);
});

test.serial('many values, and many messages, hold the hub up for nobody', async (t) => {
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const message = { session: 'shop', to: '5511988887777', type: 'text', text: 'x'.repeat(15_000) };
  for (const [what, body] of Object.entries({
    'many long messages': JSON.stringify({ messages: Array(1_000).fill(message) }),
    'many values': `{"messages":[${'{},'.repeat(5_000_000)}{}]}`,
    'many levels': `{"messages":${'['.repeat(500_000)}`,
  })) {
    const from = Date.now();
    await call('POST', BULK.path, body);
    // By the processor time of its thread: what holds it for seconds is what this is about.
    const longest = Math.max(0, ...heldIn(directory).flatMap(({ at, held }) => (at >= from ? [held] : [])));
    t.log(`${what}: ${Math.round(longest)} ms`);
    t.true(longest < 1_000, `${what}: ${longest} ms`);
  }
});
