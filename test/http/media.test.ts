/** Files over HTTP as a client sends and gets them: each way right and wrong, and what a refusal leaves behind. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Hub, IN_CLUSTER, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { databaseOf } from '../helpers/hub-database.ts';
import { PNG } from '../messages/media/world.ts';
import { isRefused, type Tenant, tenantOf } from './answers.ts';

const CHAT = '5511988887777';
const LIMIT = 2_000_000;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const HTML = Buffer.from('<html><script>alert(1)</script></html>');

let hub: Hub;
test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_MEDIA_MAX_BYTES: String(LIMIT), HOOKLINE_MEDIA_IDLE_SECONDS: '2' } });
});
test.after.always(() => hub.dispose());

const files = (folder: string): Promise<string[]> =>
  readdir(join(hub.directory, 'data/media', folder), { recursive: true }).catch(() => []);

/** Every file of a tenant, by its sha256. In a cluster one that no row names any more stays for some minutes, for which no test waits. */
async function kept(tenant: Tenant): Promise<string[]> {
  const names = (await files(tenant.id)).filter((name) => name.length > 2).map((name) => name.slice(3));
  if (!IN_CLUSTER) return names;
  const sql = databaseOf(hub);
  const named: string[] = await sql('media')
    .where({ tenant_id: tenant.id })
    .pluck('sha256')
    .finally(() => sql.destroy());
  return names.filter((name) => named.includes(name));
}

/** Those that are half written, whosever they are. */
const begunFiles = (): Promise<string[]> => files('.incoming');

async function shop(): Promise<Tenant> {
  const tenant = await tenantOf(hub);
  await linkedSandbox(tenant.call, 'shop');
  return tenant;
}

interface Part {
  name: string;
  value: string | Buffer;
  filename?: string;
  type?: string;
}

const file = (value: Buffer, filename = 'a.png', type = 'image/png'): Part => ({ name: 'file', value, filename, type });
const fields = (members: Record<string, string>): Part[] => Object.entries(members).map(([name, value]) => ({ name, value }));

/** As it goes over the wire, so that nothing is put right on the way. */
function form(parts: Part[], end = '--x--\r\n') {
  const body = Buffer.concat([
    ...parts.flatMap(({ name, value, filename, type }) => [
      Buffer.from(`--x\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n`),
      Buffer.from(`${type ? `Content-Type: ${type}\r\n` : ''}\r\n`),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(end),
  ]);
  return { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=x' } };
}

const upload = (tenant: Tenant, part: Part) => tenant.send({ path: '/api/media', ...form([part]) });
const send = (tenant: Tenant, parts: Part[], headers: Record<string, string> = {}) => {
  const { headers: own, ...request } = form(parts);
  return tenant.send({ path: '/api/sessions/shop/messages', ...request, headers: { ...own, ...headers } });
};

async function bytes(tenant: Tenant, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await fetch(hub.base + path, { method, headers: { authorization: `Bearer ${tenant.key}`, ...headers } });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}

test('a file that came in is downloaded byte for byte, and says what it is', async (t) => {
  const tenant = await shop();
  const media = { base64: PNG.toString('base64'), mimetype: 'image/png', filename: 'photo.png' };
  await tenant.post('/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'image', media });
  const { data } = await until(async () => (await tenant.call('GET', '/api/events?types=media.ready')).json.data[0] ?? false, {
    what: 'media.ready',
  });
  t.is(data.media.url, `/api/media/${data.media.id}`);
  const answer = await bytes(tenant, data.media.url);
  t.is(answer.status, 200);
  t.deepEqual(answer.body, PNG);
  t.is(answer.headers.get('content-length'), String(PNG.length));
  t.is(answer.headers.get('content-type'), 'image/png');
  t.is(answer.headers.get('accept-ranges'), 'bytes');
  t.is(answer.headers.get('cache-control'), 'private, no-cache');
  const info = (await tenant.call('GET', `${data.media.url}/info`)).json;
  t.like(info, { ...data.media, direction: 'inbound', messageId: data.messageId });
});

test('what is not here yet says so and when to ask again; what cannot be had says why', async (t) => {
  const tenant = await shop();
  const receive = async (fault: object) => {
    await tenant.post('/api/sessions/shop/sandbox/faults', { media: fault });
    await tenant.post('/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'image', media: { mimetype: 'image/png', size: 10 } });
    const { media } = (await tenant.call('GET', '/api/sessions/shop/messages')).json.data[0];
    return `/api/media/${media.id}`;
  };
  const pending = await receive({ failNext: 1_000 });
  const early = await tenant.call('GET', pending);
  isRefused(t, early, 'pending', { status: 409, code: 'media-unavailable' });
  t.is(early.headers.get('retry-after'), '5');
  t.like((await tenant.call('GET', `${pending}/info`)).json, { status: 'pending', url: null });
  const failed = await receive({ failNext: 0, gone: true });
  await until(async () => (await tenant.call('GET', `${failed}/info`)).json.status === 'failed', { what: 'it to fail' });
  const never = await tenant.call('GET', failed);
  isRefused(t, never, 'failed', { status: 409, code: 'media-unavailable' });
  t.is(never.headers.get('retry-after'), null);
  t.true(never.json.detail.includes((await tenant.call('GET', `${failed}/info`)).json.error.message));
});

test('a range, and only one that makes sense, is a part', async (t) => {
  const tenant = await tenantOf(hub);
  // Behind a byte that begins no type of file: what is random may look like one.
  const whole = Buffer.concat([Buffer.alloc(1), randomBytes(999)]);
  const { url } = (await upload(tenant, file(whole, 'r.bin', 'a/b'))).json;
  const etag = `"${sha256(whole)}"`;
  const table: [Record<string, string>, number, string | null, Buffer][] = [
    [{ range: 'bytes=0-9' }, 206, 'bytes 0-9/1000', whole.subarray(0, 10)],
    [{ range: 'bytes=990-' }, 206, 'bytes 990-999/1000', whole.subarray(990)],
    [{ range: 'bytes=-10' }, 206, 'bytes 990-999/1000', whole.subarray(990)],
    [{ range: 'bytes=-5000' }, 206, 'bytes 0-999/1000', whole],
    [{ range: 'bytes=500-5000' }, 206, 'bytes 500-999/1000', whole.subarray(500)],
    [{ range: 'bytes=0-9', 'if-range': etag }, 206, 'bytes 0-9/1000', whole.subarray(0, 10)],
    [{ range: 'bytes=0-9', 'if-range': '"other"' }, 200, null, whole],
    [{ range: 'bytes=0-9', 'if-range': 'Wed, 25 Nov 2026 09:00:00 GMT' }, 200, null, whole],
    [{ range: 'bytes=9-0' }, 200, null, whole],
    [{ range: 'bytes=0-1,5-6' }, 200, null, whole],
    [{ range: 'lines=0-1' }, 200, null, whole],
    [{ range: 'bytes=a-b' }, 200, null, whole],
    [{ 'if-none-match': etag }, 304, null, Buffer.alloc(0)],
    [{ 'if-none-match': etag, range: 'bytes=5000-' }, 304, null, Buffer.alloc(0)],
    [{ 'if-none-match': '"other"' }, 200, null, whole],
  ];
  for (const [headers, status, range, body] of table) {
    const what = JSON.stringify(headers);
    const answer = await bytes(tenant, url, headers);
    t.is(answer.status, status, what);
    t.is(answer.headers.get('content-range'), range, what);
    t.deepEqual(answer.body, body, what);
    t.is(answer.headers.get('etag'), etag, what);
    if (status !== 304) t.is(answer.headers.get('content-length'), String(body.length), what);
  }
  for (const range of ['bytes=1000-', 'bytes=5000-6000', 'bytes=-0']) {
    const answer = await tenant.call('GET', url, undefined, { range });
    isRefused(t, answer, range, { status: 416, code: 'range-not-satisfiable' });
    t.is(answer.headers.get('content-range'), 'bytes */1000');
  }
  const head = await bytes(tenant, url, {}, 'HEAD');
  t.is(head.status, 200);
  t.is(head.headers.get('content-length'), '1000');
  t.is(head.headers.get('content-type'), 'a/b');
});

test('only what cannot run anything is shown in a browser, and every name arrives as it was', async (t) => {
  const tenant = await tenantOf(hub);
  const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const table: [Part, string][] = [
    [file(PNG, 'a.png'), 'inline; filename="a.png"'],
    [file(PNG, 'a.svg', 'image/svg+xml'), 'inline; filename="a.svg"'],
    [file(SVG, 'a.svg', 'image/svg+xml'), 'attachment; filename="a.svg"'],
    [file(SVG, 'a.png', 'image/png'), 'attachment; filename="a.png"'],
    [file(HTML, 'a.html', 'text/html'), 'attachment; filename="a.html"'],
    [file(HTML, 'a.xhtml', 'application/xhtml+xml; charset=utf-8'), 'attachment; filename="a.xhtml"'],
    [file(HTML, 'a.xml', 'text/xml'), 'attachment; filename="a.xml"'],
    [file(HTML, 'a.js', 'text/javascript'), 'attachment; filename="a.js"'],
    [file(Buffer.from('{}'), 'a.json', 'application/json'), 'attachment; filename="a.json"'],
    [file(Buffer.from('%PDF-1.7\n1 0 obj'), 'a.pdf', 'application/pdf'), 'attachment; filename="a.pdf"'],
    [
      file(Buffer.from('text'), '契約.txt', 'text/plain'),
      `attachment; filename="??.txt"; filename*=UTF-8''${encodeURIComponent('契約.txt')}`,
    ],
    [file(Buffer.from('text'), 'ü.txt', 'text/plain'), 'attachment; filename="?.txt"; filename*=UTF-8\'\'%C3%BC.txt'],
    [file(Buffer.from('text'), 'a;b, c.txt', 'text/plain'), 'attachment; filename="a;b, c.txt"'],
    [file(Buffer.from('text'), 'gpj.\u202Eexe', 'text/plain'), 'attachment; filename="gpj.exe"'],
    [file(Buffer.from('text'), '../../etc/passwd', 'text/plain'), 'attachment; filename="passwd"'],
    [
      file(Buffer.from('text'), `${'x'.repeat(254)}👋`, 'text/plain'),
      `attachment; filename="${'x'.repeat(254)}?"; filename*=UTF-8''${'x'.repeat(254)}%EF%BF%BD`,
    ],
  ];
  for (const [part, disposition] of table) {
    const { status, json, text } = await upload(tenant, part);
    t.is(status, 201, text);
    const { headers, body } = await bytes(tenant, json.url);
    t.is(headers.get('content-disposition'), disposition);
    t.deepEqual(body, part.value);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.regex(headers.get('content-security-policy') ?? '', /^default-src 'none'.*; sandbox$/);
    const isScript = part.value === SVG || part.value === HTML || disposition.endsWith('.pdf"');
    t.is(headers.get('content-type') === 'application/octet-stream', isScript, disposition);
    if (disposition.startsWith('attachment')) t.notRegex(headers.get('content-type') ?? '', /^image\/png/);
  }
  // Line breaks and quotes as JSON can carry them, where no form would.
  const { id } = await linkedThen(tenant, {
    base64: 'AAAA',
    filename: 'a"\r\nSet-Cookie: x=y\r\n.txt',
    mimetype: 'text/plain; a="\u00e9"',
  });
  const { status, headers } = await bytes(tenant, `/api/media/${id}`);
  t.is(status, 200);
  t.is(headers.get('set-cookie'), null);
  t.is(headers.get('content-disposition'), 'attachment; filename="a\\"Set-Cookie: x=y.txt"');
  t.is(headers.get('content-type'), 'application/octet-stream');
  const again = await bytes(tenant, `/api/media/${id}`, { 'if-none-match': headers.get('etag') ?? '' });
  t.is(again.status, 304);
  t.is(again.headers.get('content-security-policy'), headers.get('content-security-policy'), 'a cache takes over what a 304 says');
});

async function linkedThen(tenant: Tenant, media: object): Promise<{ id: string }> {
  await linkedSandbox(tenant.call, 'shop');
  const sent = await tenant.post('/api/sessions/shop/messages', { to: CHAT, type: 'document', media });
  return sent.json.media;
}

test('an upload is sent by its id, and the same bytes are on disk once', async (t) => {
  const tenant = await shop();
  const [first, second] = [(await upload(tenant, file(PNG, 'a.png'))).json, (await upload(tenant, file(PNG, 'b.png'))).json];
  t.not(first.id, second.id);
  const alone = await tenant.send({
    method: 'POST',
    path: '/api/media?filename=c.png',
    body: PNG,
    headers: { 'content-type': 'image/png' },
  });
  t.is(alone.status, 201);
  t.like(alone.json, { filename: 'c.png', mimetype: 'image/png', size: PNG.length, status: 'ready' });
  t.deepEqual(await kept(tenant), [sha256(PNG)]);
  const sent = await tenant.post('/api/sessions/shop/messages', { to: CHAT, type: 'image', media: { mediaId: first.id } });
  t.is(sent.status, 202);
  const seen = await until(async () => (await tenant.call('GET', '/api/sessions/shop/sandbox/outbox')).json.data[0]);
  t.like(seen.media, { sha256: sha256(PNG), size: PNG.length, mimetype: 'image/png', filename: 'a.png' });
  for (const { id } of [first, second, alone.json, sent.json.media]) {
    t.deepEqual(await kept(tenant), [sha256(PNG)]);
    t.is((await tenant.call('DELETE', `/api/media/${id}`)).status, 204);
    isRefused(t, await tenant.call('DELETE', `/api/media/${id}`), 'again', { status: 404 });
  }
  t.deepEqual(await kept(tenant), []);
  const gone = await tenant.call('GET', `/api/media/${sent.json.media.id}`);
  isRefused(t, gone, 'removed', { status: 404, code: 'not-found' });
  t.regex(gone.json.detail, /has been removed/);
  t.is((await tenant.call('GET', `/api/messages/${sent.json.id}`)).json.media.status, 'removed');
});

test("another tenant's media is not there, neither to read nor to remove nor to send", async (t) => {
  const [theirs, mine] = [await tenantOf(hub), await shop()];
  const { id } = (await upload(theirs, file(PNG))).json;
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/info'],
    ['DELETE', ''],
  ] as const) {
    isRefused(t, await mine.call(method, `/api/media/${id}${path}`), method, { status: 404, code: 'not-found' });
  }
  const sent = await mine.post('/api/sessions/shop/messages', { to: CHAT, type: 'image', media: { mediaId: id } });
  isRefused(t, sent, 'send', { status: 422, code: 'invalid-body', at: 'media.mediaId' });
  t.is((await theirs.call('GET', `/api/media/${id}`)).status, 200);
});

test('a message comes with its file: the fields are its members', async (t) => {
  const tenant = await shop();
  const members = { to: CHAT, type: 'document', caption: '123', reference: 'r', priority: '5', typing: 'false' };
  const parts = [...fields(members), { name: 'mentions', value: CHAT }, { name: 'mentions', value: `["${CHAT}"]` }, file(PNG, 'ü.png')];
  const sent = await send(tenant, parts);
  t.is(sent.status, 202, sent.text);
  t.like(sent.json, { type: 'document', caption: '123', reference: 'r', mentions: [`${CHAT}@c.us`, `${CHAT}@c.us`] });
  t.like(sent.json.media, { filename: 'ü.png', mimetype: 'image/png', size: PNG.length, status: 'ready' });
  t.is((await tenant.call('GET', `/api/messages/${sent.json.id}`)).json.priority, 5);
  // The file may stand before what it is for.
  const whole = await send(tenant, [
    file(HTML, 'a.html', 'text/html'),
    ...fields({ message: JSON.stringify({ to: CHAT, type: 'document' }) }),
  ]);
  t.is(whole.status, 202, whole.text);
  const outbox = await until(async () => {
    const { data } = (await tenant.call('GET', '/api/sessions/shop/sandbox/outbox')).json;
    return data.length === 2 && data;
  });
  t.deepEqual(
    outbox.map(({ media }: { media: object }) => media),
    [
      { sha256: sha256(PNG), size: PNG.length, mimetype: 'image/png', filename: 'ü.png' },
      { sha256: sha256(HTML), size: HTML.length, mimetype: 'text/html', filename: 'a.html' },
    ],
  );
});

test('the same key with the same file is one message, however many ask; with another file it is refused', async (t) => {
  const tenant = await shop();
  const key = { 'idempotency-key': 'k' };
  const parts = [...fields({ to: CHAT, type: 'image' }), file(PNG)];
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(tenant, parts, key)));
  t.deepEqual(new Set(answers.map(({ status, json }) => `${status} ${json.id} ${json.media.id}`)).size, 1, answers[1]?.text);
  t.is(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null).length, 1);
  const other = Buffer.concat([PNG, PNG]);
  for (const changed of [
    [...fields({ to: CHAT, type: 'image' }), file(other)],
    [...fields({ to: CHAT, type: 'image', caption: 'x' }), file(PNG)],
  ]) {
    isRefused(t, await send(tenant, changed, key), 'changed', { status: 422, code: 'idempotency-mismatch' });
  }
  t.deepEqual(await kept(tenant), [sha256(PNG)]);
  t.is((await tenant.call('GET', '/api/sessions/shop/messages')).json.data.length, 1);
});

test('what is wrong is said precisely, and leaves no file behind', async (t) => {
  const tenant = await shop();
  const to = fields({ to: CHAT, type: 'image' });
  const big = file(randomBytes(LIMIT + 1), 'big.bin', 'a/b');
  const refusals: [string, ReturnType<typeof form>, { status: number; code: string; at?: string }][] = [
    ['no file', form(to), { status: 422, code: 'invalid-body', at: 'file' }],
    ['a file that is text', form([...to, { name: 'file', value: 'x' }]), { status: 422, code: 'invalid-body', at: 'file' }],
    ['two files', form([...to, file(PNG), file(HTML)]), { status: 422, code: 'invalid-body', at: 'file' }],
    ['a file of another name', form([...to, { ...file(PNG), name: 'photo' }]), { status: 422, code: 'invalid-body', at: 'photo' }],
    ['an unknown field', form([file(PNG), ...to, ...fields({ colour: 'red' })]), { status: 422, code: 'invalid-body', at: 'colour' }],
    ['a field twice', form([file(PNG), ...to, ...fields({ to: CHAT })]), { status: 422, code: 'invalid-body', at: 'to' }],
    ['no recipient', form([file(PNG), ...fields({ type: 'image' })]), { status: 422, code: 'invalid-body', at: 'to' }],
    ['a wrong recipient', form([file(PNG), ...fields({ to: '12', type: 'image' })]), { status: 422, code: 'recipient-invalid', at: 'to' }],
    ['no number', form([file(PNG), ...to, ...fields({ priority: 'high' })]), { status: 422, code: 'invalid-body', at: 'priority' }],
    ['text with a file', form([file(PNG), ...fields({ to: CHAT, type: 'text' })]), { status: 422, code: 'invalid-body', at: 'type' }],
    ['media besides', form([file(PNG), ...to, ...fields({ media: '{}' })]), { status: 422, code: 'invalid-body', at: 'media' }],
    ['no object', form([file(PNG), ...fields({ message: '[]' })]), { status: 422, code: 'invalid-body', at: 'message' }],
    ['both', form([file(PNG), ...to, ...fields({ message: '{}' })]), { status: 422, code: 'invalid-body', at: 'to' }],
    ['an unknown target', form([file(PNG), ...to, ...fields({ replyTo: 'msg_1' })]), { status: 422, code: 'invalid-body', at: 'replyTo' }],
    ['an empty file', form([file(Buffer.alloc(0)), ...to]), { status: 422, code: 'media-invalid' }],
    ['too large', form([...to, big]), { status: 413, code: 'media-too-large' }],
    ['a field too large', form([file(PNG), ...fields({ caption: 'x'.repeat(1_100_000) })]), { status: 413, code: 'payload-too-large' }],
    ['too many fields', form(Array.from({ length: 60 }, () => ({ name: 'a', value: 'b' }))), { status: 413, code: 'payload-too-large' }],
    ['no end', form([file(PNG), ...to], ''), { status: 400, code: 'bad-request' }],
    [
      'cut in the file',
      form([], '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'),
      { status: 400, code: 'bad-request' },
    ],
    ['not a form', { ...form([]), body: Buffer.from('hello') }, { status: 400, code: 'bad-request' }],
    ['no boundary', { ...form(to), headers: { 'content-type': 'multipart/form-data' } }, { status: 400, code: 'bad-request' }],
  ];
  for (const [what, request, expected] of refusals) {
    isRefused(t, await tenant.send({ path: '/api/sessions/shop/messages', ...request }), what, expected);
  }
  const uploads: [string, Record<string, string>, Buffer, { status: number; code: string; at?: string }][] = [
    ['JSON', { 'content-type': 'application/json' }, Buffer.from('{}'), { status: 415, code: 'unsupported-media-type' }],
    ['no type', {}, PNG, { status: 415, code: 'unsupported-media-type' }],
    ['as curl -d sends', { 'content-type': 'application/x-www-form-urlencoded' }, PNG, { status: 415, code: 'unsupported-media-type' }],
    ['too large', { 'content-type': 'a/b' }, randomBytes(LIMIT + 1), { status: 413, code: 'media-too-large' }],
    [
      'too large, unannounced',
      { 'content-type': 'a/b', 'transfer-encoding': 'chunked' },
      randomBytes(LIMIT + 1),
      { status: 413, code: 'media-too-large' },
    ],
    ['empty', { 'content-type': 'a/b' }, Buffer.alloc(0), { status: 422, code: 'media-invalid' }],
    ['a field', form([]).headers, form([file(PNG), ...fields({ to: CHAT })]).body, { status: 422, code: 'invalid-body', at: 'to' }],
  ];
  for (const [what, headers, body, expected] of uploads) {
    isRefused(t, await tenant.send({ method: 'POST', path: '/api/media', body, headers }), what, expected);
  }
  t.deepEqual((await tenant.call('GET', '/api/sessions/shop/messages')).json.data, []);
  t.deepEqual(await kept(tenant), []);
});

/** The answer to a request whose body stops in the middle; empty when the connection is cut by us. */
async function stopped(tenant: Tenant, path: string, type: string, begun: Buffer, { cut = false } = {}): Promise<string> {
  const socket = connect(hub.port, '127.0.0.1');
  const head = `POST ${path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${tenant.key}\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), begun]));
  if (cut) {
    await until(async () => (await begunFiles()).length > 0, { what: 'a file to begin' });
    socket.destroy();
    return '';
  }
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'close');
  return text;
}

test.serial('an uploader who stops is answered and let go; what was written of the file is removed', async (t) => {
  const tenant = await shop();
  const begun = form([file(randomBytes(5_000))], '').body;
  for (const [path, type, body] of [
    ['/api/media', 'multipart/form-data; boundary=x', begun],
    ['/api/media', 'a/b', randomBytes(5_000)],
    ['/api/sessions/shop/messages', 'multipart/form-data; boundary=x', begun],
  ] as const) {
    const answer = await stopped(tenant, path, type, body);
    t.regex(answer, /^HTTP\/1\.1 408 /);
    t.regex(answer, /"code":"request-timeout"/);
    await until(async () => (await begunFiles()).length === 0, { what: 'the beginning to be removed' });
    await stopped(tenant, path, type, body, { cut: true });
    await until(async () => (await begunFiles()).length === 0, { what: 'the beginning to be removed' });
  }
  t.deepEqual(await kept(tenant), []);
});

test("the operator's limits for a tenant hold for what it uploads, sends and receives", async (t) => {
  const tenant = await shop();
  const limit = (media: object) => hub.admin('PATCH', `/api/tenants/${tenant.id}`, { settings: { media } });
  t.is((await limit({ maxBytes: 1_000 })).status, 200);
  isRefused(t, await upload(tenant, file(randomBytes(1_001))), 'upload', { status: 413, code: 'media-too-large' });
  isRefused(t, await send(tenant, [...fields({ to: CHAT, type: 'image' }), file(randomBytes(1_001))]), 'send', { status: 413 });
  t.is((await upload(tenant, file(randomBytes(1_000)))).status, 201);
  await tenant.post('/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'image', media: { mimetype: 'a/b', size: 1_001 } });
  const failed = await until(async () => (await tenant.call('GET', '/api/events?types=media.failed')).json.data[0]);
  t.is(failed.data.error.code, 'media-too-large');
  await limit({ maxBytes: null, quotaBytes: 2_500 });
  t.is((await upload(tenant, file(randomBytes(1_500)))).status, 201);
  const full = await upload(tenant, file(randomBytes(100)));
  t.like(full.json, { status: 409, code: 'limit-reached', limit: { name: 'mediaBytes', limit: 2_500, used: 2_500 } });
  await limit({ quotaBytes: null });
  t.is((await upload(tenant, file(randomBytes(100)))).status, 201);
  t.is((await kept(tenant)).length, 3);
});

test('media by URL goes through the guard, and is fetched whole', async (t) => {
  const body = randomBytes(300_000);
  const server = createServer((_, response) => response.setHeader('content-type', 'a/b').end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const tenant = await shop();
  const by = (url: string) => tenant.post('/api/sessions/shop/messages', { to: CHAT, type: 'document', media: { url } });
  for (const url of ['http://169.254.169.254/latest', 'http://10.0.0.1/a', 'file:///etc/passwd', 'http://0x0a000001/']) {
    isRefused(t, await by(url), url, { status: 422, code: 'url-forbidden', at: 'media.url' });
  }
  const sent = await by(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files/report.bin`);
  t.is(sent.status, 202, sent.text);
  const seen = await until(async () => (await tenant.call('GET', '/api/sessions/shop/sandbox/outbox')).json.data[0]);
  t.like(seen.media, { sha256: sha256(body), size: body.length, filename: 'report.bin' });
  t.deepEqual((await bytes(tenant, `/api/media/${sent.json.media.id}`)).body, body);
});

test.serial('whoever takes nothing of a download is let go', async (t) => {
  const tenant = await shop();
  await hub.admin('PATCH', `/api/tenants/${tenant.id}`, { settings: { media: { maxBytes: 50_000_000 } } });
  await tenant.post('/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'document', media: { mimetype: 'a/b', size: 16_000_000 } });
  const media = await until(async () => (await tenant.call('GET', '/api/events?types=media.ready')).json.data[0]?.data.media);
  const socket = connect(hub.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write(`GET ${media.url} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${tenant.key}\r\n\r\n`);
  await once(socket, 'readable');
  const openFiles = async (): Promise<number> => {
    const links = await readdir(`/proc/${hub.pid}/fd`).catch(() => []);
    const { readlink } = await import('node:fs/promises');
    const paths = await Promise.all(links.map((link) => readlink(`/proc/${hub.pid}/fd/${link}`).catch(() => '')));
    return paths.filter((path) => path.includes(tenant.id)).length;
  };
  await until(async () => (await openFiles()) === 0, { what: 'the file to be closed' });
  t.pass();
});

test('a reader may not upload, a sender may not read', async (t: ExecutionContext) => {
  const tenant = await tenantOf(hub);
  const keyed = async (scope: string) => hub.as((await hub.admin('POST', `/api/tenants/${tenant.id}/keys`, { scopes: [scope] })).json.key);
  const [reader, sender] = [await keyed('messages:read'), await keyed('messages:send')];
  const { url } = (await upload(tenant, file(PNG))).json;
  t.is((await reader('GET', url)).status, 200);
  isRefused(t, await reader('DELETE', url), 'delete', { status: 403 });
  isRefused(t, await reader('POST', '/api/media', 'x', { 'content-type': 'a/b' }), 'upload', { status: 403 });
  isRefused(t, await sender('GET', url), 'read', { status: 403 });
  t.is((await sender('DELETE', url)).status, 204);
});
