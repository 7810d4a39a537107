/** What an operator copies: it names what there is, and nothing else. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { configKeys } from '../../src/config/keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { Metrics } from '../../src/ops/metrics.ts';
import { ROOT } from '../helpers/hub.ts';
import { memoryLogger } from '../helpers/runtime.ts';

const text = (name: string): Promise<string> => readFile(join(ROOT, name), 'utf8');
const PLACES = [
  'Dockerfile',
  'compose.yaml',
  'docs/deploy.md',
  'docs/deploy/nginx.conf',
  'docs/deploy/Caddyfile',
  'docs/deploy/kubernetes.yaml',
  'docs/deploy/compose-cluster.yaml',
];

async function metricNames(): Promise<Set<string>> {
  const database = { dialect: 'sqlite', up: true, reruns: () => 0, writeTime: () => ({ turn: 0, held: 0 }) };
  const metrics = new Metrics({ version: '1', database, now: Date.now, log: memoryLogger() });
  const { text: told } = await metrics.tell(() => Promise.reject(new Error('none')));
  return new Set(
    [...told.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, kind]) =>
      kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name as string],
    ),
  );
}

test('the dashboard, the alerts and docs/metrics.md ask for metrics that the hub tells', async (t) => {
  const there = await metricNames();
  const panels = JSON.parse(await text('docs/deploy/grafana-dashboard.json')).panels;
  const rules = parse(await text('docs/deploy/prometheus-rules.yml')).groups.flatMap((group: { rules: object[] }) => group.rules);
  const asked: string[] = [
    ...panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) => targets.map(({ expr }) => expr)),
    ...rules.map(({ expr }: { expr: string }) => expr),
    ...[...(await text('docs/metrics.md')).matchAll(/^- `(.*?)`:/gm)].map(([, expr]) => expr as string),
  ];
  t.true(asked.length > 30);
  for (const expr of asked) {
    const names = expr.match(/\b(?:hookline|nodejs|process)_[a-z0-9_]+\b/g) ?? [];
    t.true(names.length > 0 || /^up\{/.test(expr), expr);
    for (const name of names) t.true(there.has(name), `${name} in ${expr}`);
  }
  const shown = new Set(asked.join(' ').match(/\bhookline_[a-z0-9_]+?(?=_bucket|_count|\b)/g));
  t.true(shown.has('hookline_sessions') && shown.has('hookline_webhook_oldest_pending_seconds'));
});

test('every variable that is named is one of the configuration, and every value one that it takes', async (t) => {
  const known = new Set([
    ...configKeys(configSchema({ dev: false })).map(({ variable }) => variable),
    'HOOKLINE_CONFIG',
    'HOOKLINE_API_KEY',
    'HOOKLINE_WEBHOOK_SECRET',
  ]);
  for (const place of PLACES) {
    for (const [variable] of (await text(place)).matchAll(/\bHOOKLINE_[A-Z_]+\b/g)) t.true(known.has(variable), `${variable} in ${place}`);
  }
  const { hub, postgres } = parse(await text('compose.yaml')).services;
  const env = { ...hub.environment, HOOKLINE_DATABASE_URL: hub.environment.HOOKLINE_DATABASE_URL.replace(/\$\{.*?\}/, 'abc') };
  const config = loadConfig({ env, cwd: '/nowhere' });
  const { hostname, username, pathname } = new URL(config.databaseUrl ?? '');
  t.deepEqual([hostname, username, pathname], ['postgres', postgres.environment.POSTGRES_USER, `/${postgres.environment.POSTGRES_DB}`]);
  t.deepEqual(config.http.trustProxy, ['1']);
});

test('the image is made of what is here, and of nothing that is not let through', async (t) => {
  const dockerfile = await text('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => (sources as string).split(' '));
  const through = new Set((await text('.dockerignore')).split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : [])));
  t.true(copied.includes('src'));
  for (const source of copied) t.true(existsSync(join(ROOT, source)) && through.has(source), source);
  t.deepEqual([...through].sort(), [...copied].sort());
  t.regex(dockerfile, /^USER hookline$/m);
  t.regex(dockerfile, /^ENTRYPOINT \["tini", "--", "hookline"\]$/m);
});

test('the documents of the deployment are part of the package', async (t) => {
  t.true(JSON.parse(await text('package.json')).files.includes('docs/deploy'));
});
