/**
 * An attacker with a key of their own puts what is another tenant's wherever a request can name something: the places are
 * found in /openapi.json. The answer is that of a thing that nobody has, word for word, and nothing of the other's is told or changed.
 */
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { ADMIN_KEY, type Answer, type Hub, startHub, until } from '../helpers/hub.ts';
import { least, leastWith, nameOf, type Operation, operationsOf, placesIn, type Texts, type Way } from '../helpers/openapi.ts';
import { isProblem, raw } from './answers.ts';
import { type Furnished, flowOf, furnish, rowsOf, toldOf } from './furniture.ts';

const ids = (...kinds: (keyof Furnished['ids'])[]) => {
  return (of: Furnished): string[] => kinds.map((kind) => of.ids[kind]);
};
const session = (of: Furnished): string[] => [of.ids.session, of.name];
const message = (of: Furnished): string[] => [of.ids.message, ...of.whatsAppIds];
const person = (of: Furnished): string[] => [of.contact, `${of.contact}@c.us`];
const name = (of: Furnished): string[] => [of.name];
const anyId = (of: Furnished): string[] => Object.values(of.ids);

/** What of a tenant can stand in a place. In a path it is known by what goes before it. */
const STANDS: Record<string, (of: Furnished) => string[]> = {
  'path sessions/{id}': session,
  'path messages/{id}': ids('message'),
  'path media/{id}': ids('media'),
  'path webhooks/{id}': ids('webhook'),
  'path replays/{replayId}': ids('replay'),
  'path deliveries/{id}': ids('delivery'),
  'path runs/{id}': ids('run'),
  'path events/{id}': ids('event'),
  'path quarantine/{id}': ids('quarantine'),
  'path flows/{name}': name,
  'path flow-secrets/{name}': name,
  'path keys/{keyId}': ids('key'),
  'path tenants/{id}': ids('tenant'),
  'path chats/{chat}': person,
  'path contacts/{contact}': person,
  'path groups/{group}': ids('group'),
  'query session': session,
  'query after': anyId,
  'query cursor': anyId,
  'query chat': person,
  'query reference': (of) => [`reference of ${of.name}`],
  'query message': message,
  'query event': ids('event'),
  'query flow': name,
  'query from': ids('tenant'),
  'query keyId': ids('key'),
  'query resource': anyId,
  'header Idempotency-Key': (of) => [of.idempotencyKey],
  'header Last-Event-ID': anyId,
  'body session': session,
  'body sessions.[]': session,
  'body idempotencyKey': (of) => [of.idempotencyKey],
  'body to': person,
  'body from': person,
  'body chat': (of) => [...person(of), of.ids.group],
  'body lid': person,
  'body phone': (of) => [of.contact],
  'body participant': person,
  'body participants.[]': person,
  'body mentions.[]': person,
  'body filter.chats.[]': person,
  'body filter.senders.[]': person,
  'body replyTo': message,
  'body messageId': message,
  'body engineId': (of) => of.whatsAppIds,
  'body media.mediaId': ids('media'),
};

/** What the phone knows, not the hub: a session of the caller's own is asked for it, with a body that is right. */
const IN_THE_SESSION = /^(?:chats|contacts|groups)/;

/** Where a name is given to something new: two tenants may give the same. */
const NEW = [
  ...['POST /api/sessions name', 'PATCH /api/sessions/{id} name'],
  ...['PUT /api/flows/{name} flows/{name}', 'PUT /api/flow-secrets/{name} flow-secrets/{name}'],
];

/** What names nothing that the hub keeps for a tenant: words, numbers, addresses in the world, WhatsApp's own lists. */
const WORDS = new Set([
  'raw.{}',
  'path revisions/{revision}',
  'path nodes/{id}',
  ...['query limit', 'query format', 'query status', 'query direction', 'query since', 'query until', 'query kind', 'query runs'],
  ...['query types', 'query action', 'query filename', 'query search', 'query label', 'query saved', 'query blocked', 'query fresh'],
  ...[
    'query unread',
    'query archived',
    'query stage',
    'query named',
    'query order',
    'query trace',
    'query by',
    'query timezone',
    'header Range',
    'header If-Range',
    'header If-None-Match',
  ],
  ...['name', 'text', 'caption', 'title', 'footer', 'button', 'question', 'options.[]', 'emoji', 'address', 'reference', 'value'],
  ...[
    'subject',
    'description',
    'url',
    'events.[]',
    'types.[]',
    'secret',
    'headers.{}',
    'headers.{}.secret',
    'dialectOptions.{}',
    'type',
    'labels.[]',
    'file',
    '',
  ],
  ...['media.url', 'media.base64', 'media.filename', 'media.mimetype', 'sections.[].title', 'sections.[].rows.[].id'],
  ...['sections.[].rows.[].title', 'sections.[].rows.[].description', 'contacts.[].name', 'contacts.[].phones.[]'],
  ...['contacts.[].organization', 'contacts.[].emails.[]', 'location.name', 'location.address', 'poll.question', 'poll.options.[]'],
  ...['list.title', 'list.text', 'list.footer', 'list.button', 'list.sections.[].title', 'list.sections.[].rows.[].id'],
  ...['list.sections.[].rows.[].title', 'list.sections.[].rows.[].description', 'choice.id', 'choice.title'],
  ...['config.{}', 'config.pacing.quietHours.from', 'config.pacing.quietHours.to', 'config.pacing.quietHours.timezone'],
  ...[
    'messages.[]',
    'chat.[].{}',
    'source',
    'tests',
    'now',
    'contact.name',
    'contact.phone',
    'http_mocks.[].{}',
    'data.{}',
    'tags.[]',
    'remembered.{}',
  ],
  ...[
    'username',
    'exists.usernames.{}',
    'exists.unknown.[]',
    'exists.lids.{}',
    'passkey.code',
    'credential.id',
    'credential.rawId',
    'credential.{}',
  ],
  ...['credential.authenticatorAttachment', 'credential.clientExtensionResults.{}', 'credential.response.clientDataJSON'],
  ...['credential.response.authenticatorData', 'credential.response.signature', 'credential.response.userHandle', 'credential.response.{}'],
  ...['locale', 'redirectUrl', 'frameAncestors.[]'],
]);

/** Routes whose keys are those of sends, of which each tenant has one here; of the others test/http/idempotency.test.ts tells. */
const KEYED = /\/(?:messages|bulk|start)$/;

interface Place {
  operation: Operation;
  in: 'path' | 'query' | 'header' | 'body';
  /** As in STANDS. */
  name: string;
  type?: string;
  way?: Way;
}

const IN_PATH = /([\w-]+)\/\{(\w+)\}/g;

function* placesOf(operation: Operation): Generator<Place> {
  for (const [name] of operation.path.matchAll(IN_PATH)) yield { operation, in: 'path', name };
  for (const parameter of operation.parameters) yield { operation, ...parameter };
  for (const [type, schema] of Object.entries(operation.bodies)) {
    const ways = [...placesIn(schema)];
    // An entry of a bulk is a send, and each type of send is tried as such.
    const isFirst = (way: Way, i: number): boolean => ways.findIndex((other) => nameOf(other) === nameOf(way)) === i;
    for (const way of operation.path === '/api/messages/bulk' ? ways.filter(isFirst) : ways) {
      yield { operation, in: 'body', name: nameOf(way).replace(/^messages\.\[\]\./, ''), type, way };
    }
  }
}

/** Like it, and nobody's. */
function twin(value: string, { name }: Furnished): string {
  if (value.includes(name)) return value.replaceAll(name, 'nobodys');
  return value.replace(/\w{4}(?=@[^_]*$|$)/, /^[a-z]{3}_/.test(value) ? 'zzzz' : '0000');
}

/** A person's number is told without what may follow it. */
const written = (value: string): string[] => [JSON.stringify(value).slice(1, -1), encodeURIComponent(value), value.replace(/@c\.us$/, '')];

const without = (text: string, value: string): string => written(value).reduce((rest, word) => rest.replaceAll(word, 'IT'), text);

/** Without what differs from request to request, whoever makes it. */
function alike(text: string, value: string): string {
  return (
    without(text, value)
      .replace(/\b[a-z]{3}_[0-9a-z]{26}\b/g, 'ID')
      .replace(/3EB0[0-9A-F]+|\d{15,}@g\.us/g, 'ID')
      .replace(/whsec_[\w+/=]+/g, 'SECRET')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      // How much of their own somebody has erased, or is still owed: each number is written to a little more or less than the other.
      .replace(/"(erased|owed)":\{[^}]*\}/g, '"$1":{}')
  );
}

interface Caller {
  who: string;
  key: string;
  headers?: Record<string, string>;
}

let hub: Hub;
let operations: Operation[];
let places: Place[];

test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_HTTP_REQUESTS_PER_MINUTE: '0' } });
  operations = await operationsOf(hub);
  places = operations.flatMap((operation) => [...placesOf(operation)]);
});
test.after.always(async (t) => {
  await hub.dispose();
  t.notRegex(hub.output(), /did not foresee/);
});

const FOR_UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
};

const PICTURE = {
  base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==',
  mimetype: 'image/png',
};

/** The body of a request that is right, but for what is put into the place. */
function bodyOf({ operation, ...place }: Place, value: string, mine: Furnished): { type?: string; body?: string | FormData } {
  const [type, schema] = Object.entries(operation.bodies).find(([type]) => place.type === undefined || type === place.type) ?? [];
  if (type === undefined) return {};
  const name = place.name === 'flows/{name}' ? value : mine.name;
  if (type === 'application/yaml') return { type, body: flowOf(name, name) };
  const people = { to: mine.contact, from: mine.contact, chat: mine.contact, participants: mine.contact };
  const phones = { phone: mine.contact, phones: mine.contact };
  const texts: Texts = {
    ...people,
    ...phones,
    media: PICTURE,
    session: mine.name,
    messageId: mine.ids.message,
    url: 'http://127.0.0.1:9/',
  };
  let made = place.way ? leastWith(schema, place.way, value, texts) : least(schema, texts);
  // Where no member has to be there, one of them has.
  if (JSON.stringify(made) === '{}') made = leastWith(schema, [...placesIn(schema)][0] ?? [], 'x', texts);
  if (type === 'application/json') {
    // Two options of a poll are not the same.
    const told = (key: string, member: unknown) => (key === 'options' ? ['one', 'two'] : member);
    // Without it a browser would be started for each session.
    const engine = operation.name === 'POST /api/sessions' ? { engine: 'sandbox' } : {};
    return { type, body: JSON.stringify({ ...(made as object), ...engine }, told) };
  }
  if (type !== 'multipart/form-data') return { type: type === '*/*' ? 'text/csv' : type, body: 'x' };
  const form = new FormData();
  for (const [member, entry] of Object.entries(made as object)) {
    if (member !== 'file') form.set(member, typeof entry === 'string' ? entry : JSON.stringify(entry));
  }
  form.set('file', new Blob(['x']), 'x.txt');
  return { body: form };
}

/** The request with this value in the place, and in all others what is the caller's own. */
async function ask(
  place: Place,
  value: string,
  mine: Furnished,
  { key, headers: more }: Caller,
  { type, body } = bodyOf(place, value, mine),
): Promise<Answer> {
  const { method, path, parameters } = place.operation;
  const filled = path.replace(IN_PATH, (named, before) => {
    const own = STANDS[`path ${named}`]?.(mine)[0] ?? '';
    return `${before}/${encodeURIComponent(place.in === 'path' && place.name === named ? value : own)}`;
  });
  const query = new URLSearchParams();
  for (const { required, name } of parameters) if (required) query.set(name, mine.ids.message);
  if (place.in === 'query') query.set(place.name, value);
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, ...more };
  if (place.in === 'header') headers[place.name] = value;
  if (place.name === 'Last-Event-ID') headers.accept = 'text/event-stream';
  const target = query.size > 0 ? `${filled}?${query}` : filled;
  if (path.endsWith('/ws')) return raw(hub, key, { path: target, headers: { ...headers, ...FOR_UPGRADE } });
  if (type) headers['content-type'] = type;
  const response = await fetch(hub.base + target, { method, headers, body, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

test('of every place of every request it is known what can stand there', (t) => {
  const unknown = places.filter(
    ({ operation, in: where, name }) =>
      !(
        `${where} ${name}` in STANDS ||
        WORDS.has(where === 'body' ? name : `${where} ${name}`) ||
        NEW.includes(`${operation.name} ${name}`)
      ),
  );
  const told = [...new Set(unknown.map(({ operation, in: where, name }) => `${where} ${name} (${operation.name})`))];
  t.deepEqual(
    told,
    [],
    'say in this test whose id stands there (STANDS), that it names something new (NEW), or that it is but words (WORDS)',
  );
});

test("what is another tenant's answers wherever it stands as what nobody has, and nothing of theirs is told or changed", async (t) => {
  t.timeout(120_000);
  const [theirs, mine] = await Promise.all([
    furnish(t, hub, 'canary_theirs', { word: 'moin', contact: '5521977776666' }),
    furnish(t, hub, 'canary_mine', { word: 'hello' }),
  ]);
  const callers: [Caller, ...Caller[]] = [
    { who: 'mine', key: mine.key },
    // A tenant's key is its tenant's, whatever the header says.
    { who: 'mine, with their X-Tenant-Id', key: mine.key, headers: { 'x-tenant-id': theirs.id } },
    { who: 'the operator for me', key: ADMIN_KEY, headers: { 'x-tenant-id': mine.id } },
  ];
  let before = await rowsOf(hub, theirs.id);
  const isStill = async () => {
    const former = before;
    before = await rowsOf(hub, theirs.id);
    return isDeepStrictEqual(before, former);
  };
  await until(isStill, { what: 'what they had asked for to be done', every: 500 });
  const wrong: string[] = [];
  const seen = new Set<Operation>();
  let requests = 0;
  const isNew = ({ operation, name }: Place): boolean => NEW.includes(`${operation.name} ${name}`);
  const compare = async (place: Place, value: string, caller: Caller): Promise<void> => {
    const [answer, other] = [await ask(place, value, mine, caller), await ask(place, twin(value, theirs), mine, caller)];
    requests += 2;
    const is404 = place.in !== 'path' || /^(?:chats|contacts)/.test(place.name) || isNew(place) || answer.status === 404;
    // What is new is begun, and is by each answer a little further.
    const isTold = isNew(place) || alike(answer.text, value) === alike(other.text, twin(value, theirs));
    const isAlike = answer.status === other.status && isTold;
    const told = toldOf(theirs, without(answer.text, value));
    if (isAlike && is404 && told.length === 0) return;
    const what = `${place.operation.name}, ${place.in} ${place.name} = ${value} by ${caller.who}`;
    wrong.push(
      `${what}: ${answer.status} ${answer.text.slice(0, 300)}\n  tells ${told}; of nobody's: ${other.status} ${other.text.slice(0, 300)}`,
    );
  };
  // Whatever is sent: what is wrong with it would tell that the rest is right.
  const compareWrong = async (place: Place, value: string): Promise<void> => {
    if (/^(?:GET|DELETE)$/.test(place.operation.method) || place.operation.right === 'admin') return;
    for (const type of ['application/json', 'text/x-nonsense']) {
      for (const body of ['{"nonsense":[', '{"nonsense":1}']) {
        const { status, text } = await ask(place, value, mine, callers[0], { type, body });
        if (status !== 404) wrong.push(`${place.operation.name} with ${type} ${body} for ${value}: ${status} ${text.slice(0, 200)}`);
      }
    }
  };
  for (const operation of operations.filter(({ method, path, right }) => method === 'GET' && right !== 'admin' && !path.endsWith('/ws'))) {
    const where = operation.parameters.some(({ name }) => name === 'limit') ? 'query' : 'path';
    const told = toldOf(theirs, (await ask({ operation, in: where, name: 'limit' }, '200', mine, callers[0])).text);
    if (told.length > 0) wrong.push(`${operation.name} tells ${told}`);
  }
  // What reads goes first: what comes after it leaves things of mine with their names.
  const order = (one: Place): number => (isNew(one) ? 2 : one.operation.method === 'GET' ? 0 : 1);
  for (const place of places.toSorted((a, b) => order(a) - order(b))) {
    const stands = isNew(place) ? name : STANDS[`${place.in} ${place.name}`];
    // To the operator every tenant is there.
    if (!stands || place.name === 'tenants/{id}') continue;
    if (place.name === 'Idempotency-Key' && !KEYED.test(place.operation.path)) continue;
    const [first = '', ...more] = stands(theirs);
    if (place.operation.right !== 'admin') for (const value of [first, ...more]) await compare(place, value, callers[0]);
    // Who calls is decided before anything of the request is looked at: one place of each request shows it.
    const others = place.operation.right === 'admin' ? callers.slice(-1) : callers.slice(1);
    if (!seen.has(place.operation)) for (const caller of others) await compare(place, first, caller);
    seen.add(place.operation);
    if (place.in === 'path' && !isNew(place) && !IN_THE_SESSION.test(place.name)) await compareWrong(place, first);
  }
  t.deepEqual(wrong, [], wrong.join('\n'));
  t.log(`${requests} requests`);
  const after = await rowsOf(hub, theirs.id);
  for (const table of ['events', ...Object.keys(before)]) t.deepEqual(after[table], before[table], table);
});

/** Where an answer does not tell by the value whether it is known, since it is the answer of a list from there on, or of the phone. */
const TELLS_NOTHING = /(?:cursor|phone|chat|engineId|receive replyTo|restore from)$/;

test('an endpoint that asks for the session of another tenant hears nothing of it', async (t) => {
  const theirs = await furnish(t, hub, 'canary_heard', { word: 'moin', contact: '5521977776666' });
  const { call } = await hub.tenant();
  const listening = (named: string) => call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/', sessions: [named] });
  const refused = await listening(theirs.ids.session);
  isProblem(t, refused, 'their session', { status: 404, code: 'not-found' });
  t.is(refused.json.errors[0].path, 'sessions.0');
  // A name is each tenant's own to give: it may be made yet.
  const { json: spy } = await listening(theirs.name);
  t.is(spy.warnings[0].path, 'sessions.0');
  const deliveries = async () => (await theirs.call('GET', `/api/webhooks/${theirs.ids.webhook}/deliveries`)).json.data.length;
  const before = await deliveries();
  await theirs.call('POST', `/api/sessions/${theirs.name}/sandbox/receive`, { from: theirs.contact, text: 'for them' });
  await until(async () => (await deliveries()) > before, { what: 'a delivery to whom it is for' });
  t.deepEqual((await call('GET', `/api/webhooks/${spy.id}/deliveries`)).json.data, []);
});

test('what is my own is known in each of these places, so that a place whose request was wrong besides proves nothing', async (t) => {
  const mine = await furnish(t, hub, 'canary_own', { word: 'hello' });
  const caller = { who: 'mine', key: mine.key };
  const [looked, known] = [new Set<string>(), new Set<string>()];
  for (const place of places) {
    const { operation, in: where, name } = place;
    const stands = STANDS[`${where} ${name}`];
    if (!stands || stands === person || where === 'path' || where === 'header' || operation.path.endsWith('/ws')) continue;
    const what = `${operation.name} ${name}`;
    if (operation.right === 'admin' || TELLS_NOTHING.test(what)) continue;
    looked.add(what);
    for (const value of stands(mine)) {
      if (known.has(what)) continue;
      const [answer, other] = [await ask(place, value, mine, caller), await ask(place, twin(value, mine), mine, caller)];
      const isAlike = answer.status === other.status && alike(answer.text, value) === alike(other.text, twin(value, mine));
      if (!isAlike) known.add(what);
    }
  }
  t.deepEqual(
    [...looked].filter((what) => !known.has(what)),
    [],
  );
});
