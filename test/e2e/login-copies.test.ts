/** A browser's profile that is damaged on the disk while nothing runs on it, with the real wppconnect and only WhatsApp stood in for. */
import { readdirSync } from 'node:fs';
import { appendFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { IN_CLUSTER, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const ACCOUNT = '5511999990000';
const WITHIN = 90_000;

(chromium ? test : test.skip)(
  'a damaged login is put back and connects without a scan; with its copies damaged as well it is asked for',
  async (t) => {
    t.timeout(600_000);
    const site = await startWhatsAppWeb();
    t.teardown(() => site.close());
    const hub = await startHub({
      env: {
        HOOKLINE_CHROMIUM: chromium as string,
        HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...site.browserArgs].join(','),
      },
    });
    let running = hub;
    t.teardown(() => running.dispose());
    const key = /hlk_[\w-]+/.exec(hub.output())?.[0] ?? '';
    const call: typeof hub.admin = (...request) => running.as(key)(...request);
    const session = async () => (await call('GET', '/api/sessions/shop')).json;
    const becomes = (status: string) =>
      until(async () => ((await session()).status === status ? session() : null), {
        what: () => `the session to be ${status}; the hub said ${running.output()}`,
        within: WITHIN,
      });
    const events = async (type: string) => (await call('GET', `/api/events?types=${type}&limit=200`)).json.data;
    const reasons = async () => (await events('session.attention')).map(({ data }: { data: { reason: string } }) => data.reason);
    const tokens = join(hub.directory, 'tokens');
    const kept = join(hub.directory, 'data', 'login-copies');
    const profile = () => readdirSync(tokens).find((name) => /^[0-9a-f-]{36}$/.test(name)) as string;
    const copies = async () => (await readdir(join(kept, profile())).catch((): string[] => [])).filter((name) => /^\d+$/.test(name)).sort();
    const stopped = async () => {
      const before = await copies();
      await call('POST', '/api/sessions/shop/disconnect');
      await becomes('stopped');
      await until(async () => String(await copies()) !== String(before), {
        what: () => `a copy of the login; the hub said ${running.output()}`,
        within: WITHIN,
      });
    };
    const startsAndConnects = async () => {
      await call('POST', '/api/sessions/shop/connect');
      await becomes('connected');
    };

    await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
    await becomes('qr');
    const phone = site.phone(ACCOUNT, 'Shop');
    await scanShown(phone, () => codeOf(call));
    await becomes('connected');
    await stopped();
    const [copy = ''] = await copies();
    const { size, mode } = await stat(join(kept, profile(), copy));
    t.true(size > 1_000 && size < 64 * 1_024 * 1_024, `${size} bytes`);
    t.is(mode & 0o777, 0o600);
    t.log(`a copy has ${Math.round(size / 1_024)} KiB`);
    const codes = (await events('session.qr')).length;

    // What the page has stored is not readable any more: WhatsApp Web would ask for a scan.
    const storage = join(tokens, profile(), 'chromium', 'Default', 'Local Storage', 'leveldb');
    for (const name of await readdir(storage)) await writeFile(join(storage, name), 'no database');
    await startsAndConnects();
    t.deepEqual(await reasons(), ['login-restored']);

    // The whole profile is gone, and the hub was stopped in order before: its copy is of that moment.
    const before = await copies();
    t.is(await running.end('SIGTERM'), 0);
    // A node hands its sessions over first, with their profiles.
    if (!IN_CLUSTER) t.notDeepEqual(await copies(), before, 'a hub that stops copies, too');
    await rm(join(tokens, profile(), 'chromium'), { recursive: true });
    running = await running.again();
    await becomes('connected');
    t.deepEqual(await reasons(), ['login-restored', 'login-restored']);
    t.is((await events('session.qr')).length, codes, 'nobody was asked to scan');
    phone.receive({ from: '5511888887777@c.us', text: 'still there?' });
    await until(async () => (await events('message.received')).length > 0, { what: 'a message', within: WITHIN });

    // The newest two stay, and both are damaged as well as the profile.
    await stopped();
    await startsAndConnects();
    await stopped();
    await until(async () => (await copies()).length === 2, { what: 'the third to go' });
    for (const name of await copies()) await appendFile(join(kept, profile(), name), 'x');
    await rm(join(tokens, profile(), 'chromium'), { recursive: true });
    await call('POST', '/api/sessions/shop/connect');
    const asked = await becomes('qr');
    t.is(asked.reason, 'login-lost');
    t.regex(asked.advice, /no copy of it could be put back/);
    t.is((await reasons()).at(-1), 'login-lost');

    t.is((await call('DELETE', '/api/sessions/shop')).status, 204);
    t.deepEqual(await readdir(kept), []);
  },
);
