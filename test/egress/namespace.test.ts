/**
 * The guard against a network in which every address answers: the metadata service, the neighbours, the public internet.
 * That an inner address is blocked means here that nothing arrives there, and that without the guard something would.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { findNetworkNamespace } from '../helpers/requirements.ts';
import type { Report, Seen } from './in-namespace.ts';

/** As it is written in the URL, and where that leads. */
const INNER = {
  '127.0.0.1': '127.0.0.1',
  '127.1': '127.0.0.1',
  '2130706433': '127.0.0.1',
  '0177.0.0.1': '127.0.0.1',
  '017700000001': '127.0.0.1',
  '0x7f000001': '127.0.0.1',
  '0x7f.1': '127.0.0.1',
  '%31%32%37.0.0.1': '127.0.0.1',
  '①②⑦.0.0.1': '127.0.0.1',
  '１２７。０。０。１': '127.0.0.1',
  '0': '127.0.0.1',
  '0x0': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '[::]': '::1',
  '[::1]': '::1',
  '[::ffff:127.0.0.1]': '127.0.0.1',
  '[::ffff:a9fe:a9fe]': '169.254.169.254',
  '[::127.0.0.1]': '::127.0.0.1',
  '[::ffff:0:127.0.0.1]': '::ffff:0:7f00:1',
  '[64:ff9b::127.0.0.1]': '64:ff9b::7f00:1',
  '[64:ff9b::a9fe:a9fe]': '64:ff9b::a9fe:a9fe',
  '[64:ff9b:1::1]': '64:ff9b:1::1',
  '[2002:7f00:1::]': '2002:7f00:1::',
  '[2001:0:53aa:64c:0:0:7f00:1]': '2001:0:53aa:64c::7f00:1',
  '169.254.169.254': '169.254.169.254',
  '0xa9fea9fe': '169.254.169.254',
  '2852039166': '169.254.169.254',
  '169.254.170.2': '169.254.170.2',
  '100.100.100.200': '100.100.100.200',
  '168.63.129.16': '168.63.129.16',
  '192.0.0.192': '192.0.0.192',
  '[fd00:ec2::254]': 'fd00:ec2::254',
  '10.0.0.5': '10.0.0.5',
  '172.16.0.1': '172.16.0.1',
  '192.168.1.1': '192.168.1.1',
  '198.18.0.1': '198.18.0.1',
  '240.0.0.1': '240.0.0.1',
  '[fc00::1]': 'fc00::1',
  '[2001:db8::1]': '2001:db8::1',
  '[4000::1]': '4000::1',
  localhost: '::1',
};

const namespace = findNetworkNamespace();
const inNamespace = namespace ? test : test.skip;
let report: Report;

test.before(async () => {
  if (!namespace) return;
  const [program = '', ...args] = namespace;
  const script = fileURLToPath(new URL('./in-namespace.ts', import.meta.url));
  const command = [...args, process.execPath, script, JSON.stringify(Object.keys(INNER))];
  const { stdout } = await promisify(execFile)(program, command, { timeout: 60_000, maxBuffer: 1e7 });
  report = JSON.parse(stdout);
});

const nothing = (outcome: string): Seen => ({ outcome, connections: [], requests: 0 });
const arrived = (address: string, outcome = 204): Seen => ({ outcome, connections: [address], requests: 1 });

inNamespace('no spelling of an inner address is connected to, though each of them answers', (t) => {
  for (const [host, address] of Object.entries(INNER)) {
    const { outcome, connections } = report.unguarded[host] ?? nothing('not tried');
    t.is(outcome, 204, `${host} without the guard`);
    if (host !== 'localhost') t.deepEqual(connections, [address], `${host} without the guard`);
    for (const scheme of ['http', 'https']) {
      t.deepEqual(report.guarded[`${scheme}://${host}`], nothing('blocked'), `${scheme}://${host}`);
      t.deepEqual(report.guarded[`${scheme}://${host} when saved`], nothing('url-forbidden'), `${scheme}://${host}`);
    }
  }
  const tries = Object.values(report.guarded);
  t.log(`${tries.length} guarded tries of ${Object.keys(INNER).length} spellings, ${tries.flatMap((s) => s.connections).length} arrived`);
});

inNamespace('what is public or allowed is connected to, and nothing beside it', (t) => {
  t.deepEqual(report.scenarios.public, [arrived('8.8.8.8'), arrived('2606:4700:4700::1111')]);
  t.deepEqual(report.scenarios.allowed, [arrived('10.1.2.3'), arrived('fd00:1::5'), nothing('blocked'), nothing('blocked')]);
  t.deepEqual(report.scenarios.mixed, [arrived('8.8.8.8')]);
});

inNamespace('a redirect of a public receiver to the metadata service leads nowhere', (t) => {
  t.deepEqual(report.scenarios.redirect, [arrived('8.8.8.8', 307)]);
});

inNamespace('a name that turns inside, before or after it is checked, leads nowhere', (t) => {
  t.deepEqual(report.scenarios.rebinding, [nothing('saved'), nothing('blocked')]);
  t.deepEqual(report.scenarios.rebindingAfterTheCheck, [arrived('8.8.8.8')]);
});

inNamespace('a connection that is kept open is no way in', (t) => {
  const overTheKept: Seen = { outcome: 204, connections: [], requests: 1 };
  t.deepEqual(report.scenarios.pooledByOthers, [arrived('10.0.0.5'), overTheKept, nothing('blocked')]);
  t.deepEqual(report.scenarios.pooledThenRebound, [arrived('8.8.8.8'), overTheKept, nothing('blocked')]);
});
