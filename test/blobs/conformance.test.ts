/** What every store of files does, whichever it is: on a disk, in a directory that several hubs share, and in S3. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { type BlobStore, pathOf } from '../../src/blobs/blob-store.ts';
import { DiskStore } from '../../src/blobs/disk-store.ts';
import { S3Store } from '../../src/blobs/s3-store.ts';
import { HooklineError } from '../../src/core/errors.ts';
import { type HubId, newId, type TenantId } from '../../src/core/ids.ts';
import { Blobs, PIN_LASTS } from '../../src/messages/media/blobs.ts';
import { testRuntime } from '../helpers/runtime.ts';
import { type TestS3, testS3 } from '../helpers/s3.ts';

interface Node {
  store: BlobStore;
  blobs: Blobs;
}

interface Stores {
  a: Node;
  /** Another hub on the same files. */
  b: Node;
  /** As if it had been put so many ms ago; false where that cannot be played. */
  age(name: { tenantId: TenantId; sha256: string }, ms: number): Promise<boolean>;
}

let s3: TestS3;
test.before(async () => {
  s3 = await testS3();
});
test.after.always(() => s3?.close());

const runtime = testRuntime();

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hookline-blobs-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

const nodeOf = (store: BlobStore, isShared: boolean): Node => ({ store, blobs: new Blobs(store, runtime.clock, { isShared }) });

const onDisk =
  (isShared: boolean) =>
  async (t: ExecutionContext): Promise<Stores> => {
    const path = await directory(t);
    const age: Stores['age'] = async (name, ms) => {
      const then = new Date(Date.now() - ms);
      await utimes(join(path, pathOf(name)), then, then);
      return true;
    };
    return { a: nodeOf(new DiskStore(path), isShared), b: nodeOf(new DiskStore(path), isShared), age };
  };

const inS3 =
  (isShared: boolean, options = () => s3.options) =>
  async (t: ExecutionContext): Promise<Stores> => {
    const prefix = `test-${randomUUID()}/media`;
    const open = async () => nodeOf(new S3Store({ ...options(), prefix, page: s3.page, directory: await directory(t) }, runtime), isShared);
    return { a: await open(), b: await open(), age: (name, ms) => s3.age(`${prefix}/${pathOf(name)}`, ms) };
  };

const KINDS = [
  { kind: 'disk', isShared: false, open: onDisk(false) },
  { kind: 'shared directory', isShared: true, open: onDisk(true) },
  { kind: 'S3', isShared: false, open: inS3(false) },
  { kind: 'S3 of a cluster', isShared: true, open: inS3(true) },
  // A real one may not be reached by such a name.
  { kind: 'S3 by the name of the bucket', isShared: true, open: inS3(true, () => s3.hosted ?? s3.options) },
];

const tenant = (): TenantId => newId('tnt', Date.now());
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const tooLarge = (): HooklineError => new HooklineError('media-too-large', 'It is too large.');
const keep = (node: Node, tenantId: TenantId, ...chunks: Uint8Array[]) =>
  node.blobs.keep(tenantId, chunks, { limit: 1_000_000, tooLarge, look: async (path) => readFile(path) });
const bytesOf = async (node: Node, tenantId: TenantId, name: string, range?: { start: number; end: number }) => {
  const stream = await node.blobs.read(tenantId, name, range);
  return stream && buffer(stream);
};
/** What `t.deepEqual` takes long for: it looks at each byte as a key of an object. */
const isSame = (read: Buffer | null | undefined, bytes: Buffer): boolean => read?.equals(bytes) ?? false;
async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of found) items.push(item);
  return items.sort();
}

const draftsOf = ({ store }: Node): Promise<string[]> => readdir(store.drafts).catch(() => []);

for (const { kind, isShared, open } of KINDS) {
  test(`${kind}: what was kept is read whole and in parts, here and by another hub, and what was not is not there`, async (t) => {
    const { a, b } = await open(t);
    await a.store.check();
    const [tenantId, bytes] = [tenant(), randomBytes(300_000)];
    const { blob, seen } = await keep(a, tenantId, bytes.subarray(0, 100), bytes.subarray(100));
    t.like(blob, { sha256: sha256(bytes), size: bytes.length });
    t.true(isSame(seen, bytes), 'whoever looks sees the whole file');
    for (const node of [a, b]) {
      t.true(await node.blobs.has(tenantId, blob.sha256));
      t.like(await node.store.find({ tenantId, sha256: blob.sha256 }), { size: bytes.length });
      t.true(isSame(await bytesOf(node, tenantId, blob.sha256), bytes));
      t.deepEqual(await bytesOf(node, tenantId, blob.sha256, { start: 10, end: 19 }), bytes.subarray(10, 20));
      const local = await node.blobs.local(tenantId, blob.sha256);
      t.true(isSame(local ? await readFile(local) : null, bytes));
      t.is(await bytesOf(node, tenantId, sha256(Buffer.from('none'))), null);
      t.is(await node.blobs.local(tenantId, sha256(Buffer.from('none'))), null);
      t.false(await node.blobs.has(tenantId, sha256(Buffer.from('none'))));
      t.is(await node.blobs.pin(tenantId, { sha256: sha256(Buffer.from('none')), size: 1 }), null);
    }
    t.deepEqual(await draftsOf(a), []);
  });

  test(`${kind}: what is too large, breaks off or is refused at a look leaves nothing`, async (t) => {
    const { a } = await open(t);
    const tenantId = tenant();
    const look = async (): Promise<void> => undefined;
    const broken = async function* () {
      yield Buffer.from('begun');
      throw new Error('the line broke');
    };
    await t.throwsAsync(a.blobs.keep(tenantId, [randomBytes(20)], { limit: 10, tooLarge, look }), { code: 'media-too-large' });
    await t.throwsAsync(a.blobs.keep(tenantId, broken(), { limit: 10, tooLarge, look }), { message: 'the line broke' });
    const refuse = () => Promise.reject(tooLarge());
    await t.throwsAsync(a.blobs.keep(tenantId, [Buffer.from('whole')], { limit: 10, tooLarge, look: refuse }), { code: 'media-too-large' });
    t.deepEqual(await draftsOf(a), []);
    t.deepEqual(await all(a.blobs.list(tenantId)), []);
    t.deepEqual(await all(a.blobs.tenants()), []);
  });

  test(`${kind}: tenants are apart, and one goes whole`, async (t) => {
    const { a, b } = await open(t);
    const [one, other] = [tenant(), tenant()];
    const contents = Array.from({ length: 8 }, (_, n) => Buffer.from(`file ${n}`));
    const names = contents.map(sha256).sort();
    await Promise.all([one, other].flatMap((tenantId) => contents.map((bytes) => keep(a, tenantId, bytes))));
    // The same again is the same file, however many come at once.
    await Promise.all(Array.from({ length: 10 }, () => keep(a, one, contents[0] as Buffer)));
    for (const node of [a, b]) {
      t.deepEqual(await all(node.blobs.tenants()), [one, other].sort());
      t.deepEqual(await all(node.blobs.list(one)), names);
    }
    await a.blobs.removeAll(one);
    t.deepEqual(await all(b.blobs.tenants()), [other]);
    t.deepEqual(await all(b.blobs.list(one)), []);
    t.is(await a.blobs.local(one, names[0] as string), null, 'no copy of it is left either');
    t.deepEqual(await all(b.blobs.list(other)), names);
    await a.blobs.removeAll(one);
  });

  test(`${kind}: a file goes when nothing needs it, and stays while it waits for its row`, async (t) => {
    const { a, b, age } = await open(t);
    const [tenantId, bytes] = [tenant(), Buffer.from('a file')];
    const { blob } = await keep(a, tenantId, bytes);
    const name = { tenantId, sha256: blob.sha256 };
    t.true(await a.blobs.removeUnless(tenantId, blob.sha256, async () => false));
    t.true(await a.blobs.has(tenantId, blob.sha256), 'its row is to come');
    const again = await a.blobs.pin(tenantId, blob);
    blob.release();
    t.true(await a.blobs.removeUnless(tenantId, blob.sha256, async () => false));
    t.true(await a.blobs.has(tenantId, blob.sha256), 'somebody else holds it, too');
    again?.release();
    t.true(await a.blobs.removeUnless(tenantId, blob.sha256, async () => true));
    t.true(await a.blobs.has(tenantId, blob.sha256), 'a row has it');
    if (isShared) {
      t.false(await b.blobs.removeUnless(tenantId, blob.sha256, async () => false), 'another hub may be about to write its row');
      if (!(await age(name, PIN_LASTS + 60_000))) return;
      const held = await a.blobs.pin(tenantId, blob);
      t.false(await b.blobs.removeUnless(tenantId, blob.sha256, async () => false), 'another hub asks for it again');
      held?.release();
      await age(name, PIN_LASTS + 60_000);
    }
    t.true(await b.blobs.removeUnless(tenantId, blob.sha256, async () => false));
    t.false(await a.blobs.has(tenantId, blob.sha256));
    t.true(await b.blobs.removeUnless(tenantId, blob.sha256, async () => false), 'and is not missed');
  });

  test(`${kind}: it is of one hub, says of which, and of none again`, async (t) => {
    const { a, b } = await open(t);
    const id: HubId = newId('hub', Date.now());
    t.is(await b.store.hub(), undefined);
    await a.store.nameHub(id);
    t.is(await b.store.hub(), id);
    t.deepEqual(await all(a.blobs.tenants()), [], 'that is no file');
    await a.store.nameHub(null);
    t.is(await b.store.hub(), undefined);
  });

  test(`${kind}: what a crash has left half written is removed, and nothing that another hub writes now`, async (t) => {
    const { a } = await open(t);
    await mkdir(a.store.drafts, { recursive: true });
    const [old, young] = [join(a.store.drafts, 'old'), join(a.store.drafts, 'young')];
    for (const path of [old, young]) await writeFile(path, 'half');
    const then = new Date(Date.now() - 2 * 3_600_000);
    await utimes(old, then, then);
    await a.blobs.start();
    t.deepEqual(await draftsOf(a), isShared ? ['young'] : []);
  });
}
