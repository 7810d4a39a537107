import test from 'ava';
import { whyNotGenuine } from '../../src/client/index.ts';
import { hasCode } from '../../src/core/errors.ts';
import type { EndpointInput } from '../../src/webhooks/endpoints/endpoint-input.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub } from './hub.ts';
import { startReceiver, verify } from './receiver.ts';

const DAY = 24 * 3_600_000;

for (const dialect of await stores()) {
  test(`${dialect}: an endpoint is shown as it was given, and its secrets are nowhere to be seen`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const given: EndpointInput = {
      url: 'http://127.0.0.1:9/hook',
      events: ['message.*'],
      sessions: ['shop'],
      ordering: 'relaxed',
      headers: { 'X-Shop': 'berlin', 'X-Token': { secret: 'canary-header' } },
      rateLimit: 50,
      description: 'orders',
    };
    const { secret, ...shown } = await hub.endpoints.create(tenantId, given);
    t.like(shown, { ...given, headers: { 'x-shop': 'berlin', 'x-token': { secret: true } }, status: 'enabled', pausedUntil: null });
    t.deepEqual(await hub.endpoints.get(tenantId, shown.id), shown);
    const stored = JSON.stringify(await hub.db.sql('webhook_endpoints').where({ id: shown.id }));
    t.false(stored.includes(secret.slice(6)));
    t.false(stored.includes('canary-header'));
  });

  test(`${dialect}: what is left out has its default, and an update changes only what it names`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const { id } = await hub.endpoints.create(tenantId, { url: 'http://127.0.0.1:9/hook' });
    const defaults = { events: ['*'], sessions: [], ordering: 'strict', headers: {}, rateLimit: null, description: '' } as const;
    t.like(await hub.endpoints.get(tenantId, id), defaults);
    const updated = await hub.endpoints.update(tenantId, id, { events: ['session.qr'], description: 'codes' });
    t.like(updated, { ...defaults, events: ['session.qr'], description: 'codes', url: 'http://127.0.0.1:9/hook' });
    t.deepEqual(await hub.endpoints.get(tenantId, id), updated);
  });

  test(`${dialect}: lists go page by page`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const made: string[] = [];
    for (let port = 1; port <= 5; port++) made.push((await hub.endpoints.create(tenantId, { url: `http://127.0.0.1:${port}/` })).id);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await hub.endpoints.list(tenantId, { limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    t.deepEqual(seen.toSorted(), made.toSorted());
    t.is(seen.length, 5);
  });

  test(`${dialect}: filters by type and session decide what an endpoint is owed`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const bar = await hub.session(tenantId, 'bar');
    const receiver = await startReceiver(t);
    await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.*'], sessions: [session.id] });
    await hub.endpoints.create(tenantId, { url: receiver.url, events: ['session.*'] });
    const [id] = await hub.receive(tenantId, session, 'mine');
    await hub.receive(tenantId, bar, 'not mine');
    await hub.drain();
    t.deepEqual(receiver.ids(), [id ?? '']);
  });

  test(`${dialect}: a filter by chats and people decides what an endpoint is owed, and what is replayed to it`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t);
    const filter = { chats: ['+55 (11) 98888-7777'], chatKinds: ['private' as const] };
    const made = await hub.endpoints.create(tenantId, { url: receiver.url, filter });
    t.deepEqual(made.filter, { chats: ['5511988887777@c.us'], chatKinds: ['private'] }, 'in one form');
    const [id] = await hub.receive(tenantId, session, 'from Ana');
    await hub.drain();
    t.deepEqual(receiver.ids(), [id ?? '']);
    t.like(await hub.endpoints.update(tenantId, made.id, { filter: { senders: ['5521900001111@c.us'] } }), {
      filter: { senders: ['5521900001111@c.us'] },
    });
    await hub.receive(tenantId, session, 'from Ana again');
    await hub.drain();
    await hub.replays.begin(tenantId, made.id, { since: 0 });
    await hub.drain();
    t.is(receiver.requests.length, 1, 'neither live nor by a replay');
    t.is((await hub.endpoints.update(tenantId, made.id, { filter: null })).filter, null);
    await hub.replays.begin(tenantId, made.id, { since: 0, status: 'missing' });
    await hub.drain();
    t.is(receiver.requests.length, 2);
    for (const wrong of [{ chats: [] }, { senders: ['nobody at all'] }]) {
      await t.throwsAsync(hub.endpoints.update(tenantId, made.id, { filter: wrong }), { message: /./ }, JSON.stringify(wrong));
    }
    t.is((await hub.endpoints.get(tenantId, made.id)).filter, null);
  });

  test(`${dialect}: one that was disabled is sent nothing, the others are told once, and what it was owed comes when it is enabled`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const [receiver, other] = [await startReceiver(t), await startReceiver(t)];
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.endpoints.create(tenantId, { url: other.url, events: ['webhook.*'] });
    t.like(await hub.endpoints.disable(tenantId, id), { status: 'disabled', disabledReason: 'requested' });
    const { disabledAt } = await hub.endpoints.disable(tenantId, id);
    const [event] = await hub.receive(tenantId, session, 'meanwhile');
    await hub.drain();
    t.is(receiver.requests.length, 0);
    t.is(other.requests.length, 1);
    t.like(JSON.parse(other.requests[0]?.body ?? ''), { type: 'webhook.disabled', data: { endpointId: id, reason: 'requested' } });
    t.is((await hub.endpoints.get(tenantId, id)).disabledAt, disabledAt, 'a second time changes nothing');
    t.like(await hub.endpoints.enable(tenantId, id), { status: 'enabled', disabledReason: null });
    await hub.drain();
    t.deepEqual(receiver.ids(), [event ?? '']);
  });

  test(`${dialect}: a secret of one's own signs, when it is made and when it is changed; what is none is refused and not repeated`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const receiver = await startReceiver(t);
    const [own, next] = ['a', 'b'].map((letter) => `whsec_${Buffer.alloc(32, letter).toString('base64')}`) as [string, string];
    const made = await hub.endpoints.create(tenantId, { url: receiver.url, secret: own });
    t.is(made.secret, own);
    await hub.endpoints.test(tenantId, made.id);
    await hub.drain();
    t.notThrows(() => verify(own, receiver.requests[0] as never));
    t.is((await hub.endpoints.rotateSecret(tenantId, made.id, { secret: next, overlapSeconds: 0 })).secret, next);
    await hub.endpoints.test(tenantId, made.id);
    await hub.drain();
    t.notThrows(() => verify(next, receiver.requests[1] as never));
    const wrong = [
      'canary',
      `whsec_${Buffer.alloc(23, 'c').toString('base64')}`,
      `whsec_${Buffer.alloc(65, 'c').toString('base64')}`,
      `${own} `,
    ];
    for (const secret of wrong) {
      for (const tried of [
        hub.endpoints.create(tenantId, { url: receiver.url, secret }),
        hub.endpoints.rotateSecret(tenantId, made.id, { secret }),
      ]) {
        const error = await t.throwsAsync(tried, undefined, secret);
        t.true(hasCode(error, 'invalid-body') && error.errors?.[0]?.path === 'secret');
        t.false(error?.message.includes(secret));
      }
    }
    t.is((await hub.endpoints.list(tenantId, { limit: 10 })).data.length, 1);
  });

  test(`${dialect}: sessions of an endpoint are the tenant's own; a name without a session is taken with a warning`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const theirs = await hub.session(await hub.tenant(), 'theirs');
    const url = 'http://127.0.0.1:9/';
    const { id } = await hub.endpoints.create(tenantId, { url, sessions: [session.id, 'shop'] });
    for (const foreign of [theirs.id, 'ses_0000000000000000000000000a']) {
      const tries = [
        hub.endpoints.create(tenantId, { url, sessions: ['shop', foreign] }),
        hub.endpoints.update(tenantId, id, { sessions: ['shop', foreign] }),
      ];
      for (const tried of tries) {
        const error = await t.throwsAsync(tried);
        t.true(hasCode(error, 'not-found'));
        t.deepEqual(hasCode(error, 'not-found') && error.errors, [{ path: 'sessions.1', message: `there is no session "${foreign}"` }]);
      }
    }
    t.is((await hub.endpoints.list(tenantId, { limit: 10 })).data.length, 1);
    const made = await hub.endpoints.create(tenantId, { url, sessions: ['shop', 'theirs'] });
    t.deepEqual(
      made.warnings?.map(({ path }) => path),
      ['sessions.1'],
    );
    t.false('warnings' in (await hub.endpoints.get(tenantId, made.id)));
    t.false('warnings' in (await hub.endpoints.update(tenantId, made.id, { description: 'x' })));
    const changed = await hub.endpoints.update(tenantId, made.id, { sessions: ['bar'] });
    t.deepEqual(changed.warnings, [
      { path: 'sessions.0', message: 'no session is called "bar" now; the endpoint hears of it once there is one' },
    ]);
  });

  test(`${dialect}: an endpoint hears nothing of another tenant`, async (t) => {
    const { hub, session, tenantId } = await startHub(t, dialect);
    const receiver = await startReceiver(t);
    await hub.endpoints.create(await hub.tenant(), { url: receiver.url });
    await hub.receive(tenantId, session, 'private');
    await hub.drain();
    t.is(receiver.requests.length, 0);
  });

  test(`${dialect}: after a rotation both secrets sign for a day, then the new one alone`, async (t) => {
    const clock = new FakeClock(Date.now());
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock }) });
    const receiver = await startReceiver(t);
    const { id, secret } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const { secret: fresh } = await hub.endpoints.rotateSecret(tenantId, id);
    await hub.receive(tenantId, session, 'now');
    await hub.drain();
    const [both] = receiver.requests;
    if (!both) return t.fail('nothing came');
    t.notThrows(() => verify(secret, both));
    t.notThrows(() => verify(fresh, both));

    clock.advance(DAY);
    await hub.receive(tenantId, session, 'tomorrow');
    await hub.drain();
    t.deepEqual(
      receiver.requests.map(({ headers }) => String(headers['webhook-signature']).split(' ').length),
      [2, 1],
    );
  });

  test(`${dialect}: with v1a it is signed with a key pair, too, whose public half is shown and which is rotated with the secret`, async (t) => {
    const clock = new FakeClock(Date.now());
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock }) });
    const receiver = await startReceiver(t);
    const made = await hub.endpoints.create(tenantId, { url: receiver.url });
    t.is(made.publicKey, null);
    const { publicKey } = await hub.endpoints.update(tenantId, made.id, { signatures: ['v1', 'v1a'] });
    t.is((await hub.endpoints.update(tenantId, made.id, { signatures: ['v1a'] })).publicKey, publicKey, 'made once');
    const { publicKey: fresh } = await hub.endpoints.rotateSecret(tenantId, made.id);
    await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    const [request] = receiver.requests;
    const header = (name: string): string => String(request?.headers[name]);
    const delivery = {
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body: Buffer.from(request?.body ?? ''),
    };
    t.regex(delivery.signature, /^v1a,\S+ v1a,\S+$/);
    for (const key of [publicKey, fresh]) t.is(await whyNotGenuine([key ?? ''], delivery, clock.now()), null);
  });

  test(`${dialect}: a test reaches this endpoint alone, past its filter and what blocks its lanes, and is tried once`, async (t) => {
    // Its clock stands still, so that what has failed is not tried again meanwhile.
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock: new FakeClock(Date.now()) }) });
    const receiver = await startReceiver(t, 500);
    const other = await startReceiver(t);
    const { id, secret } = await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.received'] });
    await hub.endpoints.create(tenantId, { url: other.url, events: ['webhook.*'] });
    await hub.receive(tenantId, session, 'blocks its lane');
    await hub.drain();
    const { eventId, deliveryId } = await hub.endpoints.test(tenantId, id);
    await hub.drain();
    t.is(receiver.requests.length, 2);
    t.like(verify(secret, receiver.requests[1] as (typeof receiver.requests)[number]), {
      id: eventId,
      type: 'webhook.test',
      data: { endpointId: id },
    });
    t.like(await hub.deliveries.get(tenantId, deliveryId), { status: 'dead', attemptsMade: 1 });
    t.is(other.requests.length, 0);
  });

  test(`${dialect}: a removed endpoint takes its deliveries and lanes along`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, 'one', 'two');
    await hub.drain();
    await hub.endpoints.remove(tenantId, id);
    await hub.receive(tenantId, session, 'three');
    await hub.drain();
    t.is(receiver.requests.length, 1);
    for (const table of ['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts', 'lanes']) {
      t.deepEqual(await hub.db.sql(table), [], table);
    }
    await t.throwsAsync(hub.endpoints.get(tenantId, id), { message: /no endpoint/ });
  });

  test(`${dialect}: another tenant's ids are not found`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 1 });
    const deliveryId = data[0]?.id ?? t.fail('no delivery');
    const stranger = await hub.tenant();
    const { endpoints, deliveries } = hub;
    const tries = {
      get: () => endpoints.get(stranger, id),
      update: () => endpoints.update(stranger, id, { description: 'mine now' }),
      remove: () => endpoints.remove(stranger, id),
      rotateSecret: () => endpoints.rotateSecret(stranger, id),
      enable: () => endpoints.enable(stranger, id),
      test: () => endpoints.test(stranger, id),
      deliveries: () => deliveries.list(stranger, id, { limit: 1 }),
      delivery: () => deliveries.get(stranger, String(deliveryId)),
      retry: () => deliveries.retry(stranger, String(deliveryId)),
    };
    for (const [name, call] of Object.entries(tries)) {
      const error = await t.throwsAsync(call);
      t.true(hasCode(error, 'not-found'), name);
    }
    t.deepEqual(await endpoints.list(stranger, { limit: 10 }), { data: [], nextCursor: null });
    await hub.drain();
    t.is(receiver.requests.length, 1);
    t.like(await endpoints.get(tenantId, id), { description: '', status: 'enabled' });
  });
}

test('what cannot be an endpoint is refused with every fault at its place', async (t) => {
  const { hub, tenantId } = await startHub(t, 'sqlite');
  const url = 'http://127.0.0.1:9/';
  const refused: [Partial<EndpointInput>, string[]][] = [
    [{ events: [] }, ['events']],
    [{ events: ['*', 'message.recieved'] }, ['events.1']],
    [{ ordering: 'chaotic' as 'strict' }, ['ordering']],
    [{ rateLimit: 0 }, ['rateLimit']],
    [{ rateLimit: 1.5 }, ['rateLimit']],
    [{ schedule: [] }, ['schedule']],
    [{ schedule: [5, 0.5] }, ['schedule']],
    [{ timeoutSeconds: 31 }, ['timeoutSeconds']],
    [{ signatures: ['v2' as 'v1'] }, ['signatures']],
    [
      { headers: { Host: 'a', 'Content-Length': '1', 'webhook-id': 'x', Connection: 'close' } },
      ['headers.Host', 'headers.Content-Length', 'headers.webhook-id', 'headers.Connection'],
    ],
    [{ headers: { authorization: 'Bearer x' } }, ['headers.authorization']],
    [{ headers: { 'transfer-encoding': { secret: 'chunked' } } }, ['headers.transfer-encoding']],
    [
      { headers: { Forwarded: 'for=1', 'X-Forwarded-Host': 'x', Content_Length: '0', ':path': '/' } },
      ['headers.Forwarded', 'headers.X-Forwarded-Host', 'headers.Content_Length', 'headers.:path'],
    ],
    [{ headers: { 'X-A': 'a', 'x-a': 'b' } }, ['headers.x-a']],
    [{ headers: { 'x-a': 'a'.repeat(4_096), 'x-b': { secret: 'b'.repeat(4_096) } } }, ['headers']],
    [{ headers: Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`x-${i}`, 'a'])) }, ['headers']],
    [{ headers: { 'x-a': 'snow ☃', 'x-b': { secret: 'snow ☃' } } }, ['headers.x-a', 'headers.x-b']],
    [{ headers: { 'x a': '1', 'x-b': 'a\r\nwebhook-id: evt_forged' } }, ['headers.x a', 'headers.x-b']],
  ];
  for (const [input, paths] of refused) {
    const error = await t.throwsAsync(hub.endpoints.create(tenantId, { url, ...input }), undefined, JSON.stringify(input));
    t.true(hasCode(error, 'invalid-body'));
    t.deepEqual(hasCode(error, 'invalid-body') && error.errors?.map(({ path }) => path), paths);
  }
  t.deepEqual((await hub.endpoints.list(tenantId, { limit: 10 })).data, []);
});

test('a URL is saved as it will be asked', async (t) => {
  const { hub, tenantId } = await startHub(t, 'sqlite');
  for (const url of [
    ' http://127.0.0.1:9/',
    'http://127.0.0.1:9/ ',
    'http:127.0.0.1:9/x',
    'http:\\\\127.0.0.1:9\\x',
    'http://127.0.0.1:9/a\nb',
    'http://a:b@127.0.0.1:9/',
  ]) {
    await t.throwsAsync(hub.endpoints.create(tenantId, { url }), { code: 'url-forbidden' } as never, JSON.stringify(url));
  }
});

test('a refusal says the same of every address inside, and names none', async (t) => {
  const { hub, tenantId } = await startHub(t, 'sqlite');
  const texts = new Set<string>();
  for (const url of ['http://10.0.0.1/', 'http://169.254.169.254/', 'http://[::1]/', 'http://192.168.1.1/']) {
    const error = await t.throwsAsync(hub.endpoints.create(tenantId, { url }));
    texts.add(error?.message ?? '');
  }
  t.deepEqual(
    [...texts],
    ['The URL leads to an address that is not public. If that is meant, the operator allows it with HOOKLINE_EGRESS_ALLOW.'],
  );
});

test('a URL that leads inside is refused when it is saved', async (t) => {
  const { hub, tenantId } = await startHub(t, 'sqlite');
  await t.throwsAsync(hub.endpoints.create(tenantId, { url: 'http://10.0.0.1/' }), { code: 'url-forbidden' } as never);
  const { id } = await hub.endpoints.create(tenantId, { url: 'http://127.0.0.1:9/' });
  await t.throwsAsync(hub.endpoints.update(tenantId, id, { url: 'http://[::1]/' }), { code: 'url-forbidden' } as never);
  t.is((await hub.endpoints.get(tenantId, id)).url, 'http://127.0.0.1:9/');
});

test('a new URL gets at once what waited for the old one', async (t) => {
  const { hub, tenantId, session } = await startHub(t, 'sqlite');
  const wrong = await startReceiver(t, 404);
  const right = await startReceiver(t);
  const { id } = await hub.endpoints.create(tenantId, { url: wrong.url });
  const ids = await hub.receive(tenantId, session, 'one', 'two');
  await hub.drain();
  t.is(wrong.requests.length, 1);
  await hub.endpoints.update(tenantId, id, { url: right.url });
  await hub.drain();
  t.deepEqual(right.ids(), ids);
});
