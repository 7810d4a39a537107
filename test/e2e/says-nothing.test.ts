/**
 * A number that was just linked says nothing that nobody asked for: a hub as production runs it, out of the box, with the
 * real wppconnect. Only WhatsApp itself is stood in for.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { linkedSandbox, ROOT, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const GREETINGS = ['hi', 'hello', 'Oi!', 'olá', 'bom dia', 'hola', 'menu', '1', 'help', 'good morning'];

(chromium ? test : test.skip)('twenty customers write to a number that was just linked, and nobody is answered', async (t) => {
  t.timeout(240_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  const browserArgs = ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(',');
  const hub = await startHub({
    args: ['serve'],
    env: { HOOKLINE_CHROMIUM: chromium as string, HOOKLINE_CHROMIUM_ARGS: browserArgs },
  });
  t.teardown(() => hub.dispose());
  await until(() => hub.output().includes('first-keys.txt'), { what: 'the file with the first keys' });
  const call = hub.as(/hlk_[\w-]+/.exec(await readFile(join(hub.directory, 'data', 'first-keys.txt'), 'utf8'))?.[0] ?? '');
  t.deepEqual((await call('GET', '/api/flows')).json.data, [], 'no flow that nobody asked for');

  const phone = whatsapp.phone('5511999990000', 'Shop');
  await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  await scanShown(phone, () => codeOf(call));
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the link', within: 60_000 });

  /** As many new customers, each with a greeting of his own. */
  const write = async (from: number): Promise<void> => {
    for (let n = 0; n < 20; n++) phone.receive({ from: `55219888${from + n}@c.us`, text: GREETINGS[n % GREETINGS.length] as string });
    const { length } = await until(
      async () => {
        const { data } = (await call('GET', '/api/sessions/shop/messages?direction=inbound&limit=200')).json;
        return data.length >= from - 80_000 + 20 && data;
      },
      { what: 'the messages' },
    );
    t.is(length, from - 80_000 + 20);
  };
  await write(80_000);
  phone.hear({ kind: 'call', by: '5521988880001@c.us', video: false });

  // What the start of the hub prints for a first try, which many have tried before they link their own number.
  t.is(
    (
      await call('PUT', '/api/flows/welcome', await readFile(join(ROOT, 'flows/examples/welcome.yml'), 'utf8'), {
        'content-type': 'application/yaml',
      })
    ).status,
    200,
  );
  await linkedSandbox(call, 'demo', '5511999990001');
  await write(80_020);
  await call('POST', '/api/sessions/demo/sandbox/receive', { from: '5521988887777', text: 'hello' });
  const outbox = async () => (await call('GET', '/api/sessions/demo/sandbox/outbox')).json.data;
  await until(async () => (await outbox()).length > 1, { what: 'the flow to answer in the sandbox, which came in last' });

  t.deepEqual(phone.outbox(), [], 'no message, no "typing…", nothing read');
  t.deepEqual((await call('GET', '/api/sessions/shop/messages?direction=outbound')).json.data, []);
  const [message] = (await call('GET', '/api/sessions/shop/messages?chat=5521988880020')).json.data;
  const { json: told } = await call('GET', `/api/sessions/shop/chats/5521988880020/explain?message=${message.id}`);
  t.regex(told.flows[0].reason, /session\.engine/);

  // Nor does the account show as online, which would silence the phone as well: but while it types, and where that is asked for.
  t.not(phone.shows().at(-1), true);
  const shows = (available: boolean) => until(() => phone.shows().at(-1) === available, { what: `the account to show as ${available}` });
  const set = async (path: string, body: object) => t.is((await call('POST', `/api/sessions/shop/${path}`, body)).status, 204);
  await set('chats/5521988880001/typing', { on: true });
  await shows(true);
  await set('chats/5521988880001/typing', { on: false });
  await shows(false);
  await set('presence', { available: true });
  await shows(true);
  await set('presence', { available: false });
  await shows(false);
});
