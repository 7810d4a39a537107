/** What the token for a passkey lets one do, and which pages may ask by it. */
import test from 'ava';
import { type Call, type Hub, startHub, until } from '../helpers/hub.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { isProblem } from './answers.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_ENGINES: 'sandbox' } });
});
test.after.always(() => hub?.dispose());

const WHATSAPP = 'https://web.whatsapp.com';
const CORS = /^access-control-/;

const corsOf = ({ headers }: { headers: Headers }): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => CORS.test(name)));

/** WhatsApp asks for the passkey of the account that scanned. */
async function gate(call: Call, passkey: object = {}): Promise<void> {
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'qr', { what: 'a code to scan' });
  await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1, ...passkey } });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await until(async () => (await call('GET', '/api/sessions/shop/passkey')).status === 200, { what: 'the passkey to be asked for' });
}

/** As a browser without any key or cookie. */
const bare =
  (headers: Record<string, string> = {}) =>
  async (method: string, url: string, body?: unknown) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(url, {
      method,
      headers: { ...json, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };

test('by it one reads what is to be signed and hands over what was, once, and nothing else', async (t) => {
  const { call, ...tenant } = await hub.tenant();
  const other = await hub.tenant();
  const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const path = '/api/sessions/shop/passkey';
  isProblem(t, await call('POST', `${path}/tokens`), 'nothing is asked', { status: 409, code: 'passkey-unavailable' });
  await gate(call, { code: 'K7RWQ' });
  isProblem(t, await other.call('POST', `/api/sessions/${session.id}/passkey/tokens`), "another tenant's", {
    status: 404,
    code: 'not-found',
  });
  const readOnly = (await hub.admin('POST', `/api/tenants/${tenant.id}/keys`, { name: 'r', scopes: ['sessions:read'] })).json.key;
  isProblem(t, await hub.as(readOnly)('POST', `${path}/tokens`), 'a reader', { status: 403, code: 'forbidden' });

  const made = await call('POST', `${path}/tokens`);
  t.is(made.status, 201, made.text);
  const { url, snippet, extensionUrl } = made.json;
  t.is(extensionUrl, `${hub.base}/extension.zip`);
  const token = url.slice(`${hub.base}/passkey/`.length);
  const { publicKey, expiresAt } = (await call('GET', path)).json;
  t.is(made.json.expiresAt, expiresAt);
  t.true(snippet.includes(JSON.stringify(publicKey)) && snippet.includes(JSON.stringify(url)));
  t.false(snippet.includes(tenant.key));

  const guest = bare();
  const page = await guest('GET', url);
  t.is(page.status, 200);
  t.notRegex(page.text, /<script>|<style|\sstyle=|\son\w+=/);
  t.deepEqual((await guest('GET', `${url}/request`)).json, { publicKey, ...made.json });
  for (const wrong of [null, {}, 'x', { ...new Passkey().sign(publicKey), id: '<>' }]) {
    isProblem(t, await guest('POST', `${url}/answer`, { credential: wrong }), JSON.stringify(wrong), { status: 422, code: 'invalid-body' });
  }
  const elsewhere = new Passkey().sign(publicKey, { origin: 'https://evil.example' });
  isProblem(t, await guest('POST', `${url}/answer`, { credential: elsewhere }), 'another page', { status: 422, code: 'passkey-mismatch' });
  for (const [method, way] of [
    ['GET', '/api/sessions'],
    ['GET', `/api/sessions/${session.id}/passkey`],
    ['POST', `/link/${token}/open`],
    ['POST', `/link/${token}/passkey/confirm`],
    ['GET', '/dashboard/sign-in'],
  ] as const) {
    for (const [name, value] of [
      ['authorization', `Bearer ${token}`],
      ['x-api-key', token],
      ['cookie', `hookline_link_page=${token}`],
    ])
      t.true([401, 403, 404].includes((await bare({ [name]: value })(method, hub.base + way)).status), `${way} by ${name}`);
  }
  isProblem(t, await guest('GET', `${hub.base}/passkey/${'x'.repeat(43)}/request`), 'a guess', { status: 404, code: 'not-found' });

  const credential = new Passkey().sign(publicKey);
  const answers = await Promise.all([1, 2].map(() => guest('POST', `${url}/answer`, { credential })));
  t.deepEqual(answers.map(({ status }) => status).sort(), [204, 409]);
  isProblem(t, await guest('GET', `${url}/request`), 'answered', { status: 409, code: 'passkey-unavailable' });
  isProblem(t, await call('POST', `${path}/tokens`), 'answered', { status: 409, code: 'passkey-unavailable' });
  await until(async () => (await call('GET', path)).json.code === 'K7RWQ', { what: 'the code' });
  await call('POST', `${path}/confirm`, { matches: true });
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the link' });
  isProblem(t, await guest('POST', `${url}/answer`, { credential }), 'linked', { status: 409, code: 'passkey-unavailable' });

  const audit = (await call('GET', '/api/audit?limit=200')).json.data as (typeof made.json)[];
  const mine = audit.filter(({ actor, code }) => actor.kind === 'passkey-token' && code === null);
  t.deepEqual(
    mine.map(({ action, actor, resource }) => [action, actor.name, resource.id]),
    [['passkey.answer', made.json.id, session.id]],
  );
  t.deepEqual(audit.find(({ action }) => action === 'sessions.passkey.tokens.create')?.actor.kind, 'key');
  t.false(hub.output().includes(token) || JSON.stringify(audit).includes(token), 'the token is told nowhere');
});

test('a link page makes one, for its own session, until that is linked', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const { url: link } = (await call('POST', '/api/sessions/shop/link-pages', {})).json;
  const own = { origin: hub.base, 'x-hookline-page': '1' };
  const opened = await bare(own)('POST', `${link}/open`);
  const customer = bare({ ...own, cookie: opened.headers.getSetCookie()[0]?.split(';')[0] ?? '' });
  isProblem(t, await customer('POST', `${link}/passkey/tokens`), 'nothing is asked', { status: 409, code: 'passkey-unavailable' });
  await gate(call);
  isProblem(t, await bare(own)('POST', `${link}/passkey/tokens`), 'another browser', { status: 403, code: 'forbidden' });
  const made = await customer('POST', `${link}/passkey/tokens`);
  t.is(made.status, 201, made.text);
  const { publicKey } = (await bare()('GET', `${made.json.url}/request`)).json;
  t.is((await bare()('POST', `${made.json.url}/answer`, { credential: new Passkey().sign(publicKey) })).status, 204);
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the link' });

  await call('POST', '/api/sessions/shop/logout');
  await call('POST', '/api/sessions/shop/connect');
  await gate(call);
  const later = await customer('POST', `${link}/passkey/tokens`);
  isProblem(t, later, "somebody else's passkey", { status: 410, code: 'link-page-ended' });
});

test('a page of web.whatsapp.com may hand over what was signed, and read nothing else; no other page may', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await gate(call);
  const { url } = (await call('POST', '/api/sessions/shop/passkey/tokens')).json;
  const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };

  const preflight = await bare({ origin: WHATSAPP, ...asks })('OPTIONS', `${url}/answer`);
  t.is(preflight.status, 204);
  t.deepEqual(corsOf(preflight), {
    'access-control-allow-origin': WHATSAPP,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'Content-Type',
    'access-control-max-age': '600',
  });
  t.regex(preflight.headers.get('vary') ?? '', /origin/i);
  const refused = await bare({ origin: WHATSAPP })('POST', `${url}/answer`, { credential: null });
  t.is(refused.status, 422);
  t.deepEqual(corsOf(refused), { 'access-control-allow-origin': WHATSAPP }, 'what is wrong may be read there, too');

  for (const origin of ['https://evil.example', 'http://web.whatsapp.com', 'https://web.whatsapp.com.evil.example', 'null', hub.base]) {
    t.deepEqual(corsOf(await bare({ origin, ...asks })('OPTIONS', `${url}/answer`)), {}, origin);
    t.deepEqual(corsOf(await bare({ origin })('POST', `${url}/answer`, { credential: null })), {}, origin);
  }
  for (const [method, way] of [
    ['GET', url],
    ['GET', `${url}/request`],
    ['OPTIONS', `${url}/request`],
    ['GET', `${hub.base}/extension.zip`],
    ['GET', `${hub.base}/api/sessions`],
    ['OPTIONS', `${hub.base}/api/sessions/shop/passkey`],
    ['OPTIONS', `${hub.base}/api/sessions/shop/passkey/tokens`],
  ] as const) {
    t.deepEqual(corsOf(await bare({ origin: WHATSAPP, ...asks })(method, way)), {}, `${method} ${way}`);
  }
});

// Before the others, which go on with the next hub.
test.serial('a hub that is killed meanwhile begins anew, and what was for its challenge says so', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await gate(call);
  const { url } = (await call('POST', '/api/sessions/shop/passkey/tokens')).json;
  const { publicKey } = (await bare()('GET', `${url}/request`)).json;
  await hub.end('SIGKILL');
  hub = await hub.again();
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'qr', { what: 'a new code' });
  const late = await bare()('POST', `${url}/answer`, { credential: new Passkey().sign(publicKey) });
  isProblem(t, late, 'of the hub before', { status: 409, code: 'passkey-unavailable' });
  await gate(call);
  isProblem(t, await bare()('GET', `${url}/request`), 'another challenge', { status: 410, code: 'passkey-expired' });
});
