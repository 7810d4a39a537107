/**
 * Whoever can shape a request of the hub, against a host that several tenants call: over a webhook, a step "http" of a flow and a file
 * by its URL. What each has stored was stored before anything was checked. Nothing that nobody asked for is on the wire, and no
 * connection carries the requests of two tenants.
 */
import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { envelope, type LedgerEvent } from '../../src/core/events.ts';
import type { EventId, TenantId } from '../../src/core/ids.ts';
import { maskOf } from '../../src/core/mask.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { createEgress, type Egress } from '../../src/egress/client.ts';
import { openUrl } from '../../src/messages/media/source.ts';
import { attempt } from '../../src/webhooks/delivery/attempt.ts';
import { flowOf, Hall, seed } from '../flows/helpers.ts';
import { testDatabase } from '../helpers/database.ts';
import { type RawReceiver, startRawReceiver } from '../helpers/raw-receiver.ts';

const VICTIM = 'tnt_victim' as TenantId;
const SMUGGLED = 'POST /stolen HTTP/1.1\r\nHost: shared\r\nX-Swallowed: ';

/** None of them may reach the wire. */
const HEADERS: Record<string, string>[] = [
  ...['Content-Length', 'content-length', 'CONTENT-LENGTH', 'Content_Length'].map((name) => ({ [name]: '0' })),
  { 'Transfer-Encoding': 'chunked' },
  { transfer_encoding: 'chunked' },
  { TE: 'trailers' },
  { Trailer: 'X-A' },
  { Connection: 'close' },
  { 'Keep-Alive': 'timeout=600' },
  { 'Proxy-Connection': 'keep-alive' },
  { 'Proxy-Authorization': 'Basic eDp5' },
  { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' },
  { Expect: '100-continue' },
  { Host: 'internal.example' },
  { ':authority': 'internal.example' },
  { Forwarded: 'host=internal.example' },
  { 'X-Forwarded-Host': 'internal.example' },
  { X_Forwarded_For: '127.0.0.1' },
  { 'Content-Encoding': 'gzip' },
  { 'webhook-signature': 'v1,forged' },
  { Webhook_Id: 'evt_forged' },
  { 'Hookline-Attempt': '7' },
  { 'X-A': 'a\r\nContent-Length: 0' },
  { 'X-A': 'a\nb' },
  { 'X-A': 'a\0b' },
  { 'X-A': 'snow ☃' },
  { 'X-A\r\nContent-Length': '0' },
  { 'X A': 'b' },
  { 'X-A:': 'b' },
  { 'X-A': 'a', 'x-a': 'b' },
  Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`X-${i}`, 'a'])),
  { 'X-A': 'a'.repeat(4_096), 'X-B': 'b'.repeat(4_096) },
];

/** What became of it: the reason where nothing was sent. */
type Outcome = { sent: true } | { sent: false; reason: string };

interface Stage {
  egress: Egress;
  receiver: RawReceiver;
  url(path: string): string;
}

async function setStage(t: ExecutionContext): Promise<Stage> {
  const receiver = await startRawReceiver(t);
  const egress = createEgress({ allow: ['127.0.0.0/8'] });
  t.teardown(() => egress.close());
  return { egress, receiver, url: (path) => `http://127.0.0.1:${receiver.port}${path}` };
}

const event = (tenantId: TenantId): LedgerEvent => ({
  ...{ position: 1, id: 'evt_1' as EventId, type: 'message.received', at: 0, tenantId, sessionId: null, sessionName: null, seq: 1 },
  json: '{"text":"a customer says: olá ☃"}',
});

async function webhook({ egress, url }: Stage, tenantId: TenantId, path: string, headers: Record<string, string>): Promise<Outcome> {
  const target = { tenantId, url: url(path), headers, signers: { v1: [] }, mayAct: true, mask: maskOf([]) };
  const said = event(tenantId);
  const made = await attempt(
    target,
    { eventId: said.id, number: 1, requests: [{ body: envelope(said) }] },
    { wayOut: egress, clock: systemClock, deadline: 1_000, version: '0' },
  );
  return made.errorClass === null ? { sent: true } : { sent: false, reason: `${made.errorClass}: ${made.error}` };
}

/** A hall whose flows were stored before they were checked. */
async function openHall(t: ExecutionContext, egress: Egress) {
  const { db, dispose } = await testDatabase();
  t.teardown(dispose);
  const hall = await Hall.open(db);
  t.teardown(() => hall.stop());
  hall.wayOut = egress;
  return {
    hall,
    async play(step: string): Promise<{ tenantId: TenantId; texts: string[] }> {
      const session = await seed(db);
      await hall.flows.put(session.tenantId, 'test', flowOf('- say: before'));
      const source = flowOf(
        `${step}\n  retries: 0\n  on_error: failed\n- say: answered\n- end\n- id: failed\n  say: "failed: {{ http.error }}"`,
      );
      const digest = createHash('sha256').update(source).digest('hex');
      await db.sql('flow_revisions').where({ tenant_id: session.tenantId }).update({ source, digest });
      // What is kept of the published flows in memory is of a version of them.
      await db.sql('flow_catalogs').where({ tenant_id: session.tenantId }).increment('version');
      await hall.receive(session, 'hi');
      const sent = await hall.sent();
      return { tenantId: session.tenantId, texts: sent.flatMap((one) => (one.session === session.id ? [String(one.text)] : [])) };
    },
  };
}

/** What a shared gateway would make of what it was sent. */
function onlyAsked(t: ExecutionContext, { requests, rests, header }: RawReceiver, what: string): void {
  t.deepEqual(rests(), [], `${what}: bytes that are no request`);
  const tenants = new Map<number, Set<string>>();
  for (const request of requests) {
    const tenant = /^\/(victim|hostile)\//.exec(request.path)?.[1];
    t.truthy(tenant, `${what}: ${request.method} ${request.path} was asked by nobody`);
    tenants.set(request.connection, (tenants.get(request.connection) ?? new Set()).add(tenant ?? ''));
    const names = request.headers.map(([name]) => name);
    t.deepEqual(names.toSorted(), [...new Set(names)].toSorted(), `${what}: no header twice`);
    for (const name of ['transfer-encoding', 'te', 'trailer', 'upgrade', 'expect', 'x-forwarded-host', 'forwarded'])
      t.deepEqual(header(request, name), [], `${what}: ${name}`);
    t.regex(header(request, 'host')[0] ?? '', /^127\.0\.0\.1:\d+$/, what);
    t.deepEqual(header(request, 'connection'), ['keep-alive'], what);
    if (request.body !== '') t.deepEqual(header(request, 'content-length'), [String(request.body.length)], what);
  }
  for (const [connection, of] of tenants) t.is(of.size, 1, `${what}: connection ${connection} carried ${[...of].join(' and ')}`);
}

/** The victim's own webhook, after what somebody else has tried. */
async function victimIsHeard(t: ExecutionContext, stage: Stage, what: string): Promise<void> {
  const before = stage.receiver.requests.length;
  t.deepEqual(await webhook(stage, VICTIM, '/victim/hook', { authorization: 'Bearer SECRET-OF-THE-VICTIM' }), { sent: true }, what);
  const [request, ...more] = stage.receiver.requests.slice(before);
  t.is(more.length, 0, what);
  t.is(request?.path, '/victim/hook', what);
  t.true(request?.body.endsWith('"data":{"text":"a customer says: ol\u00c3\u00a1 \u00e2\u0098\u0083"}}'), what);
}

for (const headers of HEADERS) {
  const what = JSON.stringify(headers).slice(0, 60);
  test(`a webhook with ${what} is not sent`, async (t) => {
    const stage = await setStage(t);
    await victimIsHeard(t, stage, what);
    const outcome = await webhook(stage, 'tnt_hostile' as TenantId, '/hostile/hook', headers);
    t.like(outcome, { sent: false });
    t.regex('reason' in outcome ? outcome.reason : '', /^blocked: The (header|request) /);
    t.is(stage.receiver.requests.length, 1);
    await victimIsHeard(t, stage, what);
    onlyAsked(t, stage.receiver, what);
  });
}

test('a flow with any of these headers goes on as where its request failed, and nothing is sent', async (t) => {
  const stage = await setStage(t);
  const { play } = await openHall(t, stage.egress);
  // What is given twice in other letters is one to a flow: the last one counts.
  for (const headers of HEADERS.filter((all) => !('x-a' in all))) {
    const what = JSON.stringify(headers).slice(0, 60);
    const before = stage.receiver.requests.length;
    const step = `- http: POST ${stage.url('/hostile/mine')}\n  headers: ${JSON.stringify(headers)}\n  body: ${JSON.stringify(SMUGGLED)}`;
    const { texts } = await play(step);
    t.regex(texts[0] ?? '', /^failed: The request cannot be made: /, what);
    t.is(stage.receiver.requests.length, before, what);
    await victimIsHeard(t, stage, what);
  }
  onlyAsked(t, stage.receiver, 'flows');
});

test('a body is as long as it is with every method that has one, and a GET has none', async (t) => {
  const stage = await setStage(t);
  const { play } = await openHall(t, stage.egress);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const { texts } = await play(`- http: ${method} ${stage.url('/hostile/mine')}\n  body: ${JSON.stringify(SMUGGLED)}`);
    t.deepEqual(texts, ['answered'], method);
    t.like(stage.receiver.requests.at(-1), { method, path: '/hostile/mine', body: SMUGGLED });
    await victimIsHeard(t, stage, method);
  }
  const before = stage.receiver.requests.length;
  for (const body of ['body: "POST /stolen HTTP/1.1"', 'json: { a: 1 }', 'form: { a: b }']) {
    const { texts } = await play(`- http: GET ${stage.url('/hostile/mine')}\n  ${body}`);
    t.regex(texts[0] ?? '', /^failed: blocked: A GET has no body/);
  }
  t.is(stage.receiver.requests.length, before);
  onlyAsked(t, stage.receiver, 'bodies');
});

test('what a contact writes is text in a URL, a header and a body, and decides nothing', async (t) => {
  const stage = await setStage(t);
  const { hall } = await openHall(t, stage.egress);
  const session = await seed(hall.db);
  const source = flowOf(
    [
      `- http: POST ${stage.url('/hostile/{{ message.text }}/mine')}?q={{ message.text }}`,
      '  headers: { X-Said: "{{ message.text }}" }',
      '  body: "{{ message.text }}"',
      '  retries: 0',
      '  on_error: failed',
      '- say: answered',
      '- end',
      '- id: failed',
      '  say: "failed: {{ http.error }}"',
    ].join('\n'),
  ).replace('- says: [hi]', '- anything: true');
  t.deepEqual((await hall.flows.put(session.tenantId, 'test', source)).name, 'test');
  const said = [
    'a\r\nContent-Length: 0\r\n\r\nPOST /stolen',
    '/../../stolen?x#',
    '\\..\\stolen',
    '%0d%0aX: y',
    '..%2f..',
    '@evil.example/',
  ];
  for (const text of said) {
    const before = stage.receiver.requests.length;
    await hall.receive(session, { text, chat: `${1_000 + before}@c.us` });
    t.is(stage.receiver.requests.length, before + 1, text);
    t.regex(stage.receiver.requests.at(-1)?.path ?? '', /^\/hostile\/[^/]+\/mine\?q=/, text);
    await victimIsHeard(t, stage, text);
  }
  for (const text of ['..', '.', 'snow ☃']) {
    const before = stage.receiver.requests.length;
    await hall.receive(session, { text, chat: `9${1_000 + before}${text.length}@c.us` });
    t.is(stage.receiver.requests.length, before, text);
    t.regex((await hall.texts()).at(-1) ?? '', /^failed: The request cannot be made: /, text);
    await victimIsHeard(t, stage, text);
  }
  onlyAsked(t, stage.receiver, 'contacts');
});

test('no way of writing the URL of a file puts anything but its path on the wire', async (t) => {
  const stage = await setStage(t);
  const { port } = stage.receiver;
  const fetched = [
    `http://127.0.0.1:${port}/hostile/file.png#\r\nX: y`,
    `http://127.0.0.1:${port}/hostile/a\r\nHost: internal.example\r\n\r\nPOST /stolen`,
    `http://127.0.0.1:${port}/hostile/%0d%0aPOST%20/stolen`,
    `http:\\\\127.0.0.1:${port}\\hostile\\file.png`,
    ` http://127.0.0.1:${port}/hostile/ö?☃ `,
  ];
  const refused = [
    `http://user:pass@127.0.0.1:${port}/hostile/x`,
    `http://127.0.0.1@10.0.0.1/hostile/x`,
    `ftp://127.0.0.1:${port}/hostile/x`,
  ];
  const tenantId = 'tnt_hostile' as TenantId;
  const limits = { deadline: 5_000, idle: 5_000, signal: new AbortController().signal };
  for (const url of fetched) {
    await victimIsHeard(t, stage, url);
    const { chunks } = await openUrl(stage.egress, tenantId, url, limits);
    for await (const chunk of chunks) t.is(Buffer.from(chunk).toString(), 'ok', url);
    const { method, path } = stage.receiver.requests.at(-1) ?? {};
    t.is(method, 'GET');
    t.regex(path ?? '', /^\/hostile\/[\x21-\x7e]+$/, url);
  }
  for (const url of refused) await t.throwsAsync(openUrl(stage.egress, tenantId, url, limits), { code: 'url-forbidden' } as never, url);
  await victimIsHeard(t, stage, 'the last');
  onlyAsked(t, stage.receiver, 'files');
});

test('only the methods that the hub uses are sent', async (t) => {
  const stage = await setStage(t);
  for (const method of ['CONNECT', 'TRACE', 'OPTIONS', 'get', '', 'GET /stolen HTTP/1.1\r\nX:', 'PROPFIND']) {
    const url = stage.url('/hostile/x');
    const answer = await stage.egress.request({ tenantId: 'tnt_hostile' as TenantId, method, url, headers: {}, deadline: 1_000 });
    t.like(answer, { error: 'blocked' }, method);
  }
  t.deepEqual(stage.receiver.requests, []);
});

test('what the hub says itself cannot be said by a tenant, and stands once', async (t) => {
  const stage = await setStage(t);
  const ask = (headers: Record<string, string>, own: Record<string, string>) =>
    stage.egress.request({ tenantId: VICTIM, method: 'POST', url: stage.url('/victim/x'), headers, own, body: '{}', deadline: 1_000 });
  t.like(await ask({ 'User-Agent': 'mine' }, { 'user-agent': 'Hookline' }), {
    error: 'blocked',
    detail: 'The header "User-Agent" is set by the hub and cannot be changed',
  });
  t.like(await ask({ 'User-Agent': 'mine', 'X-Name': 'café' }, { 'idempotency-key': 'k' }), { status: 200 });
  const [request, ...more] = stage.receiver.requests;
  t.is(more.length, 0);
  t.deepEqual(request && stage.receiver.header(request, 'x-name'), ['café'], 'latin-1, as it was checked');
});
