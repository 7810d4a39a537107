/** The manifests of a cluster: each field is one that Kubernetes knows, and what they refer to is there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import { routes } from '../../docs/openapi.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../helpers/hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the types say of it is looked at below
type Manifest = any;

const text = (name: string): Promise<string> => readFile(join(ROOT, 'docs/deploy', name), 'utf8');

async function manifests(): Promise<Manifest[]> {
  return parseAllDocuments(await text('kubernetes.yaml')).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

/** What the compiler says of an object, written out, as a value of its type of Kubernetes: as a literal it may have no field that the type has not. */
function whyNot(all: readonly Manifest[]): string[] {
  const lines = all.map((manifest, nth) => {
    const group = manifest.apiVersion === 'v1' ? 'core/v1' : manifest.apiVersion.replace(/\.k8s\.io\//, '/');
    return `export const m${nth}: import('kubernetes-types/${group}').${manifest.kind} = ${JSON.stringify(manifest, null, 1)};`;
  });
  const file = join(ROOT, 'test/deploy/manifests-written-out.ts');
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const [exists, read, source] = [host.fileExists, host.readFile, host.getSourceFile].map((one) => one.bind(host)) as [
    ts.CompilerHost['fileExists'],
    ts.CompilerHost['readFile'],
    ts.CompilerHost['getSourceFile'],
  ];
  host.fileExists = (name) => name === file || exists(name);
  host.readFile = (name) => (name === file ? lines.join('\n') : read(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.ESNext) : source(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('every field of the manifests is one of its kind, and of its type', async (t) => {
  const all = await manifests();
  t.deepEqual(
    all.map(({ kind }) => kind),
    ['PersistentVolumeClaim', 'Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy'],
  );
  t.deepEqual(whyNot(all), []);
  // The judge is judged.
  const wrong = structuredClone(all);
  wrong[1].spec.template.spec.containers[0].livenesProbe = {};
  wrong[3].spec.maxUnavailable = true;
  const found = whyNot(wrong).join('\n');
  t.regex(found, /livenesProbe/);
  t.regex(found, /Type 'true' is not assignable/);
});

test('what the manifests refer to is there', async (t) => {
  const [claim, deployment, service, budget, policy] = (await manifests()) as [Manifest, Manifest, Manifest, Manifest, Manifest];
  const { selector, template } = deployment.spec;
  const { containers, volumes, terminationGracePeriodSeconds } = template.spec;
  const [hub] = containers;
  t.is(containers.length, 1);
  for (const labels of [selector.matchLabels, service.spec.selector, budget.spec.selector.matchLabels, policy.spec.podSelector.matchLabels])
    t.deepEqual(labels, template.metadata.labels);
  t.is(volumes[0].persistentVolumeClaim.claimName, claim.metadata.name);
  t.deepEqual(
    hub.volumeMounts.map(({ name }: Manifest) => name),
    volumes.map(({ name }: Manifest) => name),
  );
  t.is(service.spec.ports[0].targetPort, hub.ports[0].name);
  const paths = new Set(
    routes()
      .filter(({ method }) => method === 'GET')
      .map(({ path }) => path),
  );
  for (const probe of [hub.startupProbe, hub.readinessProbe, hub.livenessProbe]) {
    t.true(paths.has(probe.httpGet.path), probe.httpGet.path);
    t.is(probe.httpGet.port, hub.ports[0].name);
  }
  // The keys of the secret are those that the command in the head makes.
  const made = [...(await text('kubernetes.yaml')).matchAll(/--from-literal=(\w+)=/g)].map(([, key]) => key);
  const asked = hub.env.flatMap(({ valueFrom }: Manifest) => valueFrom?.secretKeyRef?.key ?? []);
  t.deepEqual(made, asked);
  const env: Record<string, string> = Object.fromEntries(hub.env.map(({ name, value }: Manifest) => [name, value ?? '']));
  const secret = Buffer.alloc(32, 1).toString('base64');
  const config = loadConfig({
    env: {
      ...env,
      HOOKLINE_HOST: '10.1.2.3',
      HOOKLINE_DATABASE_URL: 'postgres://a@b/c',
      HOOKLINE_SECRET_KEY: secret,
      HOOKLINE_ADMIN_KEY: secret,
    },
    cwd: '/var/lib/hookline',
  });
  t.true(config.cluster);
  t.is(config.port, hub.ports[0].containerPort);
  for (const directory of [config.dataDir, config.tokensDir]) t.true(directory.startsWith(hub.volumeMounts[0].mountPath));
  const [, before] = hub.lifecycle.preStop.exec.command;
  t.true(terminationGracePeriodSeconds > Number(before) + config.shutdownSeconds + 10);
});

test('the nodes of the Compose file are those that its proxy asks, each known by its own name', async (t) => {
  const { services } = parse(await text('compose-cluster.yaml'), { merge: true });
  const nodes = Object.keys(services).filter((name) => name.startsWith('node-'));
  t.is(nodes.length, 3);
  const asked = /reverse_proxy (.*) \{/.exec(await text('Caddyfile.cluster'))?.[1]?.split(' ');
  t.deepEqual(
    asked,
    nodes.map((name) => `${name}:3001`),
  );
  t.deepEqual(services.proxy.depends_on, nodes);
  const secret = Buffer.alloc(32, 1).toString('base64');
  for (const name of nodes) {
    const { environment, volumes, stop_grace_period: grace } = services[name];
    const given: Record<string, string> = { POSTGRES_PASSWORD: 'abc', HOOKLINE_SECRET_KEY: secret, HOOKLINE_ADMIN_KEY: secret };
    const env = Object.fromEntries(
      Object.entries<string>(environment).map(([key, value]) => [key, value.replace(/\$\{(\w+):\?.*?\}/g, (_, word) => given[word] ?? '')]),
    );
    const config = loadConfig({ env, cwd: '/var/lib/hookline' });
    t.true(config.cluster);
    t.is(config.nodeUrl, `http://${name}:3001`);
    t.deepEqual(volumes, ['hub:/var/lib/hookline']);
    t.true(Number.parseInt(grace, 10) > config.shutdownSeconds + 10);
    const { hostname, username, pathname } = new URL(config.databaseUrl ?? '');
    const { POSTGRES_USER, POSTGRES_DB } = services.postgres.environment;
    t.deepEqual([hostname, username, pathname], ['postgres', POSTGRES_USER, `/${POSTGRES_DB}`]);
  }
});
