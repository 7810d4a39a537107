/** A key is shown once on the dashboard; what the browser holds afterwards asks /api for as long as the key lives. */
import test from 'ava';
import { ADMIN_KEY, type Hub, startHub } from '../helpers/hub.ts';
import { isProblem, raw } from './answers.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

const own = (): Record<string, string> => ({ origin: hub.base, 'x-hookline-page': '1' });

test.serial('a browser that signed in asks as the key it showed, from pages of the hub alone, until the key is revoked', async (t) => {
  const tenant = await hub.tenant();
  const key = (await hub.admin('POST', `/api/tenants/${tenant.id}/keys`, { name: 'mine', scopes: ['sessions:read', 'sessions:write'] }))
    .json;
  const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    raw(hub, '', {
      ...{ method, path },
      headers: { authorization: '', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  const signIn = (bearer: string, headers = own()) => ask('POST', '/dashboard/sign-in', { ...headers, authorization: `Bearer ${bearer}` });

  isProblem(t, await signIn('nonsense'), 'no key', { status: 401, code: 'unauthorized' });
  isProblem(t, await signIn(key.key, {}), 'not from our page', { status: 403, code: 'forbidden' });
  isProblem(t, await signIn(key.key, { ...own(), origin: 'https://evil.example' }), 'another page', { status: 403, code: 'forbidden' });
  const answer = await signIn(key.key);
  t.is(answer.status, 200, answer.text);
  t.deepEqual(answer.json, { kind: 'key', id: key.id, tenantId: tenant.id, name: 'mine', scopes: ['sessions:read', 'sessions:write'] });
  const set = String(answer.headers.get('set-cookie'));
  t.regex(set, /^hookline_sign_in=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
  const cookie = set.split(';')[0] ?? '';
  t.false(set.includes(key.key));

  t.is((await ask('GET', '/api/sessions', { cookie })).status, 200);
  t.is((await ask('GET', '/dashboard/sign-in', { cookie })).json.id, key.id);
  t.is((await ask('POST', '/api/sessions', { cookie, ...own() }, { name: 'shop', engine: 'sandbox', start: false })).status, 201);
  isProblem(t, await ask('GET', '/api/events', { cookie }), 'a right that the key lacks', { status: 403, code: 'forbidden' });
  for (const headers of [
    {},
    { origin: hub.base },
    { 'x-hookline-page': '1' },
    { ...own(), origin: 'null' },
    { ...own(), 'sec-fetch-site': 'same-site' },
    { ...own(), 'sec-fetch-site': 'cross-site' },
    { ...own(), 'sec-fetch-site': 'none' },
  ] as Record<string, string>[]) {
    const refused = await ask('DELETE', '/api/sessions/shop', { cookie, ...headers });
    isProblem(t, refused, `a form or another site: ${JSON.stringify(headers)}`, { status: 403, code: 'forbidden' });
  }
  const peeked = await ask('GET', '/api/sessions', { cookie, 'sec-fetch-site': 'cross-site' });
  isProblem(t, peeked, 'another site that reads', { status: 403, code: 'forbidden' });
  isProblem(t, await ask('POST', '/dashboard/sign-in', { cookie, ...own() }), 'for longer by itself', {
    status: 401,
    code: 'unauthorized',
  });
  isProblem(t, await ask('GET', '/api/sessions', { cookie: `${cookie}x` }), 'a guess', { status: 401, code: 'unauthorized' });

  const second = String((await signIn(key.key)).headers.get('set-cookie')).split(';')[0] ?? '';
  const out = await ask('DELETE', '/dashboard/sign-in', { cookie: second, ...own() });
  t.is(out.status, 204);
  t.regex(String(out.headers.get('set-cookie')), /^hookline_sign_in=; .*Max-Age=0/);
  t.is((await ask('GET', '/api/sessions', { cookie: second })).status, 401, 'signed out');
  t.is((await ask('GET', '/api/sessions', { cookie })).status, 200, 'the other browser stays');

  t.is((await hub.admin('DELETE', `/api/tenants/${tenant.id}/keys/${key.id}`)).status, 204);
  isProblem(t, await ask('GET', '/api/sessions', { cookie }), 'revoked', { status: 401, code: 'unauthorized' });
  const entries = (await tenant.call('GET', '/api/audit?action=dashboard.sign-in')).json.data;
  t.is(entries.filter(({ status }: { status: number }) => status === 200).length, 2);
});

test.serial(
  'the operator signs in, too: for all tenants, and one that is named, until signed out or until the key is another one',
  async (t) => {
    const tenant = await hub.tenant();
    const ask = (method: string, path: string, headers: Record<string, string>) =>
      raw(hub, '', { method, path, headers: { authorization: '', ...headers } });
    const signIn = async (): Promise<string> => {
      const answer = await ask('POST', '/dashboard/sign-in', { ...own(), authorization: `Bearer ${ADMIN_KEY}` });
      t.deepEqual(answer.json, { kind: 'operator' }, answer.text);
      t.regex(String(answer.headers.get('set-cookie')), /Max-Age=43200; HttpOnly; SameSite=Strict$/);
      return String(answer.headers.get('set-cookie')).split(';')[0] ?? '';
    };
    const [cookie, second] = [await signIn(), await signIn()];
    t.deepEqual((await ask('GET', '/dashboard/sign-in', { cookie })).json, { kind: 'operator' });
    t.is((await ask('GET', `/api/tenants/${tenant.id}`, { cookie })).status, 200);
    t.is((await ask('GET', '/api/sessions', { cookie, 'x-tenant-id': tenant.id })).status, 200);
    isProblem(t, await ask('GET', '/api/sessions', { cookie }), 'nobody is named', { status: 400, code: 'bad-request' });
    isProblem(t, await ask('DELETE', `/api/tenants/${tenant.id}`, { cookie }), 'not from our page', { status: 403, code: 'forbidden' });

    t.is((await ask('DELETE', '/dashboard/sign-in', { cookie: second, ...own() })).status, 204);
    t.is((await ask('GET', '/api/tenants', { cookie: second })).status, 401);
    t.is((await ask('GET', '/api/tenants', { cookie })).status, 200);
    await hub.end();
    hub = await hub.again({ HOOKLINE_ADMIN_KEY: `adm_${'n'.repeat(40)}` });
    t.is((await ask('GET', '/api/tenants', { cookie })).status, 401, 'of a key that is no more');
  },
);
