/** GET /api/audit: who changed what, over every route of /openapi.json that changes something. */
import test from 'ava';
import { type Answer, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { databaseOf } from '../helpers/hub-database.ts';
import { isProblem } from './answers.ts';

const CHAT = '5511988887777';
const CANARY = 'canary-3f9a71';

let hub: Hub;
let document: Answer['json'];
/** `POST /api/sessions` to what it is called in the audit log; undefined for what is not recorded. */
let routes: { method: string; path: string; action: string | undefined; admin: boolean }[];

test.before(async () => {
  hub = await startHub();
  document = (await hub.as('')('GET', '/openapi.json')).json;
  routes = Object.entries<Record<string, Answer['json']>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), path, action: operation['x-audit-action'] },
      admin: operation.description.includes("Needs the operator's key"),
    })),
  );
});
test.after.always(() => hub.dispose());

type Entry = Answer['json'];
const entriesOf = async (call: ReturnType<Hub['as']>, query = ''): Promise<Entry[]> =>
  (await call('GET', `/api/audit?limit=200${query}`)).json.data;

/** Those of a refusal follow within a moment. */
const entry = (call: ReturnType<Hub['as']>, query: string): Promise<Entry> =>
  until(async () => (await entriesOf(call, query))[0], { what: `an entry with ${query}` });

test('every route that changes something has a word of its own in the audit log, and so has reading a backup or a screenshot', (t) => {
  const recorded = routes.filter(({ action }) => action !== undefined);
  t.is(new Set(recorded.map(({ action }) => action)).size, recorded.length);
  const silent = routes.filter(({ action }) => action === undefined);
  t.deepEqual([...new Set(silent.map(({ method }) => method))], ['GET']);
  t.deepEqual(
    recorded.filter(({ method }) => method === 'GET').map(({ action }) => action),
    ['sessions.screenshot', 'sessions.backup'],
  );
});

test('each of them leaves one entry, whatever the answer is, and nothing of what was sent', async (t) => {
  const tenant = await hub.tenant();
  const path = (of: string): string =>
    of.replace(/\{(\w+)\}/g, (_, name) => (['chat', 'contact', 'group'].includes(name) ? CHAT : name === 'name' ? 'no_such' : 'nobodys'));
  const recorded = routes.filter(({ action }) => action !== undefined);
  const answered = new Map<string | undefined, number>();
  for (const route of recorded) {
    const call = route.admin ? hub.admin : tenant.call;
    const body = route.method === 'GET' ? undefined : { [CANARY]: CANARY, name: '', to: CANARY, text: CANARY };
    const answer = await call(route.method, `${path(route.path)}?${CANARY}=${CANARY}`, body, { 'idempotency-key': CANARY });
    t.true(answer.status >= 400, `${route.method} ${route.path}: ${answer.status} ${answer.text}`);
    answered.set(route.action, answer.status);
  }
  const own = routes.filter(({ action, admin }) => action !== undefined && !admin).length;
  const entries = await until(async () => {
    const found = (await entriesOf(tenant.call)).filter(({ actor }) => actor.kind === 'key');
    return found.length >= own && found;
  });
  t.is(entries.length, own);
  const ofHub = (await entriesOf(hub.admin)).filter(({ tenantId, actor }) => tenantId === null && actor.kind === 'operator');
  for (const { action, admin } of recorded) {
    const [found, ...more] = (admin ? ofHub : entries).filter((one) => one.action === action);
    t.is(more.length, 0, action);
    t.is(found?.status, answered.get(action), action);
    t.is(typeof found?.code, 'string', action);
    t.is(found?.address, '127.0.0.1', action);
    t.is(found?.actor.kind, admin ? 'operator' : 'key', action);
  }
  const all = JSON.stringify([entries, ofHub]);
  for (const secret of [CANARY, CHAT, tenant.key]) t.false(all.includes(secret), secret);
});

test('what was done is told with who did it and what it was done to', async (t) => {
  const tenant = await hub.tenant();
  const { call } = tenant;
  const session = await linkedSandbox(call, 'shop');
  const [made, scanned] = [await entry(call, '&action=sessions.create'), await entry(call, '&action=sessions.sandbox.scan')];
  t.like(made, { tenantId: tenant.id, status: 201, code: null, resource: { type: 'session', id: session }, address: '127.0.0.1' });
  const keys = (await hub.admin('GET', `/api/tenants/${tenant.id}/keys`)).json.data;
  t.deepEqual(made.actor, { kind: 'key', keyId: keys[0].id, name: 'first key' });
  t.is(scanned.resource.id, session, 'named by its name, told by its id');
  const { id: message } = (await call('POST', '/api/sessions/shop/messages', { to: CHAT, type: 'text', text: 'x' })).json;
  t.deepEqual((await entry(call, `&resource=${message}`)).resource, { type: 'message', id: message });
  await call('PUT', '/api/flow-secrets/clinic_key', { value: 'hush' });
  t.deepEqual((await entry(call, '&action=flow-secrets.put')).resource, { type: 'flow-secret', id: 'clinic_key' });
  const key = (await hub.admin('POST', `/api/tenants/${tenant.id}/keys`, { name: 'reader', scopes: ['audit:read'] })).json;
  const granted = await entry(call, '&action=tenants.keys.create');
  t.like(granted, { actor: { kind: 'operator', keyId: null }, tenantId: tenant.id, resource: { type: 'key', id: key.id } });
  t.is((await hub.as(key.key)('DELETE', `/api/sessions/${session}`)).status, 403);
  t.like(await entry(call, `&keyId=${key.id}`), { action: 'sessions.delete', status: 403, code: 'forbidden', resource: { id: session } });
  await call('POST', '/api/whatsapp/instances/shop/disconnect');
  t.is((await entry(call, '&action=sessions.disconnect')).resource.id, session, 'the alias is the same route');
});

test('reading leaves no entry, and neither does a key that nobody has', async (t) => {
  const { call } = await hub.tenant();
  const before = (await entriesOf(hub.admin)).map(({ id }) => id);
  for (const path of ['/api/sessions', '/api/audit', '/api/limits', '/api/events']) await call('GET', path);
  t.is((await hub.as('hlk_nobodys')('POST', '/api/sessions', { name: 'x' })).status, 401);
  t.is((await hub.as('')('DELETE', '/api/sessions/x')).status, 401);
  // Whatever was refused before it is written by now.
  await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' });
  const after = await entriesOf(hub.admin);
  const since = after.filter(({ id }) => !before.includes(id) && id > (before[0] ?? ''));
  t.deepEqual(
    since.filter(({ code }) => code === 'unauthorized'),
    [],
  );
  t.deepEqual(
    (await entriesOf(call)).map(({ action }) => action),
    ['webhooks.create', 'tenants.create'],
  );
});

test('the pages go backwards and miss nothing, within a time and of one action', async (t) => {
  const { call } = await hub.tenant();
  const urls = Array.from({ length: 5 }, (_, index) => `http://127.0.0.1:9/${index}`);
  for (const url of urls) t.is((await call('POST', '/api/webhooks', { url })).status, 201);
  const all = await entriesOf(call, '&action=webhooks.create');
  t.is(all.length, 5);
  t.deepEqual(
    all,
    all.toSorted((one, other) => other.id.localeCompare(one.id)),
  );
  const pages: Entry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json } = await call('GET', `/api/audit?limit=2&action=webhooks.create${cursor && `&cursor=${cursor}`}`);
    pages.push(...json.data);
    cursor = json.nextCursor;
  }
  t.deepEqual(pages, all);
  const [since, until] = [all[3].at, all[1].at];
  const within = await entriesOf(call, `&action=webhooks.create&since=${since}&until=${until}`);
  t.deepEqual(
    within,
    all.filter(({ at }) => at >= since && at <= until),
  );
  for (const query of ['cursor=evt_1', 'since=yesterday', 'limit=201', 'what=1']) {
    isProblem(t, await call('GET', `/api/audit?${query}`), query, { status: 400, code: 'invalid-query' });
  }
});

test("a tenant reads its own entries, the operator those of all, and of a tenant that is gone they stay the operator's", async (t) => {
  const [mine, theirs] = [await hub.tenant(), await hub.tenant()];
  const { id } = (await theirs.call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' })).json;
  t.deepEqual(await entriesOf(mine.call, `&resource=${id}`), []);
  const asThem = await mine.call('GET', `/api/audit?resource=${id}`, undefined, { 'x-tenant-id': theirs.id });
  t.deepEqual(asThem.json.data, []);
  t.is((await entriesOf(hub.admin, `&resource=${id}`)).length, 1);
  const ofMine = (await hub.admin('GET', '/api/audit?limit=200', undefined, { 'x-tenant-id': mine.id })).json.data;
  t.deepEqual([...new Set(ofMine.map(({ tenantId }: Entry) => tenantId))], [mine.id]);
  isProblem(t, await hub.admin('GET', '/api/audit', undefined, { 'x-tenant-id': 'nobody' }), 'nobody', { status: 404 });
  isProblem(t, await hub.admin('GET', '/api/audit', undefined, { 'x-tenant-id': '' }), 'an empty one', { status: 400 });
  await hub.admin('DELETE', `/api/tenants/${theirs.id}`);
  const left = (await entriesOf(hub.admin, `&resource=${id}`))[0];
  t.like(left, { tenantId: theirs.id, action: 'webhooks.create', actor: { kind: 'key', name: 'first key' } });
  t.like(await entry(hub.admin, `&resource=${theirs.id}&action=tenants.delete`), { tenantId: theirs.id, status: 204 });
});

// Before the others, which go on with the next hub.
test.serial('what was answered is on record, although the hub is killed at once', async (t) => {
  const tenant = await hub.tenant();
  const sql = databaseOf(hub);
  const changes: [string, string, unknown?][] = [
    ['POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false }],
    ['PUT', '/api/flow-secrets/a', { value: 'x' }],
    ['PATCH', '/api/sessions/shop', { name: 'store' }],
    ['DELETE', '/api/sessions/store'],
  ];
  const statuses: number[] = [];
  for (const [method, path, body] of changes) {
    const { status } = await tenant.call(method, path, body);
    // It does no more now than one that was killed.
    process.kill(hub.pid, 'SIGSTOP');
    t.true(status < 300, path);
    statuses.unshift(status);
    const [last] = await sql('audit_entries').where({ tenant_id: tenant.id }).orderBy('id', 'desc').limit(1);
    t.is(last.status, status, `${method} ${path}: ${JSON.stringify(last)}`);
    if (statuses.length < changes.length) process.kill(hub.pid, 'SIGCONT');
  }
  await sql.destroy();
  await hub.end('SIGKILL');
  hub = await hub.again();
  const entries = await entriesOf(hub.as(tenant.key));
  t.deepEqual(
    entries.slice(0, changes.length).map(({ status }) => status),
    statuses,
  );
});
