/** What a link page's token lets one do, and nobody else. */
import test from 'ava';
import { type Answer, type Hub, startHub, until } from '../helpers/hub.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { isProblem } from './answers.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

const OWN = () => ({ origin: hub.base, 'x-hookline-page': '1' });
type Browser = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** Keeps the cookies that it is sent, as a browser would, and says where it asks from. */
function browser(): Browser & { cookies: string[] } {
  const cookies: string[] = [];
  const ask: Browser = async (method, path, body, headers = OWN()) => {
    const sent = { ...headers, ...(cookies.length > 0 && { cookie: cookies.map((one) => one.split(';')[0]).join('; ') }) };
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(hub.base + path, {
      ...{ method, headers: { ...json, ...sent } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    cookies.push(...response.headers.getSetCookie());
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  return Object.assign(ask, { cookies });
}

const pathOf = (url: string): string => new URL(url).pathname;

test('a link opens in one browser, shows it what there is to scan or type, and ends when the phone is linked', async (t) => {
  const { call, ...tenant } = await hub.tenant();
  const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const made = await call('POST', '/api/sessions/shop/link-pages', { locale: 'pt', redirectUrl: 'https://shop.example/linked' });
  t.is(made.status, 201, made.text);
  t.true(made.json.url.startsWith(`${hub.base}/link/`));
  const link = pathOf(made.json.url);

  const [customer, other] = [browser(), browser()];
  const looked = await customer('GET', link, undefined, {});
  t.is(looked.status, 200);
  t.deepEqual(customer.cookies, [], 'looking at it, as previews do, opens nothing');
  const policy = looked.headers.get('content-security-policy') ?? '';
  t.regex(policy, /default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/);
  t.notRegex(looked.text, /<script>|<style|\sstyle=|\son\w+=/);
  isProblem(t, await customer('GET', `${link}/state`), 'before it is opened', { status: 403, code: 'forbidden' });

  for (const headers of [{}, { 'x-hookline-page': '1' }, { origin: hub.base }, { ...OWN(), origin: 'https://evil.example' }]) {
    const foreign = await customer('POST', `${link}/open`, undefined, headers as Record<string, string>);
    isProblem(t, foreign, JSON.stringify(headers), { status: 403, code: 'forbidden' });
  }
  const crossSite = { ...OWN(), 'sec-fetch-site': 'cross-site' };
  isProblem(t, await customer('POST', `${link}/open`, undefined, crossSite), 'another site', { status: 403, code: 'forbidden' });

  const opened = await customer('POST', `${link}/open`);
  t.is(opened.status, 200, opened.text);
  t.is(opened.json.redirectUrl, 'https://shop.example/linked');
  t.regex(customer.cookies.join(), new RegExp(`^hookline_link_page=[\\w-]{43}; Path=${link}; Max-Age=\\d+; HttpOnly; SameSite=Lax$`));
  isProblem(t, await other('POST', `${link}/open`), 'a second browser', { status: 403, code: 'forbidden' });
  isProblem(t, await other('GET', `${link}/state`), 'a second browser', { status: 403, code: 'forbidden' });
  t.is((await customer('POST', `${link}/open`)).status, 200, 'the first one may come back');

  const waiting = await until(async () => (await customer('GET', `${link}/state`)).json.qr && customer('GET', `${link}/state`), {
    what: 'a code',
  });
  t.is(waiting.json.status, 'qr');
  t.is(waiting.json.qr.code, (await call('GET', '/api/sessions/shop/qr')).json.code);
  t.deepEqual(Object.keys(waiting.json).sort(), ['pairing', 'passkey', 'phone', 'qr', 'reason', 'status']);
  const paired = await customer('POST', `${link}/pairing-code`, { phone: '+55 11 99999-0000' });
  t.is(paired.json.status, 'pairing', paired.text);
  t.truthy(paired.json.pairing.code);
  isProblem(t, await customer('POST', `${link}/pairing-code`, { phone: 'x' }), 'no number', { status: 422, code: 'invalid-body' });
  t.is((await customer('POST', `${link}/restart`)).status, 200);
  await until(async () => (await customer('GET', `${link}/state`)).json.status === 'qr', { what: 'a new code' });

  const token = link.slice('/link/'.length);
  for (const path of ['/api/sessions', `/api/sessions/${session.id}`, '/api/events', '/dashboard/sign-in', '/metrics']) {
    const cookie = customer.cookies[0]?.split(';')[0] ?? '';
    for (const headers of [{ authorization: `Bearer ${token}` }, { 'x-api-key': token }, { cookie, ...OWN() }] as Record<
      string,
      string
    >[]) {
      t.is((await fetch(hub.base + path, { headers })).status, 401, `${path} by ${Object.keys(headers)}`);
    }
  }

  const live = await fetch(`${hub.base}${link}/state`, {
    headers: { accept: 'text/event-stream', cookie: customer.cookies[0]?.split(';')[0] ?? '' },
  });
  t.is(live.status, 200);
  const told = live.text();
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  const states = [...(await told).matchAll(/^event: state\ndata: (.*)$/gm)].map(([, json]) => JSON.parse(json as string));
  t.is(states[0].status, 'qr', 'at once, and what changes after it');
  t.like(states.at(-1), { status: 'connected', phone: '+55 ••••••• 0000', qr: null });

  t.is((await customer('GET', `${link}/state`)).json.status, 'connected', 'whoever linked it is told so, still');
  isProblem(t, await customer('POST', `${link}/pairing-code`, { phone: '+5511999990000' }), 'after it', {
    status: 410,
    code: 'link-page-ended',
  });
  isProblem(t, await customer('POST', `${link}/restart`), 'after it', { status: 410, code: 'link-page-ended' });
  isProblem(t, await call('POST', '/api/sessions/shop/link-pages', {}), 'nothing to link', { status: 409, code: 'session-linked' });

  const audit = (await call('GET', '/api/audit?limit=200')).json.data as Answer['json'][];
  const mine = audit.filter(({ actor }) => actor.kind === 'link-page' && actor.name === made.json.id);
  t.deepEqual(
    mine
      .filter(({ code }) => code === null)
      .map(({ action, resource, tenantId }) => [action, resource.id, tenantId])
      .reverse(),
    [...['link.open', 'link.open', 'link.pairing-code', 'link.restart'].map((action) => [action, session.id, tenant.id])],
  );
  // The refused one follows a little later.
  t.is(audit.find(({ action, code }) => action === 'sessions.link-pages.create' && code === null)?.resource.id, made.json.id ?? '');
  t.false(hub.output().includes(token) || JSON.stringify(audit).includes(token), 'the token is told nowhere');
});

test('a link is of one session of one tenant, and leads nowhere once that is gone, or its time is over', async (t) => {
  const [mine, theirs] = [await hub.tenant(), await hub.tenant()];
  await mine.call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  isProblem(t, await theirs.call('POST', '/api/sessions/shop/link-pages', {}), "another tenant's", { status: 404, code: 'not-found' });
  const readOnly = (await hub.admin('POST', `/api/tenants/${mine.id}/keys`, { name: 'r', scopes: ['sessions:read'] })).json.key;
  isProblem(t, await hub.as(readOnly)('POST', '/api/sessions/shop/link-pages', {}), 'a reader', { status: 403, code: 'forbidden' });
  for (const body of [
    { expiresInSeconds: 86_401 },
    { locale: 'de' },
    { redirectUrl: 'javascript:alert(1)' },
    { redirectUrl: 'https://user:secret@shop.example/' },
    { frameAncestors: ['https://shop.example/path'] },
    { frameAncestors: ["'self' https:"] },
    { frameAncestors: ['*'] },
  ]) {
    const refused = await mine.call('POST', '/api/sessions/shop/link-pages', body);
    isProblem(t, refused, JSON.stringify(body), { status: 422, code: 'invalid-body' });
  }

  const framed = { frameAncestors: ['https://shop.example'], expiresInSeconds: 60 };
  const { json } = await mine.call('POST', '/api/sessions/shop/link-pages', framed, { 'x-forwarded-proto': 'https' });
  t.regex(json.url, /^https:\/\//);
  const link = pathOf(json.url);
  const customer = browser();
  const page = await customer('GET', link);
  t.regex(page.headers.get('content-security-policy') ?? '', /frame-ancestors https:\/\/shop\.example;/);
  const tls = { 'x-forwarded-proto': 'https', origin: hub.base.replace('http:', 'https:'), 'x-hookline-page': '1' };
  t.is((await customer('POST', `${link}/open`, undefined, tls)).status, 200);
  t.regex(customer.cookies[0] ?? '', /; HttpOnly; SameSite=None; Partitioned; Secure$/);

  const nowhere = await browser()('GET', `/link/${'x'.repeat(43)}`);
  t.is(nowhere.status, 404);
  t.regex(nowhere.text, /data-problem="not-found"/);
  isProblem(t, await browser()('POST', `/link/${'x'.repeat(43)}/open`), 'a guess', { status: 404, code: 'not-found' });

  t.is((await mine.call('DELETE', '/api/sessions/shop')).status, 204);
  isProblem(t, await customer('GET', `${link}/state`), 'its session is gone', { status: 404, code: 'not-found' });
  t.is((await customer('GET', link)).status, 404);
});

test('where WhatsApp asks for the passkey, the browser that opened the link is given it to sign, and hands it over', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const link = pathOf((await call('POST', '/api/sessions/shop/link-pages', {})).json.url);
  const [customer, other] = [browser(), browser()];
  await customer('POST', `${link}/open`);
  const becomes = (status: string) =>
    until(
      async () => {
        const { json } = await customer('GET', `${link}/state`);
        return json.status === status ? json : null;
      },
      { what: () => `the page to show ${status}` },
    );
  const gate = async (passkey: object) => {
    await becomes('qr');
    await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1, ...passkey } });
    await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
    t.deepEqual(Object.keys((await becomes('passkey')).passkey), ['expiresAt', 'code', 'answered']);
    return (await call('GET', '/api/sessions/shop/passkey')).json.publicKey;
  };
  const unavailable = { status: 409, code: 'passkey-unavailable' };
  isProblem(t, await customer('POST', `${link}/passkey`, { credential: null }), 'nothing is asked', unavailable);

  const key = new Passkey();
  const refused = await gate({ refuseNext: 1 });
  for (const [path, body] of [
    ['/passkey', { credential: null }],
    ['/passkey/confirm', { matches: true }],
  ] as const) {
    isProblem(t, await other('POST', link + path, body), 'another browser', { status: 403, code: 'forbidden' });
    isProblem(t, await customer('POST', link + path, {}), 'nothing said', { status: 422, code: 'invalid-body' });
  }
  const strange = { credential: key.sign({ challenge: 'another' }) };
  isProblem(t, await customer('POST', `${link}/passkey`, strange), 'another challenge', { status: 422, code: 'passkey-mismatch' });
  t.is((await customer('POST', `${link}/passkey`, { credential: key.sign(refused) })).status, 200);
  t.like(await becomes('qr'), { reason: 'passkey-refused', passkey: null });

  const publicKey = await gate({ code: 'K7RWQ' });
  const signed = { credential: key.sign(publicKey) };
  t.is((await customer('POST', `${link}/passkey`, signed)).status, 200);
  t.like((await becomes('passkey')).passkey, { code: 'K7RWQ', answered: true });
  t.is((await customer('POST', `${link}/passkey/confirm`, { matches: true })).status, 200);
  await becomes('connected');
  isProblem(t, await customer('POST', `${link}/passkey`, signed), 'after it', { status: 410, code: 'link-page-ended' });

  const audit = (await call('GET', '/api/audit?limit=200')).json.data as Answer['json'][];
  t.deepEqual(
    audit.filter(({ action, code }) => /^link\.passkey/.test(action) && code === null).map(({ action }) => action),
    ['link.passkey.confirm', 'link.passkey', 'link.passkey'],
  );
  const told = JSON.stringify([audit, (await call('GET', '/api/events?limit=200')).json]) + hub.output();
  for (const secret of [publicKey.challenge, signed.credential.response.signature]) t.false(told.includes(secret));
});
