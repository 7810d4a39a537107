import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { createEgress } from '../../src/egress/client.ts';
import { namesFor, parseSearchList } from '../../src/egress/names/search-list.ts';
import { Names, type NamesOptions } from '../../src/egress/names.ts';
import { type NameAnswer, startNameServer } from '../helpers/name-server.ts';

const [A, B] = ['tnt_a' as TenantId, 'tnt_b' as TenantId];
const SHOP = [{ address: '93.184.215.14', family: 4 }];

/** Names that only this server knows; `hosts` and `resolvConf` are files of the test's own. */
async function names(
  t: ExecutionContext,
  answer: (name: string, type: string) => NameAnswer | Promise<NameAnswer>,
  { hosts = '', resolvConf = '', ...options }: NamesOptions & { hosts?: string; resolvConf?: string } = {},
) {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-names-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const files = { hostsFile: join(directory, 'hosts'), resolvConf: join(directory, 'resolv.conf') };
  await writeFile(files.hostsFile, hosts);
  await writeFile(files.resolvConf, resolvConf);
  const server = await startNameServer(t, answer);
  return { ...server, files, names: new Names({ ...files, servers: [server.address], ...options }) };
}

test('a name has the addresses of both families, IPv4 first, and is asked anew each time', async (t) => {
  const { names: of, asked } = await names(t, (_, type) => (type === 'A' ? ['93.184.215.14'] : ['2606:2800:21f::7']));
  const both = [...SHOP, { address: '2606:2800:21f::7', family: 6 }];
  t.deepEqual(await of.resolve('Shop.Example', A), both);
  t.deepEqual(await of.resolve('shop.example', A), both);
  t.deepEqual(asked.toSorted(), ['A shop.example', 'A shop.example', 'AAAA shop.example', 'AAAA shop.example']);
});

test('a name server that never answers for one family costs little', async (t) => {
  const { names: of } = await names(t, (_, type) => (type === 'A' ? ['93.184.215.14'] : 'silence'));
  t.deepEqual(await of.resolve('shop.example', A), SHOP);
});

test('the hosts file comes first, as it is now, and localhost is this machine whatever anybody says', async (t) => {
  const hosts = '127.0.0.1 localhost\n10.0.0.5 Db db.internal # ours\nfd00::5 db\nnonsense x\n';
  const { names: of, asked, files } = await names(t, () => ['10.9.9.9'], { hosts });
  t.deepEqual(await of.resolve('db', A), [
    { address: '10.0.0.5', family: 4 },
    { address: 'fd00::5', family: 6 },
  ]);
  t.deepEqual(await of.resolve('DB.internal.', A), [{ address: '10.0.0.5', family: 4 }]);
  for (const name of ['localhost', 'LOCALHOST.', 'shop.localhost']) t.is((await of.resolve(name, A))[0]?.address, '127.0.0.1', name);
  t.deepEqual(asked, []);
  await writeFile(files.hostsFile, '10.0.0.77 db # moved');
  t.deepEqual(await of.resolve('db', A), [{ address: '10.0.0.77', family: 4 }]);
});

test('short names are found by the search list, as containers need it', async (t) => {
  const resolvConf = 'nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local\noptions ndots:5 edns0\n';
  const known: Record<string, string[]> = { 'n8n.default.svc.cluster.local': ['10.1.2.3'], 'shop.example': ['93.184.215.14'] };
  const { names: of, asked, files } = await names(t, (name) => known[name] ?? 'no such name', { resolvConf });
  t.deepEqual(await of.resolve('n8n', A), [{ address: '10.1.2.3', family: 4 }]);
  t.deepEqual(await of.resolve('shop.example', A), SHOP);
  t.deepEqual(
    asked.filter((question) => question.startsWith('A ')),
    ['A n8n.default.svc.cluster.local', 'A shop.example.default.svc.cluster.local', 'A shop.example.svc.cluster.local', 'A shop.example'],
  );
  await writeFile(files.resolvConf, 'search elsewhere');
  await t.throwsAsync(of.resolve('n8n', B), { message: 'The name "n8n" does not exist, or has no address' });
});

test('which names are asked for one', (t) => {
  const kubernetes = parseSearchList('search a.local b.local. ; ours\noptions ndots:5 timeout:1');
  t.deepEqual(namesFor('n8n', kubernetes), ['n8n.a.local', 'n8n.b.local', 'n8n']);
  t.deepEqual(namesFor('n8n.', kubernetes), ['n8n']);
  t.deepEqual(namesFor('a.b.c.d.e.f', kubernetes), ['a.b.c.d.e.f', 'a.b.c.d.e.f.a.local', 'a.b.c.d.e.f.b.local']);
  const docker = parseSearchList('nameserver 127.0.0.11\noptions ndots:0\n');
  t.deepEqual(namesFor('n8n', docker), ['n8n']);
  t.deepEqual(parseSearchList('domain x\nsearch y z'), { domains: ['y', 'z'], ndots: 1 });
});

test('a name that is not answered is given up in time, with a reason, and counts as such for a while', async (t) => {
  const { names: of, asked } = await names(t, () => 'silence', { deadline: 200, forgetAfter: 400 });
  const silent = { message: 'The name "slow.example" was not answered by the name server within 0.2 s' };
  await t.throwsAsync(of.resolve('slow.example', A), silent);
  const before = asked.length;
  await t.throwsAsync(of.resolve('slow.example', A), silent);
  t.is(asked.length, before, 'asked again at once');
  await t.throwsAsync(of.resolve('slow.example', B), silent);
  t.true(asked.length > before, 'what one tenant has asked is nothing to another');
  await new Promise((resolve) => setTimeout(resolve, 410));
  const later = asked.length;
  await t.throwsAsync(of.resolve('slow.example', A), silent);
  t.true(asked.length > later, 'forgotten after a while');
});

test('what a name server refuses to say is told apart from what does not exist', async (t) => {
  const { names: of } = await names(t, (name) => (name.startsWith('broken') ? 'failure' : 'no such name'));
  await t.throwsAsync(of.resolve('broken.example', A), { message: /could not be resolved \(ESERVFAIL\)/ });
  await t.throwsAsync(of.resolve('none.example', A), { message: /does not exist/ });
  await t.throwsAsync(of.resolve('x'.repeat(70), A), { message: /could not be resolved|does not exist/ });
});

test('slow names of one tenant hold up neither another one nor its own that have answered before', async (t) => {
  const { names: of, asked } = await names(t, (name) => (name.startsWith('slow') ? 'silence' : ['93.184.215.14']), { deadline: 1_000 });
  t.deepEqual(await of.resolve('good.example', A), SHOP);
  const slow = Array.from({ length: 60 }, (_, i) => of.resolve(`slow${i}.example`, A).catch((error: Error) => error.message));
  t.deepEqual(await Promise.all([of.resolve('good.example', B), of.resolve('good.example', A)]), [SHOP, SHOP]);
  const begun = new Set(asked.filter((question) => question.includes('slow')).map((question) => question.split(' ')[1]));
  t.true(begun.size <= 1, `${begun.size} at once`);
  const reasons = new Set((await Promise.all(slow)).map((reason) => String(reason).replace(/slow\d+/, 'slow')));
  t.deepEqual(
    [...reasons],
    [
      'The name "slow.example" was not answered by the name server within 1 s',
      'The name "slow.example" could not be asked for within 1 s: other names of this tenant are slow',
    ],
  );
});

test('the same name is asked once at a time for a tenant', async (t) => {
  const { names: of, asked } = await names(t, async () => ['93.184.215.14']);
  await Promise.all([of.resolve('shop.example', A), of.resolve('shop.example', A), of.resolve('shop.example', A)]);
  t.is(asked.filter((question) => question === 'A shop.example').length, 1);
});

test('saving a URL does not wait for a slow name, and using it says what was slow', async (t) => {
  const { names: of } = await names(t, () => 'silence');
  const egress = createEgress({ resolve: of.resolve });
  t.teardown(() => egress.close());
  const started = performance.now();
  await t.notThrowsAsync(egress.check(A, 'https://slow.example/'));
  const took = performance.now() - started;
  t.true(took > 900 && took < 8_000, `${took} ms`);
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  t.deepEqual(await egress.request({ tenantId: A, method: 'GET', url: 'https://slow.example/', headers: {}, deadline: 10_000 }), {
    error: 'dns',
    detail: 'The name "slow.example" was not answered by the name server within 3 s',
  });
});
