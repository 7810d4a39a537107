/** Nodes that share no directory of files: each has its own, and what is in S3 is of all of them. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { stores } from '../helpers/database.ts';
import { type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { type TestS3, testS3 } from '../helpers/s3.ts';
import { downloaded, uploaded } from '../helpers/upload.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const onPostgres = (await stores()).includes('postgres') ? test.serial : test.serial.skip;

let s3: TestS3;
let cluster: TestCluster;
let home: string;

test.before(async () => {
  if (!(await stores()).includes('postgres')) return;
  s3 = await testS3();
  home = await mkdtemp(join(tmpdir(), 'hookline-cluster-s3-'));
  cluster = await testCluster(0, { ...s3.env, HOOKLINE_S3_PREFIX: 'of-a-cluster', HOOKLINE_SECRET_KEY: randomBytes(32).toString('hex') });
  for (const name of ['a', 'b']) await cluster.start({ HOOKLINE_DATA_DIR: join(home, name) });
});
test.after.always(async () => {
  await cluster?.dispose();
  await s3?.close();
  if (home) await rm(home, { recursive: true, force: true });
});

onPostgres('a file that came in through one node is given out and sent by the other, and is gone for both', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { key, call } = await first.tenant();
  const there = second.as(key);
  const bytes = randomBytes(200_000);
  const { id } = await uploaded(first, key, bytes);
  t.true((await downloaded(second, key, id)).equals(bytes));
  t.is((await s3.keys()).filter((name) => name.startsWith('of-a-cluster/tnt_')).length, 1);

  await linkedSandbox(call, 'shop');
  // Whichever runs the session, one of these was not where the file came in.
  for (const [asked, via] of [
    [call, 'one'],
    [there, 'other'],
  ] as const) {
    const message = { to: '5511988887777', type: 'document', media: { mediaId: id }, reference: via };
    const sent = await asked('POST', '/api/sessions/shop/messages', message);
    t.is(sent.status, 202);
    await until(async () => (await call('GET', `/api/messages/${sent.json.id}`)).json.status === 'sent', { what: 'the file to be sent' });
  }
  t.is((await there('DELETE', `/api/media/${id}`)).status, 204);
  t.is((await call('GET', `/api/media/${id}`)).status, 404);
});
