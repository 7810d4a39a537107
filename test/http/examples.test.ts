/** What the OpenAPI document shows is sent as it stands there. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { routes } from '../../docs/openapi.ts';
import { operationIdOf } from '../../src/http/operation-id.ts';
import { ANSWER_EXAMPLES } from '../../src/http/shapes/answer-examples.ts';
import { EXAMPLE_CLIENT_DATA, EXAMPLE_FILE, EXAMPLE_MESSAGE, SEND_EXAMPLES } from '../../src/http/shapes/examples.ts';
import { linkedSandbox } from '../helpers/hub.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { becomes, hubOf } from './tenant-world.ts';

interface Operation {
  operationId: string;
  tags: string[];
  requestBody?: { required?: boolean; content: Record<string, { examples?: Record<string, { value: unknown }> }> };
}

interface Document {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}

const PERSON = '5511987654321';
/** Whose chat nothing holds. */
const OTHER = '5511900001111';
const GROUP = '120363041234567890@g.us';
/** Bytes alone need no example. */
const WITHOUT = ['restoreSession'];
/** What others need comes first, and what ends it last. */
const LAST = [
  'updateSession',
  'retryDelivery',
  'answerPasskey',
  'confirmPasskey',
  'createLinkPage',
  'createPairingCode',
  'scanInSandbox',
  'setSandboxFaults',
  'disconnectSandbox',
];
/** Answers that are documents of their own. */
const WHOLE_DOCUMENTS = ['getFlowSchema', 'getFlowTestSchema', 'getOpenApi', 'getAsyncApi', 'getPostmanCollection'];
const hub = hubOf(test);

async function operations(): Promise<(Operation & { method: string; path: string })[]> {
  const { paths } = (await hub().admin('GET', '/openapi.json')).json as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
}

test('every operation has a name of its own, a tag that is described, and an example where it takes a body', async (t) => {
  const { tags } = (await hub().admin('GET', '/openapi.json')).json as Document;
  const all = await operations();
  const names = all.map(({ operationId }) => operationId);
  t.deepEqual([...new Set(names)], names);
  for (const name of names) t.regex(name, /^[a-z]+[A-Z]\w+$/);
  const described = new Set(tags.flatMap(({ name, description }) => (description === '' ? [] : [name])));
  for (const { operationId, tags: own } of all)
    t.true(
      own.every((tag) => described.has(tag)),
      `${operationId}: ${own}`,
    );
  const taking = all.filter(({ operationId, requestBody }) => requestBody && !WITHOUT.includes(operationId));
  t.true(taking.length > 30);
  for (const { operationId, requestBody } of taking) {
    for (const [type, { examples = {} }] of Object.entries(requestBody?.content ?? {})) {
      if (type !== '*/*') t.true(Object.keys(examples).length > 0, `${operationId} as ${type}`);
    }
  }
});

test('every example of a body is taken', async (t) => {
  const tenant = await hub().tenant();
  const { call } = tenant;
  await linkedSandbox(call, 'shop');
  await call('PUT', '/api/flows/opening', 'flow: opening\nversion: 1\nstart: [{ api: true }]\nsteps: [{ say: "9 to 18" }]\n', {
    'content-type': 'application/yaml',
  });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: PERSON, chat: GROUP, text: 'hello' });
  await call('POST', `/api/sessions/shop/groups/${GROUP}/participants`, { participants: ['+55 11 98765-4321'] });
  const endpoint = await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/', events: ['custom.none'] });
  const sent = async (): Promise<string> => {
    const { json } = await call('POST', '/api/sessions/shop/messages', { to: OTHER, type: 'text', text: 'before' });
    await becomes(call, `/api/messages/${json.id}`, 'sent');
    return json.id;
  };
  /** Lets WhatsApp ask for the passkey, and, for the code, sign with it. */
  const clientDataFor = async (sign: boolean): Promise<string> => {
    await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1, code: 'K7RWQ' } });
    await call('POST', '/api/sessions/shop/sandbox/scan');
    const credential = new Passkey().sign((await call('GET', '/api/sessions/shop/passkey')).json.publicKey);
    if (sign) await call('POST', '/api/sessions/shop/passkey', { credential });
    return credential.response.clientDataJSON;
  };
  const pathOf = (path: string): string =>
    path
      .replace('/sessions/{id}', '/sessions/shop')
      .replace('/webhooks/{id}', `/webhooks/${endpoint.json.id}`)
      .replace('/tenants/{id}', `/tenants/${tenant.id}`)
      .replace('/flows/{name}', '/flows/opening')
      .replace('/flow-secrets/{name}', '/flow-secrets/shop_key')
      .replace('{chat}', PERSON)
      .replace('{group}', GROUP);
  const all = (await operations()).filter(({ requestBody }) => requestBody);
  const rank = ({ operationId }: Operation): number => LAST.indexOf(operationId);
  const refused: string[] = [];
  let taken = 0;
  for (const { operationId, method, path, requestBody } of all.sort((a, b) => rank(a) - rank(b))) {
    for (const [type, { examples = {} }] of Object.entries(requestBody?.content ?? {})) {
      for (const [name, { value }] of Object.entries(examples)) {
        const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('https://shop.example', 'http://127.0.0.1:9');
        if (['createLinkPage', 'answerPasskey', 'confirmPasskey', 'createPairingCode', 'scanInSandbox'].includes(operationId)) {
          await call('POST', '/api/sessions/shop/logout');
          await call('POST', '/api/sessions/shop/connect');
          await becomes(call, '/api/sessions/shop', 'qr');
        }
        const clientData = /passkey/i.test(operationId) ? await clientDataFor(operationId === 'confirmPasskey') : '';
        const body = text.includes(EXAMPLE_MESSAGE)
          ? text.replaceAll(EXAMPLE_MESSAGE, await sent())
          : text.replace(EXAMPLE_CLIENT_DATA, clientData);
        const as = /^\/api\/(?:tenants|log-level)/.test(path) ? hub().admin : call;
        const answer = type.startsWith('multipart/')
          ? await sendForm(pathOf(path), value as Record<string, string>, tenant.key)
          : await as(method, pathOf(path), body, { 'content-type': type });
        if (answer.status >= 200 && answer.status < 300) taken++;
        else refused.push(`${operationId} ${name}: ${answer.status} ${answer.text}`);
      }
    }
  }
  t.deepEqual(refused, []);
  t.true(taken > 50, String(taken));
});

async function sendForm(path: string, fields: Record<string, string>, key: string): Promise<{ status: number; text: string }> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === EXAMPLE_FILE) body.append(name, new Blob(['%PDF-1.7'], { type: 'application/pdf' }), 'menu.pdf');
    else body.append(name, value);
  }
  const answer = await fetch(hub().base + path, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body });
  return { status: answer.status, text: await answer.text() };
}

test('every example of an answer is whole, and as its route declares it', (t) => {
  const named = routes().filter(({ output }) => output);
  t.deepEqual(
    named.map(operationIdOf).filter((name) => !ANSWER_EXAMPLES[name] && !WHOLE_DOCUMENTS.includes(name)),
    [],
  );
  t.is(named.length, Object.keys(ANSWER_EXAMPLES).length + WHOLE_DOCUMENTS.length);
  for (const route of named) {
    const example = ANSWER_EXAMPLES[operationIdOf(route)];
    if (example) t.deepEqual(route.output?.parse(example), example, operationIdOf(route));
  }
});

test('docs/sends.md shows the same', async (t) => {
  const text = await readFile(new URL('../../docs/sends.md', import.meta.url), 'utf8');
  const shown = [...text.matchAll(/^\| [^|]+ \| `({.+})` \|$/gm)].map(([, body]) => JSON.parse(body as string));
  const timeless = (body: object): object => ({ ...body, ...('sendAt' in body && { sendAt: 'then' }) });
  t.deepEqual(shown.map(timeless), Object.values(SEND_EXAMPLES).map(timeless));
});
