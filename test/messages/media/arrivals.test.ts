import test from 'ava';
import { HooklineError } from '../../../src/core/errors.ts';
import { stores } from '../../helpers/database.ts';
import { until } from '../../helpers/hub.ts';
import { FakeClock } from '../../helpers/runtime.ts';
import { chunks, noise, openWorld, PNG, World } from './world.ts';

const MINUTE = 60_000;

for (const dialect of await stores()) {
  test(`${dialect}: what comes in is announced before its bytes are here, and they follow`, async (t) => {
    const world = await openWorld(t, { dialect });
    const { message, view } = await world.receives({ mimetype: 'image/jpeg', filename: 'a.jpg', size: 3 });
    t.like(view, { status: 'pending', url: null, mimetype: 'image/jpeg', filename: 'a.jpg' });
    const [event] = await until(async () => (await world.events('media.ready')).length > 0 && world.events('media.ready'));
    t.deepEqual(event, {
      messageId: message.id,
      engineId: message.engineId,
      chat: { id: '1@c.us', kind: 'private' },
      media: { id: view.id, url: `/api/media/${view.id}`, mimetype: 'image/png', filename: 'a.jpg', size: PNG.length, status: 'ready' },
    });
    t.deepEqual(world.asked, [message.engineId]);
    const file = await world.library.open(world.tenantId, view.id);
    t.deepEqual(await file.read().then((stream) => stream.toArray()), [PNG]);
  });

  test(`${dialect}: a try that fails is repeated, later each time, until it works`, async (t) => {
    const clock = new FakeClock();
    const world = await openWorld(t, { dialect, clock });
    let tries = 0;
    world.fetchMedia = async () => {
      if (++tries < 4) throw new HooklineError('engine-timeout', 'WhatsApp did not answer.');
      return chunks(PNG);
    };
    const { view } = await world.receives();
    await world.drain();
    t.is(tries, 1);
    for (const wait of [1_000, 2_000, 4_000]) {
      clock.advance(wait - 1);
      await world.drain();
      const before = tries;
      clock.advance(1);
      await world.drain();
      t.is(tries, before + 1);
    }
    t.is(tries, 4);
    t.like((await world.library.views(world.tenantId, [view.id])).get(view.id), { status: 'ready' });
    t.is((await world.events('media.ready')).length, 1);
  });

  test(`${dialect}: after a day nobody asks any more, and the event says why`, async (t) => {
    const clock = new FakeClock();
    const world = await openWorld(t, { dialect, clock });
    world.fetchMedia = async () => Promise.reject(new HooklineError('engine-failed', 'WhatsApp said no.'));
    const { view } = await world.receives();
    await world.drain();
    for (let passed = 0; passed <= 26 * 60; passed += 10) {
      clock.advance(10 * MINUTE);
      await world.drain();
    }
    const [event] = await world.events('media.failed');
    t.like(event, {
      media: { id: view.id, url: null, status: 'failed' },
      error: { code: 'engine-failed', message: 'WhatsApp said no.' },
    });
    const asked = world.asked.length;
    clock.advance(60 * MINUTE);
    await world.drain();
    t.is(world.asked.length, asked);
    await t.throwsAsync(world.library.open(world.tenantId, view.id), { code: 'media-unavailable', message: /WhatsApp said no/ });
  });

  test(`${dialect}: without a connection nothing is tried; with it, at once`, async (t) => {
    const clock = new FakeClock();
    const world = await openWorld(t, { dialect, clock });
    const connected = world.fetchMedia;
    world.fetchMedia = null;
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => world.receives()));
    await world.drain();
    t.deepEqual(world.asked, []);
    world.fetchMedia = connected;
    const { tenantId, session } = world;
    await world.db.write((tx) => world.ledger.append(tx, [{ tenantId, session, type: 'session.status', data: { to: 'connected' } }]));
    await world.drain();
    t.is((await world.events('media.ready')).length, all.length);
  });
}

test('what WhatsApp does not have any more is not asked for again', async (t) => {
  const world = await openWorld(t);
  world.fetchMedia = async () => Promise.reject(new HooklineError('media-unavailable', 'WhatsApp does not have it.'));
  await world.receives();
  const [event] = await until(async () => (await world.events('media.failed')).length > 0 && world.events('media.failed'));
  t.like(event, { error: { code: 'media-unavailable' } });
  t.is(world.asked.length, 1);
});

test('what is too large is not kept, whatever was said of its size', async (t) => {
  const world = await openWorld(t, { settings: { maxBytes: 1_000 } });
  world.fetchMedia = async () => chunks(noise(600), noise(600));
  await world.receives({ mimetype: 'video/mp4', size: 10 });
  await world.receives({ mimetype: 'video/mp4', size: 10_000 });
  await until(async () => (await world.events('media.failed')).length === 2);
  for (const event of await world.events('media.failed')) t.like(event, { error: { code: 'media-too-large' } });
  t.is(world.asked.length, 1, 'one said so itself');
  t.deepEqual(await world.files(), []);
});

test('an engine that gives nothing more is left, and asked again later', async (t) => {
  const world = await openWorld(t, { idle: 50 });
  let tries = 0;
  let left = 0;
  world.fetchMedia = async () => {
    if (++tries > 1) return chunks(PNG);
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: async () => ({ done: true, value: ++left }),
      }),
    };
  };
  await world.receives();
  await until(async () => (await world.events('media.ready')).length === 1);
  t.is(left, 1);
});

test('a large file does not hold up a small one of the same session', async (t) => {
  const world = await openWorld(t);
  const large = Promise.withResolvers<void>();
  world.fetchMedia = async (engineId) => {
    if (engineId === 'large') await large.promise;
    return chunks(PNG);
  };
  await world.receives(undefined, 'large');
  await until(() => world.asked.includes('large'));
  const { message } = await world.receives();
  const [event] = await until(async () => (await world.events('media.ready')).length > 0 && world.events('media.ready'));
  t.like(event, { messageId: message.id });
  large.resolve();
  await until(async () => (await world.events('media.ready')).length === 2);
});

test('a stop breaks off what is under way, and the next start takes it up', async (t) => {
  const world = await openWorld(t);
  const fetchMedia = world.fetchMedia;
  world.fetchMedia = () => new Promise(() => undefined);
  const { view } = await world.receives();
  await until(() => world.asked.length === 1);
  await world.stop();
  t.like((await world.library.views(world.tenantId, [view.id])).get(view.id), { status: 'pending' });
  const again = new World(world.db, world.session, world.directory, {});
  again.fetchMedia = fetchMedia;
  await again.start();
  t.teardown(() => again.stop());
  await until(async () => (await again.events('media.ready')).length === 1);
});

test('media that is removed while it is fetched stays removed', async (t) => {
  const world = await openWorld(t);
  const bytes = Promise.withResolvers<AsyncIterable<Uint8Array>>();
  world.fetchMedia = () => bytes.promise;
  const { view } = await world.receives();
  await until(() => world.asked.length === 1);
  await world.library.remove(world.tenantId, view.id);
  bytes.resolve(chunks(PNG));
  await world.drain();
  t.deepEqual(await world.events('media.ready'), []);
  t.like((await world.library.views(world.tenantId, [view.id])).get(view.id), { status: 'removed' });
});
