import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { exchange } from '../../src/egress/exchange.ts';
import { Guard } from '../../src/egress/guard.ts';
import { Pools } from '../../src/egress/pools.ts';
import { until } from '../helpers/hub.ts';
import { selfSigned } from '../whatsapp-web/certificate.ts';

const tenant = (number: number): TenantId => `tnt_${number}` as TenantId;

async function serve(t: ExecutionContext, server: http.Server = http.createServer()) {
  const sockets = new Set<object>();
  server.on('request', (_, response) => void setTimeout(() => response.end('ok'), 20));
  for (const what of ['connection', 'secureConnection']) server.on(what, (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function open(t: ExecutionContext, limits: ConstructorParameters<typeof Pools>[1] = {}) {
  const pools = new Pools(new Guard({ allow: ['127.0.0.0/8'] }), limits);
  t.teardown(() => pools.close());
  const ask = (tenantId: TenantId, url: string) =>
    exchange(new URL(url), pools.of(tenantId), { method: 'GET', headers: {}, deadline: 10_000, maxBytes: 100 });
  return { pools, ask };
}

test('a connection is used again by the tenant that opened it, and by no other', async (t) => {
  const { port, sockets } = await serve(t);
  const { ask } = open(t);
  for (let round = 0; round < 3; round++) for (const number of [1, 2, 3]) await ask(tenant(number), `http://127.0.0.1:${port}/`);
  t.is(sockets.size, 3);
});

test('what a tenant keeps open is bounded, and so is what all of them do; the oldest goes', async (t) => {
  const { port } = await serve(t);
  const { pools, ask } = open(t, { ofOne: 3, ofAll: 5 });
  const many = (number: number, count: number) =>
    Promise.all(Array.from({ length: count }, () => ask(tenant(number), `http://127.0.0.1:${port}/`)));
  await many(1, 10);
  await until(() => pools.size.idle === 3, { what: 'the share of one' });
  await many(2, 3);
  await until(() => pools.size.idle === 5, { what: 'the share of all' });
  await many(1, 1);
  t.true(pools.size.idle <= 5);
});

test('tenants who are gone cost nothing', async (t) => {
  const { port } = await serve(t);
  const { pools, ask } = open(t, { idle: 200 });
  for (let number = 0; number < 10_000; number++) pools.of(tenant(number));
  t.is(pools.size.pools, 10_000);
  await Promise.all(Array.from({ length: 50 }, (_, number) => ask(tenant(number), `http://127.0.0.1:${port}/`)));
  await until(() => pools.size.pools === 0, { what: 'the pools to be dropped', within: 20_000 });
  t.is(pools.size.idle, 0);
  t.like(await ask(tenant(1), `http://127.0.0.1:${port}/`), { status: 200 });
});

test('a TLS session is resumed by the tenant that made it, and by no other', async (t) => {
  const resumed: boolean[] = [];
  const server = https.createServer(selfSigned());
  server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()));
  const { port } = await serve(t, server);
  const { pools } = open(t);
  const ask = (tenantId: TenantId): Promise<void> =>
    new Promise((resolve, reject) => {
      // A connection for each request, so that there is something to resume.
      const { https: agent } = pools.of(tenantId);
      const options = { agent, rejectUnauthorized: false, maxVersion: 'TLSv1.2' as const, headers: { connection: 'close' } };
      https.get(`https://127.0.0.1:${port}/`, options, (answer) => answer.resume().on('end', resolve)).on('error', reject);
    });
  for (const number of [1, 1, 2]) await ask(tenant(number));
  t.deepEqual(resumed, [false, true, false]);
});
