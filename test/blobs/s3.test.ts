/** What can be wrong with a server of S3, and what becomes of it. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { LocalCopies } from '../../src/blobs/local-copies.ts';
import { S3Store, type S3StoreOptions } from '../../src/blobs/s3-store.ts';
import type { HooklineError } from '../../src/core/errors.ts';
import { newId, type TenantId } from '../../src/core/ids.ts';
import type { Clock } from '../../src/core/runtime.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { type TestS3, testS3 } from '../helpers/s3.ts';

let s3: TestS3;
test.before(async () => {
  s3 = await testS3();
});
test.after.always(() => s3?.close());

const tenantId: TenantId = newId('tnt', Date.now());
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Retries wait next to nothing. */
const runtimeOf = (clock?: Clock) => testRuntime({ random: () => 0, ...(clock && { clock }) });

async function open(t: ExecutionContext, options: Partial<S3StoreOptions> = {}, runtime = runtimeOf()): Promise<S3Store> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-s3-store-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return new S3Store({ ...s3.options, prefix: sha256(Buffer.from(t.title)).slice(0, 12), directory, ...options }, runtime);
}

async function put(store: S3Store, bytes: Uint8Array): Promise<{ tenantId: TenantId; sha256: string }> {
  const name = { tenantId, sha256: sha256(bytes) };
  await mkdir(store.drafts, { recursive: true });
  await writeFile(join(store.drafts, 'draft'), bytes);
  await store.put(join(store.drafts, 'draft'), name, bytes.length);
  return name;
}

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Hands everything on to the server as it is, signature and all. */
function passOn(asked: IncomingMessage, answer: ServerResponse): void {
  const { method, headers } = asked;
  const onward = httpRequest(new URL(asked.url ?? '', s3.options.endpoint), { method, headers }, (found) => {
    answer.writeHead(found.statusCode ?? 0, found.headers);
    found.pipe(answer);
  });
  asked.pipe(onward);
}

const refusal = (code: string, more = ''): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No</Message>${more}</Error>`;

async function faultOf(t: ExecutionContext, options: Partial<S3StoreOptions>): Promise<string> {
  const store = await open(t, options);
  const error = await t.throwsAsync<HooklineError>(store.check(), { code: 'invalid-configuration' });
  const [fault] = error?.errors ?? [];
  return `${fault?.path} ${fault?.message}`;
}

test('a configuration that cannot be is refused at the start, with what to change and without the secret', async (t) => {
  const bucket = await faultOf(t, { bucket: 'nobodys-bucket' });
  t.regex(bucket, /^HOOKLINE_S3_BUCKET there is no bucket "nobodys-bucket" at http:/);
  t.regex(await faultOf(t, { accessKeyId: 'SOMEBODY' }), /^HOOKLINE_S3_ACCESS_KEY_ID is no key that http:/);
  const secret = await faultOf(t, { secretAccessKey: 'not-the-secret' });
  t.regex(secret, /^HOOKLINE_S3_SECRET_ACCESS_KEY is not the secret of this access key/);
  t.notRegex(secret, /not-the-secret/);
  const page = await serve(t, (_, answer) => answer.end('<html>Welcome</html>'));
  t.regex(await faultOf(t, { endpoint: page }), /^HOOKLINE_S3_ENDPOINT http:\S+ is no S3/);
  const forbids = await serve(t, (_, answer) => answer.writeHead(403).end(refusal('AccessDenied')));
  t.regex(await faultOf(t, { endpoint: forbids }), /^HOOKLINE_S3_ACCESS_KEY_ID may not use .*it needs s3:ListBucket/);
});

test('a key that may read and not write is known at the start', async (t) => {
  const endpoint = await serve(t, (asked, answer) => {
    if (asked.method === 'PUT') answer.writeHead(403).end(refusal('AccessDenied'));
    else passOn(asked, answer);
  });
  t.regex(await faultOf(t, { endpoint }), /^HOOKLINE_S3_ACCESS_KEY_ID may not use/);
});

test('no redirect is followed: where the bucket is elsewhere that is said', async (t) => {
  let asked = 0;
  const elsewhere = await serve(t, (_, answer) => {
    asked++;
    answer.end();
  });
  const endpoint = await serve(t, (_, answer) => {
    const headers = { location: elsewhere, 'x-amz-bucket-region': 'eu-central-1' };
    answer.writeHead(301, headers).end(refusal('PermanentRedirect'));
  });
  t.regex(await faultOf(t, { endpoint }), /^HOOKLINE_S3_REGION is "us-east-1", and the bucket .* is in "eu-central-1"$/);
  t.is(asked, 0);
});

test('a server that is not there yet is waited for, and then named', async (t) => {
  const gone = await serve(t, () => undefined);
  const port = Number(new URL(gone).port) ^ 1;
  const store = await open(t, { endpoint: `http://127.0.0.1:${port}`, patience: 0 });
  await t.throwsAsync(store.check(), { code: 'storage-unavailable', message: /store of files \(s3:.* cannot be reached: .*ECONNREFUSED/ });
  let isUp = false;
  const slow = await serve(t, (asked, answer) => {
    if (isUp) passOn(asked, answer);
    else answer.writeHead(503).end(refusal('ServiceUnavailable'));
  });
  const runtime = runtimeOf();
  const checked = (await open(t, { endpoint: slow, patience: 60_000 }, runtime)).check();
  while (runtime.log.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  t.like(runtime.log.lines[0], { level: 'warn', message: 'The store of files does not answer yet' });
  isUp = true;
  await checked;
});

test('what may pass is tried again, so many times; then the hub says when to come back', async (t) => {
  let failures = 0;
  const seen: string[] = [];
  const endpoint = await serve(t, (asked, answer) => {
    seen.push(asked.method ?? '');
    if (failures-- > 0) answer.writeHead(503).end(refusal('SlowDown'));
    else passOn(asked, answer);
  });
  const store = await open(t, { endpoint });
  failures = 2;
  const bytes = Buffer.from('a file');
  const name = await put(store, bytes);
  t.deepEqual(seen, ['PUT', 'PUT', 'PUT']);
  failures = 1;
  t.is((await store.find(name))?.size, bytes.length);
  failures = 99;
  const error = await t.throwsAsync<HooklineError>(store.find(name), { code: 'storage-unavailable' });
  t.is(error?.retryAfter, 30);
  t.regex(error?.message ?? '', /503/);
});

test('a clock that is wrong by hours makes signatures by that of the server', async (t) => {
  const clock = new FakeClock(Date.now() - 3 * 3_600_000);
  const store = await open(t, {}, runtimeOf(clock));
  const name = await put(store, Buffer.from('late'));
  t.is((await store.find(name))?.size, 4);
});

test('a file that breaks off on its way, or is another one, is none', async (t) => {
  const bytes = Buffer.from('the whole file');
  let answers: (answer: ServerResponse) => void = () => undefined;
  const endpoint = await serve(t, (asked, answer) => (asked.method === 'GET' ? answers(answer) : passOn(asked, answer)));
  await put(await open(t), bytes);
  const other = await open(t, { endpoint });
  const name = { tenantId, sha256: sha256(bytes) };
  answers = (answer) => {
    answer.writeHead(200, { 'content-length': String(bytes.length) });
    answer.write(bytes.subarray(0, 4), () => answer.destroy());
  };
  await t.throwsAsync(other.local(name), { code: 'storage-unavailable' });
  answers = (answer) => answer.end('another file!!');
  await t.throwsAsync(other.local(name), { code: 'storage-unavailable', message: /not what was put/ });
  t.deepEqual(await readdir(other.drafts), []);
});

test('a bucket that keeps what is removed is warned of', async (t) => {
  const endpoint = await serve(t, (asked, answer) => {
    const versions = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
    if (asked.url?.includes('versioning')) answer.end(versions);
    else passOn(asked, answer);
  });
  const runtime = runtimeOf();
  await (await open(t, { endpoint }, runtime)).check();
  t.regex(runtime.log.lines.map(({ message }) => message).join(), /keeps versions of what is removed/);
  const quiet = runtimeOf();
  await (await open(t, {}, quiet)).check();
  t.deepEqual(quiet.log.lines, []);
});

test('two hubs share a bucket by prefixes, and neither sees what is of the other', async (t) => {
  const [one, other] = [await open(t, { prefix: 'hubs/one' }), await open(t, { prefix: 'hubs/other' })];
  const name = await put(one, Buffer.from('of one'));
  t.is(await other.find(name), null);
  for await (const tenant of other.tenants()) t.fail(tenant);
  for await (const tenant of one.tenants()) t.is(tenant, tenantId);
  t.is(one.place, `s3://${s3.options.bucket}/hubs/one`);
});

test('a long list comes in pages', async (t) => {
  const names = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
  const asked: (string | null)[] = [];
  const endpoint = await serve(t, (request, answer) => {
    const query = new URL(request.url ?? '', 'http://s3').searchParams;
    const token = query.get('continuation-token');
    asked.push(token);
    const at = token === null ? 0 : Number(token.slice('a+b/='.length));
    const next =
      at + 1 < names.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>a+b/=${at + 1}</NextContinuationToken>` : '';
    const object = `<Contents><Key>${query.get('prefix')}${names[at]?.slice(0, 2)}/${names[at]}</Key><Size>1</Size></Contents>`;
    answer.end(
      `<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${object}${next}</ListBucketResult>`,
    );
  });
  const found: string[] = [];
  for await (const name of (await open(t, { endpoint })).list(tenantId)) found.push(name);
  t.deepEqual(found, names);
  t.deepEqual(asked, [null, 'a+b/=1', 'a+b/=2']);
});

test('a large file goes up and comes down in pieces', async (t) => {
  const store = await open(t);
  const bytes = Buffer.alloc(9 * 1_048_576, 'large');
  const name = await put(store, bytes);
  const fresh = await open(t);
  const read = await fresh.read(name, { start: 8 * 1_048_576, end: 9 * 1_048_576 - 1 });
  t.is((await buffer(read as NonNullable<typeof read>)).length, 1_048_576);
  t.truthy(await fresh.local(name));
});

test('copies on this machine: those that were used last, for some minutes, and up to so many bytes', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-copies-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const clock = new FakeClock();
  const copies = new LocalCopies(join(directory, 'own'), 25, clock);
  const take = async (content: string) => {
    await writeFile(join(directory, 'draft'), content);
    const name = { tenantId, sha256: sha256(Buffer.from(content)) };
    await copies.take(join(directory, 'draft'), name, content.length);
    return name;
  };
  const [first, second] = [await take('ten bytes!'), await take('ten others')];
  await take('ten of 3rd');
  t.truthy(await copies.find(first), 'it is in use');
  clock.advance(61_000);
  t.truthy(await copies.find(first));
  const third = await take('ten of 4th');
  t.is(await copies.find(second), null, 'the one used longest ago made room');
  t.truthy(await copies.find(first));
  await copies.remove(first);
  t.is(await copies.find(first), null);
  t.truthy(await copies.find(third));
  for (let minute = 0; minute < 17; minute++) {
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.deepEqual(await readdir(join(directory, 'own')), []);
});
