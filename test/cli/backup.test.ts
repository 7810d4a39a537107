/** A whole hub is backed up while it works, and put elsewhere: what the copy then has, and what it sends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createApp } from '../../src/app.ts';
import type { Manifest } from '../../src/backup/manifest.ts';
import { loadConfig } from '../../src/config/load.ts';
import { memoizeAsync } from '../../src/core/memoize.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { openDatabase } from '../../src/db/open.ts';
import { everyPage, isWhole, type Row, rounds } from '../faults/clients.ts';
import { runHere } from '../helpers/command.ts';
import { stores, testLocation } from '../helpers/database.ts';
import { ADMIN_KEY, type Call, freePort, type Hub, linkedSandbox, ROOT, startHub, until } from '../helpers/hub.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';

const QUEUED = rounds(1_000, 80);
/** They send at the same time. */
const SENDERS = ['sends', 'sends-1', 'sends-2', 'sends-3', 'sends-4', 'sends-5', 'sends-6', 'sends-7'];
const PATIENCE = 5_000;
/** Milliseconds between two requests of a client. */
const GAP = 50;

interface Place {
  env: Record<string, string>;
  directory: string;
}

/** What ends the things that are made in it. */
type Scope = Pick<ExecutionContext, 'teardown'>;

const STORES = await stores();

const leftovers: (() => unknown)[] = [];
/** For what several tests look at. */
const whole: Scope = { teardown: (end) => void leftovers.unshift(end) };

test.after.always(async () => {
  for (const end of leftovers) await end();
});

/** Where a hub may be: its directories, and a database of its own. */
async function newPlace(t: Scope, store: DialectName): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-backup-'));
  const { location, remove } = await testLocation(store);
  t.teardown(async () => {
    await remove();
    await rm(directory, { recursive: true, force: true });
  });
  return { directory, env: 'url' in location ? { HOOKLINE_DATABASE_URL: location.url } : {} };
}

const variables = ({ directory, env }: Place) => ({
  HOOKLINE_DATA_DIR: join(directory, 'data'),
  HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
  HOOKLINE_ADMIN_KEY: ADMIN_KEY,
  ...env,
});

/** A command of the operator, configured as the hub in this place. */
function start(place: Place, args: string[], more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), ...args], {
    cwd: place.directory,
    env: { PATH: process.env.PATH, ...variables(place), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const over = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(([[code], stdout, stderr]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, over };
}

const hookline = (place: Place, args: string[], more?: Record<string, string>) => start(place, args, more).over;

/** The same, where only what it says and does is of interest. */
const here = (place: Place, args: string[], more: Record<string, string> = {}) => runHere(args, { ...variables(place), ...more });

const hubIn = async (t: Scope, { directory, env }: Place, more: Record<string, string> = {}): Promise<Hub> => {
  const hub = await startHub({ directory, env: { ...env, ...more }, onFile: true });
  t.teardown(() => hub.end('SIGKILL'));
  return hub;
};

/** What a hub says that ends at its start. */
const refusal = (place: Place): Promise<string> =>
  startHub({ ...place, onFile: true }).then(
    async (hub) => {
      await hub.end('SIGKILL');
      return 'it came up';
    },
    (error: Error) => error.message,
  );

const manifestOf = async (backup: string): Promise<Manifest> => JSON.parse(await readFile(join(backup, 'manifest.json'), 'utf8'));

async function receiverThat(t: ExecutionContext, answers: () => number): Promise<Receiver> {
  const receiver = await startReceiver(answers);
  t.teardown(() => receiver.close());
  return receiver;
}

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const imageOf = (number: number) => ({ base64: Buffer.concat([PNG, Buffer.from(`${number}`)]).toString('base64'), mimetype: 'image/png' });

/** Messages that wait in sessions that are not connected. Resolves with their texts. */
async function queue(call: Call, sessions: readonly string[], count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, number) => `waits ${number}`);
  const messages = texts.map((body, number) => ({
    session: sessions[number % sessions.length],
    to: `55119${10_000_000 + (number % 50)}`,
    type: 'text',
    text: body,
  }));
  const { status, text: said } = await call('POST', '/api/messages/bulk', { messages });
  if (status >= 300) throw new Error(said);
  return texts;
}

/** A hub with a linked session, an image and a text that it sent. */
async function makeUsual(store: DialectName) {
  const place = await newPlace(whole, store);
  const hub = await hubIn(whole, place);
  const { call, key } = await hub.tenant('shop');
  await call('POST', '/api/webhooks', { url: hub.base });
  await linkedSandbox(call, 'shop', '5511911110001');
  for (const content of [
    { type: 'image', media: imageOf(1) },
    { type: 'text', text: 'before' },
  ])
    await call('POST', '/api/sessions/shop/messages', { to: '5511900000001', ...content });
  await until(async () => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.length === 2, { what: 'the messages' });
  return { place, hub, key };
}

const made = { sqlite: memoizeAsync(() => makeUsual('sqlite')), postgres: memoizeAsync(() => makeUsual('postgres')) };
/** The one that the tests here take who want no more of a hub. */
const usual = (store: DialectName) => made[store]();

/** The same hub once it is stopped. Tests that want it running come before those that want this. */
async function usualStopped(store: DialectName) {
  const { place, hub, key } = await usual(store);
  await hub.end();
  return { place, key };
}

/** Whether a hub starts there; it is stopped again. */
async function comesUp(place: Place): Promise<void> {
  const env = { HOOKLINE_PORT: String(await freePort()), HOOKLINE_LOG_LEVEL: 'error', ...variables(place) };
  const app = await createApp(loadConfig({ env, cwd: place.directory, dev: true }));
  await app[Symbol.asyncDispose]();
}

test.serial('a backup that is killed is none, and is not restored', async (t) => {
  const { place } = await usual('sqlite');
  // It answers everything but what a login is asked for with.
  const silent = createServer((request, response) => {
    if (!request.url?.endsWith('/backup')) response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const backup = join(place.directory, 'killed');
  const { child, over } = start(place, ['backup', backup, '--url', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`]);
  await until(() => existsSync(join(backup, 'secret.key')), { what: 'most of a backup' });
  child.kill('SIGKILL');
  await over;
  const { code, stderr } = await here(await newPlace(t, 'sqlite'), ['restore', backup]);
  t.is(code, 1);
  t.regex(stderr, /is no whole backup: there is no manifest\.json/);
});

for (const store of STORES) {
  test.serial(
    `${store}: a backup of a hub under load has all that was accepted before, and a hub restored from it sends each once`,
    async (t) => {
      t.timeout(8 * 60_000);
      let down = true;
      const receiver = await receiverThat(t, () => (down ? 500 : 204));
      const place = await newPlace(t, store);
      const hub = await hubIn(t, place);
      const { call, key } = await hub.tenant('shop');
      await call('POST', '/api/webhooks', { url: receiver.url, ordering: 'relaxed' });
      await linkedSandbox(call, 'hears', '5511911110001');
      for (const [number, name] of SENDERS.entries()) {
        await linkedSandbox(call, name, `551191112000${number}`);
        await call('POST', `/api/sessions/${name}/disconnect`);
      }
      const texts = await queue(call, SENDERS, QUEUED);
      for (let number = 0; number < 20; number++) {
        const sent = await call('POST', '/api/sessions/sends/messages', { to: '5511900000001', type: 'image', media: imageOf(number) });
        t.is(sent.status, 202, sent.text);
      }

      let loading = true;
      const waited: number[] = [];
      const during: string[] = [];
      const load = async (what: (number: number) => Promise<{ status: number; text: string }>): Promise<void> => {
        for (let number = 0; loading; number++) {
          const began = performance.now();
          const answer = await what(number);
          waited.push(performance.now() - began);
          t.true(answer.status < 300, answer.text);
          await wait(GAP);
        }
      };
      const clients = [
        load((number) => call('POST', '/api/sessions/hears/sandbox/receive', { from: '5511922220001', text: `heard ${number}` })),
        load(async (number) => {
          const answer = await call('POST', '/api/sessions/sends/messages', { to: '5511922220002', type: 'text', text: `later ${number}` });
          during.push(`later ${number}`);
          return answer;
        }),
        load((number) =>
          call('POST', '/api/sessions/sends/messages', { to: '5511922220003', type: 'image', media: imageOf(1_000 + number) }),
        ),
      ];
      await until(() => waited.length > 60, { what: 'load' });
      const before = { events: await everyPage(call, '/api/events'), sends: [...during] };
      const backup = join(place.directory, 'backup');
      const made = await hookline(place, ['backup', backup], { HOOKLINE_PORT: String(hub.port) });
      loading = false;
      await Promise.all(clients);
      t.is(made.code, 0, made.stderr);
      t.regex(made.stdout, /^The backup is whole: .* with \d+ media files and 9 logins\.\n/);
      t.regex(made.stdout, /sends \d{3,} messages and \d+ webhooks that waited then/);
      t.true(Math.max(...waited) < PATIENCE, `somebody waited ${Math.max(...waited)} ms`);
      t.is((await stat(backup)).mode & 0o777, 0o700);
      const { files, missing } = await manifestOf(backup);
      t.deepEqual(missing, { media: 0, logins: [] });
      for (const { path } of files) {
        t.is((await stat(join(backup, path))).mode & 0o777, 0o600, path);
        t.is((await stat(dirname(join(backup, path)))).mode & 0o777, 0o700, path);
      }
      const { data: acts } = (await hub.admin('GET', '/api/audit?action=hub.backup')).json;
      t.like(acts[0], { actor: { kind: 'cli' }, status: 200, tenantId: null });

      // The hub is lost, and so is its machine.
      await hub.end('SIGKILL');
      const other = await newPlace(t, store);
      const restored = await hookline(other, ['restore', backup]);
      t.is(restored.code, 0, restored.stderr);
      t.regex(restored.stdout, /At its start it sends \d{3,} messages .*\nThe hub that it was made of ran on/);
      down = false;
      receiver.requests.length = 0;
      const copy = await hubIn(t, other);
      const asTenant = copy.as(key);
      const events = new Set((await everyPage(asTenant, '/api/events')).map(({ id }) => id));
      t.deepEqual(
        before.events.filter(({ id }) => !events.has(id)),
        [],
        'accepted before the backup began, and not in it',
      );
      const ofAll = async (path: string): Promise<Row[]> =>
        (await Promise.all(SENDERS.map((name) => everyPage(asTenant, `/api/sessions/${name}/${path}`)))).flat();
      for (const name of SENDERS) await asTenant('POST', `/api/sessions/${name}/connect`);
      const queued = async (): Promise<Row[]> => ofAll('messages?status=queued');
      await until(async () => (await queued()).length === 0, { what: 'all to be sent', within: 240_000, every: 1_000 });
      await until(async () => (await ofAll('messages?status=sending')).length === 0, { what: 'the last to be sent' });
      const sends = await ofAll('messages?direction=outbound');
      t.deepEqual(
        sends.filter(({ status }) => status !== 'sent'),
        [],
      );
      const sent = new Set(sends.filter(({ type }) => type === 'text').map(({ text: body }) => body));
      t.deepEqual(
        [...texts, ...before.sends].filter((body) => !sent.has(body)),
        [],
      );
      const outbox = await ofAll('sandbox/outbox');
      t.is(outbox.length, sends.length, 'each once');
      t.is(new Set(outbox.map(({ engineId }) => engineId)).size, sends.length);
      for (const { media } of sends.filter(({ type }) => type === 'image')) {
        t.is((await asTenant('GET', `/api/media/${media.id}`)).status, 200, 'a file that the database names is there');
      }
      const heard = new Set();
      await until(
        () => {
          for (const { headers } of receiver.requests.splice(0)) heard.add(headers['webhook-id']);
          return before.events.every(({ id }) => heard.has(id));
        },
        { what: 'all webhooks that were owed', within: 120_000, every: 500 },
      );
      t.is(await copy.end(), 0);
      if (store === 'sqlite') await isWhole(t, other.directory);
    },
  );

  test.serial(`${store}: what is missing, changed or in the way of a restore is named, and nothing is begun`, async (t) => {
    const { place, hub, key } = await usual(store);
    const run = { HOOKLINE_PORT: String(hub.port) };
    const backup = join(place.directory, 'backup');
    t.regex((await here(place, ['backup', backup], { ...run, HOOKLINE_API_KEY: key })).stderr, /operator's key/);
    t.regex((await here(place, ['backup', backup], { HOOKLINE_PORT: '1' })).stderr, /No hub answers at .*:1\. .*--without logins/);
    t.false(existsSync(backup), 'nothing is left of a backup that fails');
    t.regex((await here(place, ['backup', join(place.directory, 'data', 'backup')], run)).stderr, /cannot be kept in/);
    if (store === 'postgres') {
      const without = await here(place, ['backup', backup], { ...run, PATH: '/nowhere' });
      t.is(without.code, 78);
      t.regex(without.stderr, /pg_dump is not on this machine\. Install Postgres' client programs/);
      t.false(existsSync(backup));
    }
    const made = await here(place, ['backup', backup], run);
    t.is(made.code, 0, made.stderr);
    t.regex((await here(place, ['backup', backup], run)).stderr, /is not empty/);
    t.true(existsSync(join(backup, 'manifest.json')));
    t.regex((await here(place, ['restore', backup])).stderr, /held by process/);
    await usualStopped(store);
    t.regex((await here(place, ['restore', backup])).stderr, /is not empty/);

    const other = await newPlace(t, store);
    const refused = async (what: RegExp, args: string[] = [], env: Record<string, string> = {}): Promise<void> => {
      const { code, stderr } = await here(other, ['restore', backup, ...args], env);
      t.not(code, 0);
      t.regex(stderr, what);
      t.notRegex(stderr, / at .*\.ts:/);
      t.deepEqual(await readdir(other.directory), [], 'nothing is begun');
    };
    const { files, key: sealed } = await manifestOf(backup);
    const aside = async (path: string, what: RegExp, args?: string[]): Promise<void> => {
      await rename(join(backup, path), join(place.directory, 'aside'));
      await refused(what, args);
      await rename(join(place.directory, 'aside'), join(backup, path));
    };
    const find = (part: string): string => files.find(({ path }) => path.startsWith(part))?.path ?? '';
    const [database, login, media] = [find('database.'), find('logins/'), find('media/')];
    await aside('manifest.json', /is no whole backup: there is no manifest\.json/);
    await aside(database, /Nothing can be restored without/, ['--without', 'media,logins']);
    await aside('secret.key', new RegExp(`secret\\.key is missing, and .* needs the key ${sealed.id}: put it there`));
    if (store === 'sqlite')
      await refused(/on SQLite\. Unset HOOKLINE_DATABASE_URL/, [], { HOOKLINE_DATABASE_URL: 'postgres://a@127.0.0.1:1/a' });
    await refused(/HOOKLINE_SECRET_KEY is the key/, [], { HOOKLINE_SECRET_KEY: 'a'.repeat(64) });
    await aside(login, /logins.* is missing\n.*--without logins; then each of these phones/);
    await aside(media, /media.* is missing\n.*--without media/);
    const bytes = await readFile(join(backup, media));
    await writeFile(
      join(backup, media),
      bytes.map((byte) => byte ^ 1),
    );
    await refused(/was changed/);
    await truncate(join(backup, media), 3);
    await refused(/is cut off/);

    // What is lost is lost: the rest goes on, and says so.
    await rm(join(backup, login));
    const done = await here(other, ['restore', backup, '--without', 'media,logins', '--stopped']);
    t.is(done.code, 0, done.stderr);
    t.regex(done.stdout, /Logins are missing in this backup/);
    t.regex(done.stdout, /ran on, .* they share the logins\.\n$/, 'what was done is no advice');
    const copy = await hubIn(t, other);
    t.regex(copy.output(), /the logins of 1 of 1 linked sessions \(shop\) are not in/i);
    t.like((await copy.as(key)('GET', '/api/sessions/shop')).json, { status: 'stopped' });
    await copy.end();
    const doctor = await here(other, ['doctor'], { HOOKLINE_ENGINES: 'sandbox' });
    t.regex(doctor.stdout, /warn {2}logins .*shop/);
    t.regex(doctor.stdout, /warn {2}media .*1 of the newest 1 files/);
  });

  test.serial(`${store}: a hub is moved while it is stopped, and nothing of it is missing or told twice`, async (t) => {
    const { place, key } = await usualStopped(store);
    const backup = join(place.directory, 'moved');
    const made = await here(place, ['backup', backup, '--without', 'key']);
    t.is(made.code, 0, made.stderr);
    t.regex(made.stdout, /The secret key [0-9a-f]{8} is not in it/);
    t.false((await manifestOf(backup)).running);
    const other = await newPlace(t, store);
    const secretKey = { HOOKLINE_SECRET_KEY: (await readFile(join(place.directory, 'data', 'secret.key'), 'utf8')).trim() };
    const restored = await here(other, ['restore', backup], secretKey);
    t.is(restored.code, 0, restored.stderr);
    t.notRegex(restored.stdout, /ran on/);
    const copy = await hubIn(t, other, secretKey);
    await until(async () => (await copy.as(key)('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the login' });
    t.is((await copy.as(key)('GET', '/api/sessions/shop/sandbox/outbox')).json.data.length, 2);
  });
}

test.serial('a part of a hub that is of another one, or was forgotten, ends the start, and doctor says the same', async (t) => {
  const { place } = await usualStopped('sqlite');
  const foreign = await newPlace(t, 'sqlite');
  await comesUp(foreign);
  const [data, tokens] = [join(place.directory, 'data'), join(place.directory, 'tokens')];
  const doctor = async (line: RegExp): Promise<void> => {
    const { code, stdout } = await here(place, ['doctor'], { HOOKLINE_ENGINES: 'sandbox' });
    t.is(code, 1);
    t.regex(stdout, line);
  };
  const ends = async (what: RegExp, command: typeof hookline = here): Promise<void> => {
    const { code, stderr } = await command(place, ['serve'], { HOOKLINE_PORT: String(await freePort()) });
    t.is(code, 78, stderr);
    t.regex(stderr, what);
  };
  const [id, otherId] = await Promise.all([place, foreign].map(({ directory }) => readFile(join(directory, 'data', 'hub.id'), 'utf8')));

  await rename(tokens, `${tokens}.away`);
  await ends(
    /HOOKLINE_TOKENS_DIR the logins of 1 of 1 linked sessions \(shop\) are not in the tokens directory .*Bring them along/,
    hookline,
  );
  await doctor(/FAIL {2}logins .*shop/);
  await rm(tokens, { recursive: true });
  await cp(join(foreign.directory, 'tokens'), tokens, { recursive: true });
  await ends(new RegExp(`the tokens directory ${tokens} is of the hub ${otherId?.trim()} .* is of the hub ${id?.trim()}\\.`));
  await doctor(/FAIL {2}hub .*is of the hub/);
  await rm(tokens, { recursive: true });
  await rename(`${tokens}.away`, tokens);

  await rename(join(data, 'media'), `${data}.media`);
  await ends(/HOOKLINE_DATA_DIR 1 of the newest 1 files .*media/);
  await doctor(/FAIL {2}media /);
  const adopted = await here(place, ['adopt', '--yes']);
  t.is(adopted.code, 0, adopted.stderr);
  t.true(adopted.stdout.includes(id?.trim() ?? '?'));
  await comesUp(place);

  // Of a database that is new: a mistyped name, and another first key would be shown.
  await rename(join(data, 'hookline.sqlite'), `${data}.sqlite`);
  await ends(/and the database .*hookline\.sqlite is new\. For a new hub name empty directories/);
  t.false(existsSync(join(data, 'hookline.sqlite')), 'nothing was changed');
  await doctor(/FAIL {2}hub .* is new/);
  await rename(`${data}.sqlite`, join(data, 'hookline.sqlite'));
  if (STORES.includes('postgres')) {
    const empty = await newPlace(t, 'postgres');
    const url = empty.env.HOOKLINE_DATABASE_URL as string;
    const { code, stderr } = await here(place, ['serve'], { HOOKLINE_DATABASE_URL: url });
    t.is(code, 78);
    t.regex(stderr, /That one is on SQLite, which cannot be moved to Postgres/);
    const postgres = openDatabase({ url });
    t.teardown(() => postgres.close());
    t.false(await postgres.sql.schema.hasTable('knex_migrations'), 'nothing was changed');
  }

  // An installation of before there were ids is taken as it is.
  const db = openDatabase({ file: join(data, 'hookline.sqlite') });
  await db.write((tx) => tx.sql('hub_settings').where({ name: 'hub-id' }).delete());
  await db.close();
  const marked = [data, join(data, 'media'), tokens];
  for (const directory of marked) await rm(join(directory, 'hub.id'));
  const again = await hubIn(t, place);
  t.notRegex(again.output(), /hub\.id|adopt/);
  await again.end();
  const ids = new Set(await Promise.all(marked.map((directory) => readFile(join(directory, 'hub.id'), 'utf8'))));
  t.is(ids.size, 1);
  t.regex(await refusal({ ...place, env: { HOOKLINE_TOKENS_DIR: join(foreign.directory, 'tokens') } }), /is of the hub/);

  // Whoever takes everything back may begin anew in the same places.
  t.is((await here(place, ['migrate', 'down', '--yes'])).code, 0);
  await comesUp(place);
  t.false(ids.has(await readFile(join(data, 'hub.id'), 'utf8')));
});
