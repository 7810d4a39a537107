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

test('a browser that signed in asks as the key it showed, from pages of the hub alone, until the key is revoked', async (t) => {
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
  t.true((await signIn(ADMIN_KEY)).status >= 400, 'the key of the operator is none of a tenant');
  const answer = await signIn(key.key);
  t.is(answer.status, 200, answer.text);
  t.deepEqual(answer.json, { id: key.id, name: 'mine', scopes: ['sessions:read', 'sessions:write'] });
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
