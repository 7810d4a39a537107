/** Keys that are for one session: what they may do there, and that there is nothing else for them. */
import test from 'ava';
import type { Route } from '../../src/http/route.ts';
import { becomes, hubOf } from './tenant-world.ts';

const hub = hubOf(test);
const ROUTES = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies Route['method'][];

async function stage() {
  const { id: tenant, call } = await hub().tenant();
  const [own, other] = [
    await call('POST', '/api/sessions', { name: 'own', engine: 'sandbox' }),
    await call('POST', '/api/sessions', { name: 'other', engine: 'sandbox' }),
  ];
  const { json: made } = await hub().admin('POST', `/api/tenants/${tenant}/keys`, { name: 'bound', session: 'own' });
  return { tenant, call, own: own.json, other: other.json, made, bound: hub().as(made.key) };
}

test('a key of one session does there what its scopes allow, by the id or the name of the session', async (t) => {
  const { tenant, call, own, made, bound } = await stage();
  t.is(made.session, own.id);
  await call('POST', '/api/sessions/own/sandbox/scan', {});
  await becomes(call, '/api/sessions/own', 'connected');
  for (const named of ['own', own.id]) {
    t.is((await bound('GET', `/api/sessions/${named}`)).json.id, own.id);
    t.is((await bound('POST', `/api/sessions/${named}/messages`, { to: '5511988887777', type: 'text', text: 'hi' })).status, 202);
    t.is((await bound('GET', `/api/sessions/${named}/messages`)).status, 200);
  }
  const { json: narrow } = await hub().admin('POST', `/api/tenants/${tenant}/keys`, { session: own.id, scopes: ['messages:send'] });
  const sending = hub().as(narrow.key);
  t.is((await sending('POST', '/api/sessions/own/chats/5511988887777/seen')).status, 204);
  t.is((await sending('GET', '/api/sessions/own/messages')).status, 403);
  const { json: keys } = await call('GET', '/api/keys');
  t.deepEqual(
    keys.data.map(({ session }: { session: string | null }) => session),
    [null, own.id, own.id],
  );
});

test('whatever else there is answers a key of one session that it may not, also of what is not there', async (t) => {
  const { tenant, call, other, made, bound } = await stage();
  const { json: endpoint } = await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/hook' });
  const { json: sent } = await call('POST', '/api/sessions/other/messages', { to: '5511988887777', type: 'text', text: 'hi' });
  const { json: document } = await call('GET', '/openapi.json');
  const ids: Record<string, string> = { '/api/webhooks/': endpoint.id, '/api/messages/': sent.id };
  const operations = Object.entries(document.paths as Record<string, Record<string, { security?: object[] }>>).flatMap(([path, methods]) =>
    ROUTES.filter((method) => methods[method.toLowerCase()]?.security?.length !== 0 && methods[method.toLowerCase()]).map((method) => ({
      method,
      path,
    })),
  );
  t.true(operations.length > 80);
  let refused = 0;
  for (const { method, path } of operations.filter(({ path: each }) => each.startsWith('/api/'))) {
    for (const session of ['other', other.id, 'nobody']) {
      const [, id] = Object.entries(ids).find(([base]) => path.startsWith(base)) ?? [];
      const asked = path.replace('{id}', path.startsWith('/api/sessions') ? session : (id ?? tenant)).replaceAll(/\{\w+\}/g, 'x');
      const { status, json } = await bound(method, asked, ['GET', 'DELETE'].includes(method) ? undefined : {});
      t.is(status, 403, `${method} ${asked} ${JSON.stringify(json)}`);
      refused++;
    }
  }
  t.true(refused > 200);
  t.regex((await bound('GET', '/api/sessions')).json.detail, new RegExp(`for the session ${made.session} alone`));
});

test('it ends with its session, and another tenant’s session gets none', async (t) => {
  const { call, tenant, made, bound } = await stage();
  const stranger = await hub().tenant();
  const { json: theirs } = await stranger.call('POST', '/api/sessions', { name: 'theirs', engine: 'sandbox' });
  for (const session of ['theirs', theirs.id]) t.is((await hub().admin('POST', `/api/tenants/${tenant}/keys`, { session })).status, 404);
  t.is((await bound('GET', '/api/sessions/own')).status, 200);
  await call('DELETE', '/api/sessions/own');
  t.is((await bound('GET', '/api/sessions/own')).status, 401);
  const { json: keys } = await hub().admin('GET', `/api/tenants/${tenant}/keys`);
  t.false(keys.data.some(({ id }: { id: string }) => id === made.id));
});
