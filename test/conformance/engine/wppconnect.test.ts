import test, { type TestFn } from 'ava';
import { wppconnectEngine } from '../../../src/sessions/engines/wppconnect/engine.ts';
import { findChromium } from '../../helpers/requirements.ts';
import type { Passkey } from '../../whatsapp-web/authenticator.ts';
import type { Phone } from '../../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../../whatsapp-web/server.ts';
import { engineSuite } from './engine-suite.ts';
import { EVERYTHING } from './inbound-tests.ts';
import type { EngineUnderTest } from './line.ts';
import { hearsay, incoming, seen } from './whatsapp-words.ts';

const chromium = findChromium();
const site = await startWhatsAppWeb();
test.after.always(() => site.close());

/** By profile: whoever is linked by a profile stays so from engine to engine. */
const phones = new Map<string, Phone>();

const subject: EngineUnderTest = {
  name: 'wppconnect',
  make: wppconnectEngine({ chromium, extraBrowserArgs: site.browserArgs }),
  cannot: [],
  plays: EVERYTHING,
  phone: async (_engine, { host, profileDir }) => {
    let code = '';
    const shown = host.qr.bind(host);
    host.qr = (next, validFor) => {
      code = next;
      shown(next, validFor);
    };
    const phone = () => phones.get(profileDir) as Phone;
    let gate: { passkey: Passkey; code: string | null } | undefined;
    const hold = (account: { phone: string; name: string }) => {
      phones.set(profileDir, site.phone(account.phone, account.name));
      if (gate) phone().askPasskey(gate.passkey, { code: gate.code });
    };
    return {
      scan: async (account) => {
        hold(account);
        phone().scan(code);
      },
      type: async (shown, account) => {
        hold(account);
        phone().type(shown);
      },
      asksPasskey: async (passkey, code) => {
        gate = { passkey, code };
      },
      receive: async (message) => phone().receive(incoming(message)),
      happens: async (what) => phone().hear(hearsay(what)),
      covers: async (text) => phone().showDialog({ title: 'New terms', text, buttons: ['Accept', 'Log out'] }),
      seenMessages: async () =>
        phone()
          .outbox()
          .flatMap((sighting) => seen(phone(), sighting)),
      ack: async (engineId, level) => phone().ack(engineId, level === 'read' ? 3 : 2),
      usernames: async (usernames) => void Object.assign(site.policy.usernames, usernames),
      locksNewChats: async (until) => phone().lockNewChats(until),
      unlink: async () => phone().unlink(),
    };
  },
};

// One browser at a time: each takes a processor and some hundred megabytes.
engineSuite((chromium ? test.serial : test.serial.skip) as unknown as TestFn, subject);
