/**
 * Whatever changes something, asked for several times at once, and while somebody removes what it is about: a row that was read
 * may be gone, or be another one, when it is written. Every answer is one that a caller can act on. The requests are those of
 * /openapi.json.
 */
import test from 'ava';
import { migratedLocation, stores } from '../helpers/database.ts';
import { ADMIN_KEY, type Answer, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { least, leastWith, type Operation, operationsOf, placesIn, type Schema, type Texts } from '../helpers/openapi.ts';
import { flowOf } from './furniture.ts';

const CONTACT = '5511988887777';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==';

/** What stands in the path of a request, by the name of its parameter and what goes before it. */
type Things = Record<string, string>;
type Made = { key: string; things: Things; texts: Texts };

const isChange = ({ method }: Operation): boolean => method !== 'GET' && method !== 'HEAD';
const filled = (path: string, things: Things): string =>
  path.replace(/([\w-]+)\/\{(\w+)\}/g, (_, before: string, name: string) => `${before}/${encodeURIComponent(things[before] ?? name)}`);

/** The least body that the request takes, and its type. */
function bodyOf({ name, bodies }: Operation, texts: Texts): { type?: string; body?: string } {
  const [type, schema] = (Object.entries(bodies)[0] ?? []) as [string?, Schema?];
  if (type === undefined) return {};
  if (type === 'application/yaml') return { type, body: flowOf(String(texts.flow), 'moin') };
  if (type !== 'application/json') return { type: type === 'multipart/form-data' ? 'text/csv' : type, body: 'a,b' };
  let made = least(schema, texts);
  if (JSON.stringify(made) === '{}') made = leastWith(schema, [...placesIn(schema)][0] ?? [], texts.name ?? 'x', texts);
  const more = name === 'POST /api/sessions' ? { engine: 'sandbox', onConflict: 'recreate' } : {};
  return { type, body: JSON.stringify({ ...(made as object), ...more }) };
}

interface World {
  hub: Hub;
  operations: Operation[];
}

/** Every hub tells the same. */
let operations: Promise<Operation[]> | undefined;

/** A hub for all tests of a dialect. */
function worldOf(dialect: 'sqlite' | 'postgres'): () => Promise<World> {
  let opened: ReturnType<typeof open> | undefined;
  const open = async () => {
    const place = dialect === 'postgres' ? await migratedLocation('postgres') : undefined;
    const url: Record<string, string> = place && 'url' in place.location ? { HOOKLINE_DATABASE_URL: place.location.url } : {};
    const hub = await startHub({ env: { HOOKLINE_HTTP_REQUESTS_PER_MINUTE: '0', ...url } });
    operations ??= operationsOf(hub);
    return { hub, place, operations: await operations };
  };
  test.after.always(async () => {
    const world = await opened;
    await world?.hub.dispose();
    await world?.place?.remove();
  });
  return () => {
    opened ??= open();
    return opened;
  };
}

/** A tenant with one of everything that a request may be about. */
async function furnished({ hub }: World, name: string): Promise<Made> {
  const { id: tenant, key, call } = await hub.tenant(`tenant of ${name}`);
  const got = async (answer: Promise<Answer>): Promise<Answer['json']> => {
    const { status, json, text } = await answer;
    if (status >= 300) throw new Error(`${name}: ${status} ${text}`);
    return json;
  };
  const session = await linkedSandbox(call, name, CONTACT.replace('8888', '7777'));
  const { engineId } = await got(call('POST', `/api/sessions/${name}/sandbox/receive`, { from: CONTACT, text: 'hi' }));
  const later = { to: CONTACT, type: 'text', text: 'later', sendAt: new Date(Date.now() + 3_600_000).toISOString() };
  const message = await got(call('POST', `/api/sessions/${name}/messages`, later));
  const endpoint = await got(call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' }));
  const { deliveryId } = await got(call('POST', `/api/webhooks/${endpoint.id}/test`));
  await got(call('PUT', `/api/flows/${name}`, flowOf(name, 'moin'), { 'content-type': 'application/yaml' }));
  await got(call('PUT', `/api/flow-secrets/${name}`, { value: 'x' }));
  const media = await got(call('POST', '/api/media', 'a,b', { 'content-type': 'text/csv' }));
  const group = await got(call('POST', `/api/sessions/${name}/groups`, { subject: name, participants: [CONTACT] }));
  const made = await got(hub.admin('POST', `/api/tenants/${tenant}/keys`, { name, scopes: ['events:read'] }));
  const people = { to: CONTACT, from: CONTACT, chat: CONTACT, phone: '5511977776666', phones: CONTACT, participants: CONTACT };
  return {
    key,
    things: {
      ...{ tenants: tenant, keys: made.id, sessions: name, messages: message.id, webhooks: endpoint.id, deliveries: deliveryId },
      ...{ media: media.id, chats: CONTACT, contacts: CONTACT, groups: group.id, flows: name, 'flow-secrets': name },
    },
    texts: {
      ...people,
      ...{ name: `${name}_new`, flow: name, session, messageId: engineId, url: 'http://127.0.0.1:9/', media: { base64: PNG } },
      ...{ options: ['one', 'two'], messages: [{ session: name, to: CONTACT, type: 'text', text: 'in bulk' }] },
    },
  };
}

async function ask(hub: Hub, operation: Operation, { key, things, texts }: Made): Promise<{ status: number; text: string }> {
  const { type, body } = bodyOf(operation, texts);
  const call = hub.as(operation.right === 'admin' ? ADMIN_KEY : key);
  return call(operation.method, filled(operation.path, things), body, type ? { 'content-type': type } : {});
}

/** What is wrong with what the hub answered to several at once. 501: a sandbox cannot do it. `refused`: who of them got nowhere. */
async function wrongIn(what: string, asked: Promise<{ status: number; text: string }>[], refused: string[] = []): Promise<string[]> {
  const answers = await Promise.all(asked);
  if (answers.every(({ status }) => status >= 400)) refused.push(`${what}: ${answers[0]?.status} ${answers[0]?.text.slice(0, 200)}`);
  return answers.flatMap(({ status, text }) => (status >= 500 && status !== 501 ? [`${what}: ${status} ${text.slice(0, 300)}`] : []));
}

/** What ends a session, or the keys by which the others are asked. */
const ENDS = /\/(?:logout|disconnect|leave|sandbox\/(?:disconnect|faults))$/;

for (const dialect of await stores()) {
  const open = worldOf(dialect);

  test(`${dialect}: what changes something may be asked for several times at once`, async (t) => {
    t.timeout(600_000);
    const world = await open();
    const mine = await furnished(world, 'shop');
    const order = ({ method, path }: Operation): number => (method === 'DELETE' ? 2 : ENDS.test(path) ? 1 : 0);
    const wrong: string[] = [];
    const refused: string[] = [];
    const changes = world.operations.filter(isChange).toSorted((a, b) => order(a) - order(b));
    t.true(changes.length > 50);
    for (const [at, operation] of changes.entries()) {
      const times = 2 + (at % 5);
      wrong.push(
        ...(await wrongIn(
          operation.name,
          Array.from({ length: times }, () => ask(world.hub, operation, mine)),
        )),
      );
    }
    t.deepEqual(wrong, []);
    t.deepEqual(refused, [], 'of each at least one got somewhere');
    t.notRegex(world.hub.output(), /did not foresee/);
  });

  test(`${dialect}: what changes something may be asked for while it is removed`, async (t) => {
    t.timeout(600_000);
    const world = await open();
    const removals = world.operations.filter(({ method }) => method === 'DELETE');
    const wrong: string[] = [];
    let count = 0;
    for (const removal of removals) {
      const about = world.operations.filter((one) => isChange(one) && one !== removal && one.path.startsWith(removal.path));
      // A few at a time share what is removed under them.
      for (let start = 0; start === 0 || start < about.length; start += 4) {
        const mine = await furnished(world, `shop${count++}`);
        const some = about.slice(start, start + 4);
        const asked = [removal, ...some, removal, ...some, removal].map((one) => ask(world.hub, one, mine));
        wrong.push(...(await wrongIn(`${removal.name} with ${some.map(({ name }) => name).join(', ')}`, asked)));
      }
    }
    t.deepEqual(wrong, []);
    t.notRegex(world.hub.output(), /did not foresee/);
  });

  test(`${dialect}: a session may be made anew by several at once, and scanned by several at once`, async (t) => {
    t.timeout(300_000);
    const world = await open();
    const { call } = await world.hub.tenant();
    const create = () => call('POST', '/api/sessions', { name: 'race', engine: 'sandbox', onConflict: 'recreate' });
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 6 }, create));
      t.true(
        answers.every(({ status }) => status === 200 || status === 201),
        JSON.stringify(answers.map(({ status }) => status)),
      );
    }
    await until(async () => (await call('GET', '/api/sessions/race/qr')).status === 200, { what: 'a code' });
    const scans = await Promise.all(Array.from({ length: 4 }, () => call('POST', '/api/sessions/race/sandbox/scan', {})));
    t.deepEqual(scans.map(({ status }) => status).sort(), [200, 409, 409, 409]);
    const removed = await Promise.all(Array.from({ length: 5 }, () => call('DELETE', '/api/sessions/race')));
    t.true(removed.every(({ status }) => status === 204 || status === 404));
    t.true(removed.some(({ status }) => status === 204));
  });
}
