/** Letters that are not UTF-8 go no further than the door they came to. */
import test from 'ava';
import { type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const CUT_EMOJI = Buffer.concat([
  Buffer.from('{"to":"5511988887777","type":"text","text":"hi '),
  Buffer.from([0xf0, 0x9f, 0x98]),
  Buffer.from('"}'),
]);
const FLOW = 'flow: lat\nversion: 1\nstart:\n  - says: [hi]\nsteps:\n  - say: Olá\n';

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

async function shop() {
  const tenant = await hub.tenant();
  await linkedSandbox(tenant.call, 'shop');
  const send = async (method: string, path: string, type: string, body: Buffer) => {
    const answer = await fetch(`${hub.base}${path}`, {
      method,
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': type },
      body: new Uint8Array(body),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a problem, or what was asked for
    return { status: answer.status, json: (await answer.json()) as any };
  };
  const outbox = async () =>
    (await tenant.call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.map(({ text }: { text: string }) => text);
  return { ...tenant, send, outbox };
}

test('a body that is not UTF-8 is refused, whatever it is for, and nothing of it goes out', async (t) => {
  const { send, outbox, call } = await shop();
  const message = '{"to":"5511988887777","type":"text","text":"Olá João, não"}';
  const form = `--x\r\ncontent-disposition: form-data; name="to"\r\n\r\n5511988887777\r\n--x\r\ncontent-disposition: form-data; name="type"\r\n\r\nimage\r\n--x\r\ncontent-disposition: form-data; name="caption"\r\n\r\nOlá\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nx\r\n--x--\r\n`;
  const wrong: [string, string, string, Buffer][] = [
    ['POST', '/api/sessions/shop/messages', 'application/json', latin1(message)],
    ['POST', '/api/sessions/shop/messages', 'application/json; charset=iso-8859-1', latin1(message)],
    ['POST', '/api/sessions/shop/messages', 'application/json', CUT_EMOJI],
    ['POST', '/api/sessions/shop/messages', 'multipart/form-data; boundary=x', latin1(form)],
    ['POST', '/api/messages/bulk', 'application/json', latin1(`{"messages":[{"session":"shop",${message.slice(1)}]}`)],
    ['PUT', '/api/flows/lat', 'application/yaml', latin1(FLOW)],
    ['POST', '/api/flows/check', 'application/yaml', latin1(FLOW)],
  ];
  for (const [method, path, type, body] of wrong) {
    const { status, json } = await send(method, path, type, body);
    t.like({ status, code: json.code }, { status: 400, code: 'bad-request' }, `${method} ${path}: ${json.detail}`);
    t.regex(json.detail, /is not UTF-8/, `${method} ${path}`);
  }
  t.is((await call('GET', '/api/flows')).json.data.length, 0);
  const right = await send('POST', '/api/sessions/shop/messages', 'application/json; charset=utf-8', Buffer.from(`\u{feff}${message}`));
  t.is(right.status, 202, 'a byte order mark is none of the text');
  await until(async () => (await outbox()).length > 0, { what: 'the message' });
  t.deepEqual(await outbox(), ['Olá João, não']);
});

test('actions in an answer that is not UTF-8 are not run; behind a byte order mark they are', async (t) => {
  const { call, outbox } = await shop();
  const answers = [latin1('{"actions":[{"text":"Olá"}]}'), Buffer.from('\u{feff}{"actions":[{"text":"Olá"}]}')];
  const receiver = await startReceiver((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(answers.shift());
    return undefined;
  });
  t.teardown(() => receiver.close());
  const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'] });
  for (let i = 0; i < 2; i++) await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5511988887777', text: 'hi' });
  await until(async () => (await outbox()).length > 0, { what: 'the second answer' });
  t.deepEqual(await outbox(), ['Olá']);
  const { json } = await call('GET', `/api/webhooks/${endpoint.id}/deliveries`);
  const refused = await Promise.all(
    json.data.map(async ({ id }: { id: string }) => (await call('GET', `/api/deliveries/${id}`)).json.attempts[0].actions),
  );
  t.true(refused.some(([action]) => /not UTF-8/.test(action?.error?.message)));
});

test('a flow reads an answer in the charset that it names, and takes its other way where it names none', async (t) => {
  const { call, outbox } = await shop();
  const receiver = await startReceiver((request, response) => {
    const type = request.json.which === 'named' ? 'text/plain; charset=iso-8859-1' : 'text/plain';
    response.writeHead(200, { 'content-type': type }).end(latin1('Olá'));
    return undefined;
  });
  t.teardown(() => receiver.close());
  const flow = `flow: ask
version: 1
typing: false
start:
  - says: [named, other]
steps:
  - http: POST ${receiver.url}
    json: { which: "{{ message.text }}" }
    save: { answered: body }
    on_error: failed
  - say: "{{ answered }}"
  - end
parts:
  failed: [{ say: it failed }, end]
`;
  const put = await call('PUT', '/api/flows/ask', flow, { 'content-type': 'application/yaml' });
  t.is(put.status, 200, JSON.stringify(put.json));
  for (const text of ['named', 'other']) {
    const before = (await outbox()).length;
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5511988887777', text });
    await until(async () => (await outbox()).length > before, { what: text });
  }
  t.deepEqual(await outbox(), ['Olá', 'it failed']);
});
