/** What a tenant is told of what went wrong, and what only the operator is. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { createEgress } from '../../src/egress/client.ts';
import { testRuntime } from '../helpers/runtime.ts';

const [A, B] = ['tnt_a' as TenantId, 'tnt_b' as TenantId];
const INSIDE = [
  { address: '127.0.0.77', family: 4 },
  { address: '127.0.0.78', family: 4 },
];

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function details(t: ExecutionContext, resolve: () => Promise<typeof INSIDE>, answers: boolean) {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const port = answers ? (server.address() as { port: number }).port : await closedPort();
  const egress = createEgress({ allow: ['127.0.0.0/8'], resolve });
  t.teardown(() => egress.close());
  const url = `http://db.internal:${port}/`;
  const made = await egress.request({ tenantId: A, method: 'GET', url, headers: {}, deadline: 5_000 });
  const fetched = await egress.download({ tenantId: A, url, deadline: 5_000, idle: 5_000 });
  return [made, fetched].map((one) => ('error' in one ? `${one.error}: ${one.detail}` : 'an answer'));
}

test('no failure names an address that a name leads to', async (t) => {
  for (const [addresses, answers] of [
    [INSIDE, false],
    [INSIDE.slice(0, 1), false],
    [INSIDE.slice(0, 1), true],
  ] as const) {
    for (const detail of await details(t, async () => [...addresses], answers)) {
      t.regex(detail, /^connect: /);
      t.notRegex(detail, /127\.|\d{4}/, detail);
    }
  }
});

test('where a name leads inside, the operator is told once a while, and the tenant never', async (t) => {
  const { log } = testRuntime();
  const egress = createEgress({ resolve: async () => [{ address: '10.1.2.3', family: 4 }] }, log);
  t.teardown(() => egress.close());
  for (let turn = 0; turn < 3; turn++) {
    const error = await t.throwsAsync(egress.check(A, 'http://db.internal/'));
    t.notRegex(JSON.stringify([error?.message, (error as { errors?: unknown }).errors]), /10\.1/);
  }
  const answer = await egress.request({ tenantId: A, method: 'GET', url: 'http://db.internal/', headers: {}, deadline: 1_000 });
  t.like(answer, { error: 'blocked' });
  t.notRegex(JSON.stringify(answer), /10\.1/);
  for (let name = 0; name < 100; name++) await t.throwsAsync(egress.check(A, `http://db${name}.internal/`));
  await t.throwsAsync(egress.check(B, 'http://db.internal/'));
  const lines = log.lines.filter(({ message }) => message.includes('leads inside'));
  t.is(lines.length, 21, 'and no more than so many lines of one tenant, who hides no other');
  t.is(lines.at(-1)?.fields.tenant, B);
  t.like(lines[0]?.fields, { tenant: A, host: 'db.internal', addresses: '10.1.2.3' });
});
