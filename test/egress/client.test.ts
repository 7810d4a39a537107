import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { createEgress, type EgressRequest } from '../../src/egress/client.ts';
import type { GuardOptions } from '../../src/egress/guard.ts';

const TENANT = 'tnt_a' as TenantId;
const LOOPBACK = { allow: ['127.0.0.0/8'] };

async function startServer(
  t: ExecutionContext,
  listener: RequestListener,
): Promise<{ port: number; connections: () => number; closeIdle(): void }> {
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections, closeIdle: () => server.closeIdleConnections() };
}

function client(
  t: ExecutionContext,
  options: GuardOptions,
): (url: string, more?: Partial<EgressRequest>) => ReturnType<ReturnType<typeof createEgress>['request']> {
  const egress = createEgress(options);
  t.teardown(() => egress.close());
  return (url, more) => egress.request({ tenantId: TENANT, method: 'POST', url, headers: {}, body: 'hello', deadline: 5_000, ...more });
}

test('an answer of any status is an answer', async (t) => {
  const { port } = await startServer(t, (request, response) => void response.writeHead(418, { 'x-tea': 'yes' }).end(request.method));
  const answer = await client(t, LOOPBACK)(`http://127.0.0.1:${port}/`);
  t.like(answer, { status: 418, headers: { 'x-tea': 'yes' }, body: Buffer.from('POST'), cut: false });
});

test('a connection is kept and used again', async (t) => {
  const server = await startServer(t, (_, response) => void response.end());
  const request = client(t, LOOPBACK);
  for (let i = 0; i < 5; i++) t.like(await request(`http://127.0.0.1:${server.port}/`), { status: 200 });
  t.is(server.connections(), 1);
});

test('an address that is not allowed is not connected to, whether it stands in the URL or behind a name', async (t) => {
  const server = await startServer(t, (_, response) => void response.end());
  const request = client(t, { resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
  for (const host of ['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]', 'innocent.example.com']) {
    for (const scheme of ['http', 'https']) t.like(await request(`${scheme}://${host}:${server.port}/`), { error: 'blocked' }, host);
  }
  t.is(server.connections(), 0);
});

test('a name that turns inside after it was saved is blocked when it is connected to', async (t) => {
  const server = await startServer(t, (_, response) => void response.end());
  const answers = ['93.184.215.14', '127.0.0.1'];
  const egress = createEgress({ resolve: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }] });
  t.teardown(() => egress.close());
  const url = `http://rebinding.example.com:${server.port}/`;
  await t.notThrowsAsync(egress.check(TENANT, url));
  t.like(await egress.request({ tenantId: TENANT, method: 'POST', url, headers: {}, deadline: 5_000 }), { error: 'blocked' });
  t.is(server.connections(), 0);
});

test('what is connected to is the address that was checked: there is no second lookup', async (t) => {
  const server = await startServer(t, (_, response) => void response.end());
  let lookups = 0;
  const request = client(t, { ...LOOPBACK, resolve: async () => [{ address: ++lookups === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }] });
  t.like(await request(`http://once.example.com:${server.port}/`), { status: 200 });
  t.is(lookups, 1);
});

test('a connection that others keep open to an inner address is of no use to a guarded request', async (t) => {
  const server = await startServer(t, (_, response) => void response.end());
  const open = client(t, LOOPBACK);
  t.like(await open(`http://127.0.0.1:${server.port}/`), { status: 200 });
  await (await fetch(`http://127.0.0.1:${server.port}/`)).text();
  const before = server.connections();
  t.like(await client(t, {})(`http://127.0.0.1:${server.port}/`), { error: 'blocked' });
  t.is(server.connections(), before);
});

test('a redirect to an inner address is handed back, not followed', async (t) => {
  const server = await startServer(t, (_, response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end());
  t.like(await client(t, LOOPBACK)(`http://127.0.0.1:${server.port}/`), { status: 307 });
});

test('a body is read up to the limit: cut, or refused where the whole is asked for', async (t) => {
  const { port } = await startServer(t, (_, response) => void response.end(Buffer.alloc(100_000, 'x')));
  const request = client(t, LOOPBACK);
  const url = `http://127.0.0.1:${port}/`;
  const cut = await request(url);
  t.like(cut, { status: 200, cut: true });
  t.is('body' in cut && cut.body.length, 65_536);
  t.like(await request(url, { whole: true }), { error: 'too-large' });
  t.like(await request(url, { whole: true, maxBytes: 100_000 }), { status: 200, cut: false });
});

/** Writes these bytes in answer to each connection, and then `after` becomes of it. */
async function rawServer(t: ExecutionContext, bytes: string, after: 'stays' | 'ends'): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', () => {
      if (after === 'ends') socket.end(bytes);
      else socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const BROKEN = {
  'a body where none may be': {
    bytes: 'HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\n\r\n[]',
    status: 204,
    error: 'http',
    complete: true,
  },
  'more than was announced': {
    bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokay',
    status: 200,
    error: 'http',
    body: 'ok',
    complete: true,
  },
  'less than was announced': { bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', status: 200, error: 'connect', body: 'ok' },
  'chunks without an end': {
    bytes: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n',
    status: 200,
    error: 'connect',
    body: 'ok',
  },
  'a chunk that is none': {
    bytes: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n',
    status: 200,
    error: 'http',
    body: 'ok',
  },
} as const;
for (const [what, { bytes, status, error, ...rest }] of Object.entries(BROKEN)) {
  test(`a head that came is an answer, whatever then comes: ${what}`, async (t) => {
    const request = client(t, LOOPBACK);
    const url = await rawServer(t, bytes, 'ends');
    const answer = await request(url);
    t.like(answer, { status, body: Buffer.from('body' in rest ? rest.body : '') });
    t.is('broken' in answer ? answer.broken?.error : undefined, error);
    const whole = await request(url, { whole: true });
    if ('complete' in rest) t.like(whole, { status }, 'all of the body was there');
    else t.like(whole, { error }, 'where the body counts it is a failure');
  });
}

test('a body that does not end is broken off at the deadline, and its head is an answer', async (t) => {
  const url = await rawServer(t, 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', 'stays');
  const answer = await client(t, LOOPBACK)(url, { deadline: 300 });
  t.like(answer, { status: 200, body: Buffer.from('ok'), broken: { error: 'timeout' } });
});

test('a kept connection that was closed meanwhile is replaced where the request may be repeated', async (t) => {
  // Closes each connection at its second request without an answer, as a server whose keep-alive has just run out.
  const seen = new WeakSet<object>();
  const server = await startServer(t, (request, response) => {
    if (seen.has(request.socket)) request.socket.resetAndDestroy();
    else response.end();
    seen.add(request.socket);
  });
  const request = client(t, LOOPBACK);
  const url = `http://127.0.0.1:${server.port}/`;
  t.like(await request(url), { status: 200 });
  t.like(await request(url, { repeatable: true }), { status: 200 });
  t.is(server.connections(), 2);
  t.like(await request(url), { error: 'connect' });
});

test('a name without an address is told apart from a server that is not there', async (t) => {
  const noName = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example.com'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
  t.like(await client(t, { resolve: () => Promise.reject(noName) })('https://nowhere.example.com/'), { error: 'dns' });
  t.like(await client(t, LOOPBACK)('http://127.0.0.1:1/'), { error: 'connect' });
});

test('a name server that does not answer meets the deadline', async (t) => {
  // The deadline does not keep a process alive, and here nothing else does.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  t.like(await client(t, { resolve: () => new Promise(() => {}) })('https://slow.example.com/', { deadline: 200 }), { error: 'timeout' });
});
