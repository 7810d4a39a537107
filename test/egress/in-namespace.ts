/**
 * Runs where every address is this machine's own (test/helpers/requirements.ts), so that one listener sees whatever is
 * connected to. Tries hosts with and without the guard, and prints what became of it and what arrived.
 */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TenantId } from '../../src/core/ids.ts';
import { createEgress, type Egress } from '../../src/egress/client.ts';
import type { GuardOptions } from '../../src/egress/guard.ts';

export interface Seen {
  /** A status, or why there is none. */
  outcome: number | string;
  /** The addresses at which a connection arrived meanwhile. */
  connections: string[];
  /** As many requests arrived meanwhile, over new connections or kept ones. */
  requests: number;
}

export interface Report {
  unguarded: Record<string, Seen>;
  guarded: Record<string, Seen>;
  scenarios: Record<string, Seen[]>;
}

const TENANT = 'tnt_a' as TenantId;
let connections: string[] = [];
let requests = 0;
const listener = http.createServer(({ url }, response) => {
  requests++;
  if (url === '/redirect') response.writeHead(307, { location: at('169.254.169.254') });
  else response.statusCode = 204;
  response.end();
});
listener.on('connection', ({ localAddress }) => connections.push(String(localAddress).replace(/^::ffff:(?=[\d.]+$)/, '')));
listener.listen(0, '::');
await once(listener, 'listening');
const { port } = listener.address() as AddressInfo;

const at = (host: string, { scheme = 'http', path = '/' } = {}): string => `${scheme}://${host}:${port}${path}`;

/** Connections to an address are accepted in the order in which they were begun: the last one here is its own, and is left out. */
async function seen(act: () => Promise<number | string>): Promise<Seen> {
  connections = [];
  requests = 0;
  const outcome = await act();
  const before = requests;
  await unguarded('127.0.0.9', false);
  return { outcome, connections: connections.slice(0, -1), requests: before };
}

/** `keep`: the connection stays open in the pool that all of the process shares. */
function unguarded(host: string, keep: boolean): Promise<number | string> {
  return new Promise((resolve) => {
    http
      .get(at(host), { agent: keep ? http.globalAgent : false }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      })
      .on('error', ({ message }) => resolve(message));
  });
}

async function request(egress: Egress, url: string): Promise<number | string> {
  const answer = await egress.request({ tenantId: TENANT, method: 'POST', url, headers: {}, body: '{}', deadline: 5_000 });
  return 'error' in answer ? answer.error : answer.status;
}

function save(egress: Egress, url: string): Promise<string> {
  return egress.check(TENANT, url).then(
    () => 'saved',
    ({ code }) => code,
  );
}

/** A name whose addresses are, at each lookup, the next of these; the last ones stay. */
function answering(...answers: string[][]): GuardOptions['resolve'] {
  return async () => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    return (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
}

const scenarios: Record<string, () => Promise<Seen[]>> = {
  async public() {
    const egress = createEgress();
    return [await seen(() => request(egress, at('8.8.8.8'))), await seen(() => request(egress, at('[2606:4700:4700::1111]')))];
  },
  async allowed() {
    const egress = createEgress({ allow: ['10.1.0.0/16', 'fd00:1::/32'] });
    const hosts = ['10.1.2.3', '[fd00:1::5]', '10.2.0.1', '[::ffff:10.1.2.3]'];
    const all = [];
    for (const host of hosts) all.push(await seen(() => request(egress, at(host))));
    return all;
  },
  async redirect() {
    return [await seen(() => request(createEgress(), at('8.8.8.8', { path: '/redirect' })))];
  },
  async rebinding() {
    const egress = createEgress({ resolve: answering(['8.8.8.8'], ['169.254.169.254']) });
    const url = at('rebinding.example.com');
    return [await seen(() => save(egress, url)), await seen(() => request(egress, url))];
  },
  /** What was checked is connected to: the second answer is never asked for. */
  async rebindingAfterTheCheck() {
    return [await seen(() => request(createEgress({ resolve: answering(['8.8.8.8'], ['127.0.0.1']) }), at('rebinding.example.com')))];
  },
  async mixed() {
    return [await seen(() => request(createEgress({ resolve: answering(['127.0.0.1', '::1', '8.8.8.8']) }), at('mixed.example.com')))];
  },
  async pooledByOthers() {
    const open = createEgress({ allow: ['10.0.0.0/8'] });
    const strict = createEgress();
    const url = at('10.0.0.5');
    await unguarded('10.0.0.5', true);
    return [await seen(() => request(open, url)), await seen(() => request(open, url)), await seen(() => request(strict, url))];
  },
  /** A name that turns inside while a connection to where it was is kept. */
  async pooledThenRebound() {
    const egress = createEgress({ resolve: answering(['8.8.8.8'], ['10.0.0.5']) });
    const url = at('pooled.example.com');
    const kept = [await seen(() => request(egress, url)), await seen(() => request(egress, url))];
    egress.close();
    return [...kept, await seen(() => request(egress, url))];
  },
};

const hosts = JSON.parse(process.argv[2] ?? '[]') as string[];
const report: Report = { unguarded: {}, guarded: {}, scenarios: {} };
const strict = createEgress();
for (const host of hosts) {
  report.unguarded[host] = await seen(() => unguarded(host, false));
  for (const scheme of ['http', 'https']) {
    const url = at(host, { scheme });
    report.guarded[`${scheme}://${host}`] = await seen(() => request(strict, url));
    report.guarded[`${scheme}://${host} when saved`] = await seen(() => save(strict, url));
  }
}
for (const [name, run] of Object.entries(scenarios)) report.scenarios[name] = await run();
process.stdout.write(JSON.stringify(report), () => process.exit());
