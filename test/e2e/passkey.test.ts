/**
 * Linking an account of which WhatsApp asks the passkey, the whole way: a hub process whose headless browser has no
 * authenticator, and a person at a browser of their own that has. The stand-in verifies what was signed as WhatsApp would.
 */
import { join } from 'node:path';
import test from 'ava';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { isProblem } from '../http/answers.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { Person } from '../whatsapp-web/person.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';
import { processesOn } from './processes.ts';

const chromium = findChromium();
const ACCOUNT = '5511999990000';
const PATH = '/api/sessions/shop/passkey';
const WITHIN = 90_000;

(chromium ? test : test.skip)(
  'who has the passkey links the account, by QR code and by pairing code, whatever goes wrong before',
  async (t) => {
    t.timeout(600_000);
    const site = await startWhatsAppWeb();
    t.teardown(() => site.close());
    const [passkey, strange] = [new Passkey(), new Passkey()];
    await using person = await Person.at(chromium as string, site, passkey);
    const stranger = await person.other(strange);
    const env = {
      HOOKLINE_CHROMIUM: chromium as string,
      HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...site.browserArgs].join(','),
    };
    let hub = await startHub({ env });
    t.teardown(() => hub.dispose());
    const key = /hlk_[\w-]+/.exec(hub.output())?.[0] ?? '';
    const call: typeof hub.admin = (...request) => hub.as(key)(...request);

    const session = async () => (await call('GET', '/api/sessions/shop')).json;
    const becomes = (status: string) =>
      until(async () => ((await session()).status === status ? session() : null), {
        what: () => `the session to be ${status}; the hub said ${hub.output()}`,
        within: WITHIN,
      });
    const asked = (before?: string) =>
      until(
        async () => {
          const { status, json } = await call('GET', PATH);
          return status === 200 && json.publicKey.challenge !== before ? json : null;
        },
        { what: () => `the passkey to be asked for; the hub said ${hub.output()}`, within: WITHIN },
      );
    const answer = (credential: unknown) => call('POST', PATH, { credential });
    const states = async () =>
      (await call('GET', '/api/events?types=session.passkey&limit=200')).json.data.map(
        ({ data }: { data: { state: string } }) => data.state,
      );
    /** A phone that scans the code that is shown now. */
    const scans = async (gate: Parameters<Phone['askPasskey']>[1]): Promise<Phone> => {
      await becomes('qr');
      const phone = site.phone(ACCOUNT, 'Shop');
      phone.askPasskey(passkey, gate);
      await scanShown(phone, () => codeOf(call));
      return phone;
    };
    const unavailable = { status: 409, code: 'passkey-unavailable' };
    await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });

    // The phone calls it off: there is a new code, and nothing is to be signed.
    let phone = await scans({ button: 'Weiter' });
    let request = await asked();
    t.regex((await session()).advice, /passkey/);
    phone.callOff();
    await becomes('qr');
    isProblem(t, await answer(await person.sign(request.publicKey)), 'called off', unavailable);

    // A passkey that WhatsApp does not know: it shows a new code.
    phone = await scans({});
    request = await asked();
    t.is((await answer(await stranger.sign(request.publicKey))).status, 202);
    await becomes('qr');
    t.deepEqual(phone.gated(), [{ fault: 'another passkey', looks: [] }]);

    // Nobody signs in time.
    phone = await scans({ button: null, validFor: 3_000 });
    request = await asked();
    const late = await person.sign(request.publicKey);
    t.is((await becomes('qr')).stats.restarts['passkey-expired'], 1);
    isProblem(t, await answer(late), 'too late', { status: 410, code: 'passkey-expired' });

    // The hub is killed meanwhile: its browser ends with it, and so does the challenge.
    phone = await scans({});
    request = await asked();
    const signed = await person.sign(request.publicKey);
    await hub.end('SIGKILL');
    hub = await hub.again();
    isProblem(t, await answer(signed), 'of the hub before', unavailable);

    // The browser is killed meanwhile.
    phone = await scans({});
    await asked();
    process.kill(processesOn(join(hub.directory, 'tokens'))[0] as number, 'SIGKILL');
    await becomes('disconnected');
    isProblem(t, await answer(signed), 'of the browser before', unavailable);

    // Linked in the end: after a challenge that is renewed, while the QR codes go on behind it, by two answers at once, and a code.
    phone = await scans({ button: 'Continuar', code: 'K7RWQ', over: true });
    const older = await person.sign((await asked()).publicKey);
    phone.renewBehind();
    phone.askAgain();
    request = await asked((await asked()).publicKey.challenge);
    isProblem(t, await answer(older), 'an older challenge', { status: 422, code: 'passkey-mismatch' });
    const credential = await person.sign(request.publicKey);
    t.deepEqual((await Promise.all([answer(credential), answer(credential)])).map(({ status }) => status).sort(), [202, 409]);
    const compared = await until(async () => ((await session()).passkey?.code ? session() : null), { what: 'the code', within: WITHIN });
    t.like(compared, { status: 'passkey', passkey: { code: 'K7RWQ' } });
    t.is((await call('POST', `${PATH}/confirm`, { matches: true })).status, 202);
    t.like(await becomes('connected'), { phone: ACCOUNT, passkey: null, qr: null });
    t.deepEqual(phone.gated(), [{ fault: null, looks: [] }, { matches: true }]);
    const before = await states();

    // By pairing code, with nothing to press and nothing to compare; the first time the person thinks better of it.
    await call('POST', '/api/sessions/shop/logout');
    await call('POST', '/api/sessions/shop/connect');
    for (const isReady of [false, true]) {
      await becomes('qr');
      const { code } = (await call('POST', '/api/sessions/shop/pairing-code', { phone: ACCOUNT })).json;
      phone = site.phone(ACCOUNT, 'Shop');
      phone.askPasskey(passkey, { button: null });
      phone.type(code);
      request = await asked();
      t.is((await answer(isReady ? await person.sign(request.publicKey) : null)).status, 202);
    }
    await becomes('connected');
    t.deepEqual(phone.gated(), [{ fault: null, looks: [] }]);
    t.deepEqual((await states()).slice(before.length), ['request', 'refused', 'request', 'answered']);
    const counted = Object.groupBy(before as string[], (state) => state);
    t.deepEqual(Object.fromEntries(Object.entries(counted).map(([state, all]) => [state, all?.length])), {
      request: 7,
      refused: 2,
      answered: 2,
      expired: 1,
      code: 1,
    });

    const told = hub.output() + JSON.stringify((await call('GET', '/api/events?limit=1000')).json);
    for (const secret of [request.publicKey.challenge, credential.response.signature, credential.response.clientDataJSON])
      t.false(told.includes(secret), 'what is signed is told to nobody who does not ask for it');
  },
);
