/** What there is in another product is made here: from a hub that answers as that product does. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { evolutionOf } from '../dialects/clients.ts';
import { runHere } from '../helpers/command.ts';
import { type Call, type Hub, ROOT, startHub } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

const run = promisify(execFile);
let hub: Hub;
let cwd: string;
test.before(async () => {
  hub = await startHub();
  cwd = await mkdtemp(join(tmpdir(), 'hookline-import-'));
});
test.after.always(async () => {
  await hub?.dispose();
  await rm(cwd, { recursive: true, force: true });
});

/** A tenant that is the other product, and one to import into. */
async function both() {
  const [there, here] = [await hub.tenant(), await hub.tenant()];
  return { there, here, evolution: evolutionOf(hub, there.key) };
}

async function hookline(key: string, args: string[]) {
  const env = { PATH: process.env.PATH, HOOKLINE_PORT: String(hub.port), HOOKLINE_API_KEY: key };
  return run(process.execPath, [join(ROOT, 'hookline.js'), 'import', ...args], { cwd, env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** The same without a process of its own. */
const importHere = (key: string, args: string[]) =>
  runHere(['import', ...args], { HOOKLINE_PORT: String(hub.port), HOOKLINE_API_KEY: key }, cwd);

const sessionsOf = async (call: Call): Promise<{ id: string; name: string; status: string }[]> =>
  (await call('GET', '/api/sessions')).json.data;

test('instances of Evolution API are sessions here, with their webhooks in the same words and a page to link each phone on', async (t) => {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const { there, here, evolution } = await both();
  for (const instanceName of ['shop', 'bare', 'taken'])
    await evolution('POST', '/instance/create', { instanceName, integration: 'SANDBOX' });
  const set = { enabled: true, url: receiver.url, events: ['MESSAGES_UPSERT'], webhookBase64: true, headers: { 'x-own': 'v' } };
  t.is((await evolution('POST', '/webhook/set/shop', { webhook: set })).status, 201);
  await here.call('POST', '/api/sessions', { name: 'taken', engine: 'sandbox', start: false });

  const from = ['evolution', `${hub.base}/compat/evolution`, '--from-key', there.key];
  const dry = await importHere(here.key, [...from, '--dry-run']);
  t.regex(dry.stdout, /shop: would be made/);
  t.is((await sessionsOf(here.call)).length, 1, 'nothing is made to see what would be');

  const { code, stdout, stderr } = await hookline(here.key, [...from, '--json']);
  t.deepEqual([code, stderr], [0, '']);
  const imported = JSON.parse(stdout);
  const of = (name: string) => imported.find((one: { name: string }) => one.name === name);
  t.like(of('shop'), { session: 'shop', endpoints: [{ url: receiver.url }], left: [] });
  t.regex(of('shop').linkPage, /\/link\//);
  t.like(of('bare'), { session: 'bare', endpoints: [] });
  t.like(of('taken'), { session: null, linkPage: null });
  t.regex(of('taken').left.join(), /already; it was left as it is/);
  const sessions = await sessionsOf(here.call);
  t.deepEqual(sessions.map(({ name }) => name).sort(), ['bare', 'shop', 'taken']);
  const { json: endpoints } = await here.call('GET', '/api/webhooks');
  t.is(endpoints.data.length, 1);
  t.like(endpoints.data[0], {
    ...{ url: receiver.url, dialect: 'evolution', dialectOptions: { events: ['MESSAGES_UPSERT'], base64: true } },
    ...{ sessions: [sessions.find(({ name }) => name === 'shop')?.id], headers: { 'x-own': 'v' } },
  });
});

test('sessions of WAHA come along with their webhooks and the key that signs them', async (t) => {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const { there, here } = await both();
  const webhooks = [
    { url: receiver.url, events: ['message', 'session.status'], hmac: { key: 'k1' }, customHeaders: [{ name: 'x-own', value: 'v' }] },
  ];
  await there.call('POST', '/api/sessions', { name: 'bare', engine: 'sandbox', start: false });
  const made = await fetch(`${hub.base}/compat/waha/api/sessions/bare`, {
    method: 'PUT',
    headers: { 'x-api-key': there.key, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bare', config: { webhooks } }),
  });
  t.is(made.status, 200, await made.text());
  const { code, stdout, stderr } = await hookline(here.key, ['waha', `${hub.base}/compat/waha`, '--from-key', there.key, '--json']);
  t.deepEqual([code, stderr], [0, '']);
  t.like(JSON.parse(stdout)[0], { name: 'bare', endpoints: [{ url: receiver.url }] });
  const { json: endpoints } = await here.call('GET', '/api/webhooks');
  // The hub keeps such keys sealed and tells them nobody; WAHA itself does.
  t.like(endpoints.data[0], { dialect: 'waha', dialectOptions: { events: ['message', 'session.status'] }, headers: { 'x-own': 'v' } });
  t.regex(JSON.parse(stdout)[0].left.join(), /hmac: its key is not told/);
});

test('what cannot be read is told in words, and nothing is made', async (t) => {
  const { here } = await both();
  const refused: [string[], RegExp][] = [
    [['evolution', `${hub.base}/compat/evolution`, '--from-key', 'wrong'], /does not know the key \(401\)/],
    [['waha', 'http://127.0.0.1:9', '--from-key', 'k'], /cannot be reached/],
    [['waha', `${hub.base}/docs`, '--from-key', 'k'], /answered 404|does not answer in JSON/],
  ];
  for (const [args, why] of refused) {
    const { code, stderr } = await importHere(here.key, args);
    t.is(code, 1);
    t.regex(stderr, why);
  }
  t.is((await importHere(here.key, ['whapi', 'http://x.example'])).code, 2);
  t.deepEqual(await sessionsOf(here.call), []);
});
