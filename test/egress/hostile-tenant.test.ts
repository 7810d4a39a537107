/** A tenant that means harm to its neighbour by names, headers and receivers, in a network in which every address answers. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { median } from '../../bench/process.ts';
import { findNetworkNamespace } from '../helpers/requirements.ts';
import type { HubReport } from './hub-in-namespace.ts';

const SECOND = 1_000;
const namespace = findNetworkNamespace();
const inNamespace = namespace ? test : test.skip;
let report: HubReport;

test.before(async (t) => {
  if (!namespace) return;
  t.timeout(170 * SECOND);
  const directory = await mkdtemp(join(tmpdir(), 'hookline-names-'));
  try {
    const names = join(directory, 'resolv.conf');
    await writeFile(names, 'nameserver 127.0.0.1\n');
    const [program = '', ...args] = namespace;
    const script = fileURLToPath(new URL('./hub-in-namespace.ts', import.meta.url));
    const mounted = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', names];
    const command = [...args, ...mounted, process.execPath, script];
    const { stdout } = await promisify(execFile)(program, command, { timeout: 160 * SECOND, maxBuffer: 1e8 });
    report = JSON.parse(stdout);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

inNamespace('names that nobody answers hold up nobody else', (t) => {
  const { deliveries, creations, asked } = report.besideDeadNames;
  t.true(asked >= 2);
  t.log(`delivered in ${deliveries} ms, alone in ${report.alone} ms; a webhook made in ${creations} ms; ${asked} questions`);
  t.true(median(deliveries) < SECOND, `delivered in ${deliveries} ms`);
  t.true(median(creations) < SECOND, `made in ${creations} ms`);
});

inNamespace('receivers that misbehave hold up nobody else', (t) => {
  const { deliveries, growth } = report.besideBadReceivers;
  t.log(`delivered in ${deliveries} ms; the hub grew by ${growth.toFixed(0)} MB`);
  t.true(median(deliveries) < SECOND, `delivered in ${deliveries} ms`);
  t.true(growth < 150, `grew by ${growth} MB`);
});

inNamespace('no refusal tells what a name inside leads to, and nothing arrives there', (t) => {
  const { texts, arrivedInside } = report.refusals;
  t.true(texts.length > 5);
  t.is(arrivedInside, 0);
  // What was written as an address is known to whoever wrote it.
  const told = texts.filter((text) => text.replace(/http:\/\/10\.0\.0\.5:\d+\/?/g, '').includes('10.0.0.5'));
  t.deepEqual(told, []);
});

inNamespace('no header of a tenant makes a request of its own, goes to another host, or takes what is a neighbour’s', (t) => {
  const { taken } = report;
  const byB = taken.filter(({ url }) => url.startsWith('/b/'));
  const byA = taken.filter(({ url }) => url.startsWith('/a/'));
  t.true(
    byB.some(({ url, body }) => url === '/b/fine' && body === 'x'),
    'a request that means no harm arrives',
  );
  t.deepEqual(
    taken.filter(({ url }) => url.includes('stolen')),
    [],
  );
  t.deepEqual(
    byB.filter(({ host }) => !host.startsWith('shared.test:') && !host.startsWith('rebind.test:')),
    [],
  );
  t.deepEqual(
    byB.filter(({ body, secret }) => body.includes('SECRET-OF-A') || secret !== null),
    [],
  );
  for (const { url, secret, body } of byA.filter((one) => one.url === '/a/hook')) {
    t.is(secret, 'Bearer SECRET-OF-A', url);
    t.is(JSON.parse(body).type, 'message.received');
  }
  const shared = new Set(byA.map(({ socket }) => socket));
  t.deepEqual(
    byB.filter(({ socket }) => shared.has(socket)).map(({ url }) => url),
    [],
    'no connection is shared',
  );
});
