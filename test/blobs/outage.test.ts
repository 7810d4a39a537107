/** A store of files that is away, as whoever uses the hub sees it: nothing is lost, and what needs no file goes on. */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { testS3 } from '../helpers/s3.ts';
import { startProxy } from '../helpers/tcp-proxy.ts';
import { downloaded, uploaded } from '../helpers/upload.ts';
import { PNG, serve } from '../messages/media/world.ts';

const PHONE = '5511988887777';
/** An upload that cannot be kept is answered within this, as clients wait (ms). */
const ANSWERED_WITHIN = 30_000;

/** An upload is refused with when to come back. Resolves with how long that took (ms). */
async function refused(t: ExecutionContext, { base }: Hub, key: string): Promise<number> {
  const began = performance.now();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream' };
  const answer = await fetch(`${base}/api/media`, { method: 'POST', headers, body: randomBytes(1_000) });
  t.is(answer.status, 503);
  t.true(Number(answer.headers.get('retry-after')) > 0);
  t.like(await answer.json(), { code: 'storage-unavailable', status: 503 });
  return performance.now() - began;
}

const awaySince = async ({ base }: Hub): Promise<string | undefined> => {
  const answer = await fetch(`${base}/health/ready`);
  if (answer.status !== 200) throw new Error(`It is not ready: ${answer.status}`);
  return ((await answer.json()) as { media?: { awaySince: string } }).media?.awaySince;
};

const send = async (call: Call, body: object): Promise<string> =>
  (await call('POST', '/api/sessions/shop/messages', { to: PHONE, ...body })).json.id;
const statusOf = async (call: Call, id: string): Promise<string> => (await call('GET', `/api/messages/${id}`)).json.status;
const isSent = async (call: Call, id: string): Promise<boolean> => (await statusOf(call, id)) === 'sent';

async function received(call: Call, size: number): Promise<string> {
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: PHONE, type: 'image', media: { mimetype: 'image/png', size } });
  const told = async () => {
    const { data } = (await call('GET', '/api/events?types=message.received&limit=200')).json;
    return data.find((event: { data: { media?: { size: number } } }) => event.data.media?.size === size);
  };
  return (await until(told, { what: 'the message to be told' })).data.media.id;
}

const isHere = async (call: Call, mediaId: string): Promise<boolean> =>
  (await call('GET', `/api/media/${mediaId}/info`)).json.status === 'ready';

test('a store that refuses, then never answers, and then is back: what carries files waits and is done, all else goes on', async (t) => {
  t.timeout(170_000);
  const s3 = await testS3();
  t.teardown(() => s3.close());
  let way = await startProxy(s3.options.endpoint);
  const { port } = new URL(way.url);
  const hub = await startHub({ env: { ...s3.env, HOOKLINE_S3_ENDPOINT: `http://127.0.0.1:${port}` } });
  t.teardown(() => hub.dispose());
  t.teardown(() => way.close());
  const files = await serve(t, (_, answer) => answer.writeHead(200, { 'content-type': 'image/png' }).end(PNG));
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const kept = await uploaded(hub, key, randomBytes(2_000));
  t.is(await awaySince(hub), undefined);

  way.close();
  t.log(`refused after ${Math.round(await refused(t, hub, key))} ms where it refuses`);
  const since = await awaySince(hub);
  t.truthy(since);
  const ofUpload = { to: PHONE, type: 'document', media: { mediaId: kept.id } };
  t.like(await call('POST', '/api/sessions/shop/messages', ofUpload), { status: 503, json: { code: 'storage-unavailable' } });
  const waits = await send(call, { type: 'image', media: { url: `${files}/a.png` } });
  const pending = await received(call, 3_001);
  t.is((await call('GET', `/api/media/${pending}`)).status, 409, 'not here yet');

  way = await startProxy(s3.options.endpoint, Number(port));
  way.freeze();
  const after = await refused(t, hub, key);
  t.log(`refused after ${Math.round(after)} ms where it never answers`);
  t.true(after < ANSWERED_WITHIN);
  t.is(await awaySince(hub), since);
  const later = await received(call, 3_002);
  const text = await send(call, { to: '5511977776666', type: 'text', text: 'without a file' });
  await until(() => isSent(call, text), { what: 'a text to go out' });
  t.not(await statusOf(call, waits), 'failed');
  t.false((await isHere(call, pending)) || (await isHere(call, later)));

  // As one that was started again: what it was asked for is lost.
  way.close();
  way = await startProxy(s3.options.endpoint, Number(port));
  const back = performance.now();
  await until(async () => (await awaySince(hub)) === undefined, { what: 'it to be known as back' });
  await until(() => isSent(call, waits), { what: 'what waited to go out', within: 90_000 });
  await until(async () => (await isHere(call, pending)) && (await isHere(call, later)), { what: 'what was received', within: 90_000 });
  t.log(`all done ${Math.round(performance.now() - back)} ms after it was back`);
  for (const id of [pending, later]) t.true((await downloaded(hub, key, id)).length > 0);
  t.is((await downloaded(hub, key, kept.id)).length, 2_000);
  t.is((await downloaded(hub, key, (await uploaded(hub, key, randomBytes(500))).id)).length, 500);
});
