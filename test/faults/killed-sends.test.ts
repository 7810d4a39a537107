/** The send path, killed at every named point on both engines. `npm run faults` does it 200 times, `npm test` a few. */
import test from 'ava';
import { migratedLocation } from '../helpers/database.ts';
import { linkedSandbox } from '../helpers/hub.ts';
import { findChromium, findPostgres } from '../helpers/requirements.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';
import { everyPage, rounds } from './clients.ts';
import { type Subject, surviveKills } from './killed-sends.ts';
import { browserEnv, linkedPhone } from './wppconnect.ts';

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
  t.timeout(rounds(1_200_000, 600_000));
  await surviveKills(t, sandbox(), rounds(120, 3));
});

(postgres ? test : test.skip)('sandbox on Postgres: the same', async (t) => {
  t.timeout(rounds(1_200_000, 600_000));
  const { location, remove } = await migratedLocation('postgres');
  t.teardown(remove);
  await surviveKills(t, sandbox({ HOOKLINE_DATABASE_URL: 'url' in location ? location.url : '' }), rounds(40, 2));
});

(chromium ? test : test.skip)('wppconnect in Chromium: the same', async (t) => {
  t.timeout(rounds(1_800_000, 600_000));
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  let phone: Phone;
  await surviveKills(
    t,
    {
      env: browserEnv(whatsapp),
      async link(call) {
        phone = await linkedPhone(call, whatsapp, 'shop');
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
    rounds(40, 2),
  );
});
