/**
 * What WhatsApp Web shows over the chats after a login, with the real engine and a hub around it: what is known is answered, and keeps
 * the device linked; what is not is told, with a picture of it.
 */
import test from 'ava';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const WITHIN = 90_000;
/** Longer than the hub needs to see it, by some times. */
const UNLINKS_AFTER = 25_000;

(chromium ? test : test.skip)(
  'a device that is linked and left alone stays linked over what is new; unanswered it is unlinked',
  async (t) => {
    t.timeout(600_000);
    const site = await startWhatsAppWeb();
    t.teardown(() => site.close());
    const env = {
      HOOKLINE_CHROMIUM: chromium as string,
      HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...site.browserArgs].join(','),
    };
    const hub = await startHub({ env });
    t.teardown(() => hub.dispose());
    const { call, key } = await hub.tenant();
    await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
    const session = async () => (await call('GET', '/api/sessions/shop')).json;
    const becomes = (status: string) =>
      until(async () => ((await session()).status === status ? session() : null), { what: `the session to be ${status}`, within: WITHIN });
    const links = async (phone: ReturnType<typeof site.phone>) => {
      await becomes('qr');
      await scanShown(phone, () => codeOf(call));
      return becomes('connected');
    };
    const attention = async () => (await call('GET', '/api/events?types=session.attention')).json.data;
    const pictureAt = async (path: string) => {
      const answer = await fetch(hub.base + path, { headers: { authorization: `Bearer ${key}` } });
      t.is(answer.headers.get('content-type'), 'image/png', path);
      const picture = Buffer.from(await answer.arrayBuffer());
      t.is(picture.toString('latin1', 0, 4), '\x89PNG', path);
      return picture;
    };

    const known = site.phone('5511999990000', 'Shop');
    const end = known.showNews(UNLINKS_AFTER, {
      title: 'Novidades do WhatsApp Web',
      text: 'Cara nova.',
      buttons: ['Saiba mais', 'Continuar'],
    });
    const { connectedAt } = await links(known);
    t.is(await end, 'pressed', 'within the time after which the phone unlinks the device');
    t.deepEqual(known.pressed(), ['Continuar']);
    // It answers by itself still, and was not lost meanwhile.
    known.receive({ from: '5511988887777@c.us', text: 'still there?' });
    await until(async () => (await call('GET', '/api/events?types=message.received')).json.data.length === 1, {
      what: 'a message',
      within: WITHIN,
    });
    t.like(await session(), { status: 'connected', connectedAt });
    t.deepEqual(await attention(), []);

    // The same, with words that nobody knows: it is told, and nobody answers.
    await call('POST', '/api/sessions/shop/logout');
    await call('POST', '/api/sessions/shop/connect');
    const unknown = site.phone('5511999990001', 'Shop');
    const unanswered = unknown.showNews(UNLINKS_AFTER, { title: 'New terms', text: 'Read them.', buttons: ['Accept', 'Log out'] });
    await links(unknown);
    const [event] = await until(async () => ((await attention()).length > 0 ? attention() : null), { what: 'the event', within: WITHIN });
    t.is(event.data.reason, 'dialog');
    t.regex(event.data.text, /New terms Read them\. Accept Log out/);
    t.regex(event.data.advice, /screenshot/);
    const [kept, now] = [await pictureAt(`/api/media/${event.data.screenshot}`), await pictureAt('/api/sessions/shop/screenshot')];
    t.true(kept.length > 1_000 && now.length > 1_000, 'more than an empty page');
    t.is(await unanswered, 'unlinked');
    t.deepEqual(unknown.pressed(), []);
    t.is((await becomes('loggedOut')).reason, 'logged-out');
    t.is((await attention()).length, 1, 'told once');
    const missed = await call('GET', '/api/sessions/shop/screenshot');
    t.like(missed.json, { status: 409, code: 'session-not-connected' });
  },
);
