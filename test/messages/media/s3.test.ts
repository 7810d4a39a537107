/** The files of messages in S3: what holds on a disk holds there, and an outage of it is no loss. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { S3Store } from '../../../src/blobs/s3-store.ts';
import { until } from '../../helpers/hub.ts';
import { FakeClock, testRuntime } from '../../helpers/runtime.ts';
import { type TestS3, testS3 } from '../../helpers/s3.ts';
import { insertSession } from '../hub.ts';
import { openWorld, PNG, type WorldOptions } from './world.ts';

async function openS3World(t: ExecutionContext, options: WorldOptions & { server?: TestS3 } = {}) {
  const server = options.server ?? (await testS3());
  const directory = await mkdtemp(join(tmpdir(), 'hookline-s3-media-'));
  t.teardown(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  const prefix = `media-${randomUUID()}`;
  const runtime = testRuntime({ random: () => 0 });
  const store = new S3Store({ ...server.options, prefix, directory }, runtime);
  const world = await openWorld(t, { ...options, store });
  const files = async () => (await server.keys()).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length + 1));
  return { world, server, files };
}

test('a file comes in, is sent and read, and goes with the last row that has it', async (t) => {
  const { world, files } = await openS3World(t);
  const upload = await world.uploaded('x.png', PNG);
  t.like(upload, { status: 'ready', mimetype: 'image/png', size: PNG.length });
  const sent = await world.noted({ mediaId: upload.id });
  const { path, mimetype } = await world.library.file(world.tenantId, sent.id, 'image');
  t.deepEqual([await readFile(path), mimetype], [PNG, 'image/png']);
  const { read } = await world.library.open(world.tenantId, sent.id);
  t.deepEqual(await buffer(await read()), PNG);
  await world.library.remove(world.tenantId, upload.id);
  t.is((await files()).length, 1);
  await world.library.remove(world.tenantId, sent.id);
  t.deepEqual(await files(), []);
  await t.throwsAsync(world.library.file(world.tenantId, sent.id, 'image'));
});

test('what is received is there, what is old goes, and a tenant goes whole', async (t) => {
  const clock = new FakeClock();
  const { world, files } = await openS3World(t, { clock, settings: { retentionDays: 7 } });
  await world.receives();
  await world.drain();
  t.is((await files()).length, 1);
  const other = await insertSession(world.db, 'other');
  await world.noted({ base64: PNG.toString('base64') }, other.tenantId);
  t.is((await files()).length, 2);
  clock.advance(8 * 86_400_000);
  await world.noted({ base64: Buffer.from('a later file').toString('base64') }, other.tenantId);
  await world.library.prune();
  t.deepEqual((await files()).length, 1);
  await world.library.forget(other.tenantId);
  t.deepEqual(await files(), []);
});

test('while the store is away a file is refused with a time to come back, and what is removed goes once it is back', async (t) => {
  const clock = new FakeClock();
  const { world, server, files } = await openS3World(t, { clock });
  const kept = await world.uploaded('x.png', PNG);
  server.pause();
  const refused = await t.throwsAsync(world.uploaded('y.png', Buffer.from('another')), { code: 'storage-unavailable' });
  t.like(refused, { retryAfter: 30 });
  // A send waits for it: nothing is wrong with the message.
  const fresh = await t.throwsAsync(world.library.open(world.tenantId, kept.id), { code: 'storage-unavailable' });
  t.truthy(fresh);
  await world.library.remove(world.tenantId, kept.id);
  t.regex(world.runtime.log.lines.map(({ message }) => message).join(), /Files could not be removed, and are tried again/);
  server.resume();
  t.is((await files()).length, 1);
  clock.advance(11 * 60_000);
  await until(async () => (await files()).length === 0, { what: 'the file to go' });
});
