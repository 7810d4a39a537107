/** What the operator sets for one tenant holds for that one: over HTTP, with a clock that the test moves on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import { systemClock } from '../src/core/runtime.ts';
import { ADMIN_KEY, freePort } from './helpers/hub.ts';

const DAY = 24 * 3_600_000;

async function open(t: ExecutionContext) {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-settings-'));
  const env = { HOOKLINE_LOG_CONSOLE: 'false', HOOKLINE_ADMIN_KEY: ADMIN_KEY, HOOKLINE_PORT: String(await freePort()) };
  let later = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + later };
  const app = await createApp(loadConfig({ env, cwd, dev: false }), { runtime: { clock } });
  t.teardown(async () => {
    await app[Symbol.asyncDispose]();
    await rm(cwd, { recursive: true, force: true });
  });
  const request = (key: string) => async (method: string, path: string, body?: object | Buffer) => {
    const response = await fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': Buffer.isBuffer(body) ? 'text/plain' : 'application/json' },
      body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, json: /^\{/.test(text) ? JSON.parse(text) : undefined };
  };
  const admin = request(ADMIN_KEY);
  return {
    /** With these settings for its media. */
    async tenant(name: string, media: object) {
      const { id, apiKey } = (await admin('POST', '/api/tenants', { name })).json;
      t.is((await admin('PATCH', `/api/tenants/${id}`, { settings: { media } })).status, 200);
      return request(apiKey.key);
    },
    /** And what is to be removed by then is. */
    async pass(days: number) {
      later += days * DAY;
      await app.rooms.media.prune();
    },
  };
}

test("a tenant's files go after its own time and are as large as it may have them, whatever holds for others", async (t) => {
  const { tenant, pass } = await open(t);
  const [strict, mild] = [await tenant('strict', { maxBytes: 10, retentionDays: 2 }), await tenant('mild', { retentionDays: 60 })];
  const usual = await tenant('usual', {});
  const [small, large] = [Buffer.from('ten bytes!'), Buffer.from('eleven byte')];
  const tenants = [strict, usual, mild];
  const urls: string[] = [];
  for (const call of tenants) urls.push((await call('POST', '/api/media', small)).json.url);
  t.like((await strict('POST', '/api/media', large)).json, { status: 413, code: 'media-too-large' });
  for (const call of [usual, mild]) t.is((await call('POST', '/api/media', large)).status, 201);

  const answers = () => Promise.all(tenants.map(async (call, at) => (await call('GET', urls[at] ?? '')).status));
  await pass(1);
  t.deepEqual(await answers(), [200, 200, 200]);
  await pass(2);
  t.deepEqual(await answers(), [404, 200, 200]);
  await pass(28);
  t.deepEqual(await answers(), [404, 404, 200], 'the configuration holds for who has no settings');
  await pass(30);
  t.deepEqual(await answers(), [404, 404, 404]);
});
