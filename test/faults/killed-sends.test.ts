/** The send path, killed at every named point on both engines. `npm run faults` does it 200 times, `npm test` a few. */
import test from 'ava';
import { testLocation } from '../helpers/database.ts';
import { linkedSandbox, until } from '../helpers/hub.ts';
import { findChromium, findPostgres } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';
import { everyPage, rounds } from './clients.ts';
import { type Subject, surviveKills } from './killed-sends.ts';

const postgres = await findPostgres();
const chromium = findChromium();
const SESSIONS = ['s0', 's1', 's2', 's3'];

const sandbox = (env: Record<string, string> = {}): Subject => ({
  env,
  async link(call) {
    for (const [index, session] of SESSIONS.entries()) await linkedSandbox(call, session, `551199999000${index}`);
    return SESSIONS;
  },
  seen: (call, session) => everyPage(call, `/api/sessions/${session}/sandbox/outbox`),
});

test('sandbox on SQLite: killed at every point, nothing is lost, nothing goes out twice, what is open settles', async (t) => {
  t.timeout(20 * 60_000);
  await surviveKills(t, sandbox(), rounds(120, 10));
});

(postgres ? test : test.skip)('sandbox on Postgres: the same', async (t) => {
  t.timeout(20 * 60_000);
  const { location, remove } = await testLocation('postgres');
  t.teardown(remove);
  await surviveKills(t, sandbox({ HOOKLINE_DATABASE_URL: 'url' in location ? location.url : '' }), rounds(40, 5));
});

(chromium ? test : test.skip)('wppconnect in Chromium: the same', async (t) => {
  t.timeout(30 * 60_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  const phone = whatsapp.phone('5511999990000', 'Shop');
  await surviveKills(
    t,
    {
      env: {
        HOOKLINE_CHROMIUM: chromium as string,
        HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(','),
      },
      async link(call) {
        await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
        const code = () => call('GET', '/api/sessions/shop/qr');
        await until(async () => (await code()).status === 200, { what: 'a QR code', within: 60_000 });
        phone.scan((await code()).json.code);
        const isConnected = async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected';
        await until(isConnected, { what: 'the session to be connected', within: 60_000 });
        return ['shop'];
      },
      seen: async () => phone.sent().map(({ id, body }) => ({ engineId: id, text: String(body) })),
      holdAt(point, passings, dead) {
        if (point !== 'handed over') return undefined;
        return new Promise((resolve) => {
          let left = passings;
          whatsapp.policy.onSend = async ({ id }) => {
            if (--left > 0) return;
            whatsapp.policy.onSend = async () => undefined;
            resolve(id);
            await dead;
          };
        });
      },
    },
    rounds(40, 5),
  );
});
