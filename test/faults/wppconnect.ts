/** A session over the real wppconnect in Chromium, against the stand-in for WhatsApp Web. */
import { type Call, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import type { WhatsAppWeb } from '../whatsapp-web/server.ts';

/** A browser has to come up in it. */
const PATIENCE = 120_000;

/** More for the environment of a hub: its browsers find the stand-in. */
export const browserEnv = (whatsapp: WhatsAppWeb): Record<string, string> => ({
  HOOKLINE_CHROMIUM: findChromium() ?? '',
  HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(','),
});

export const isConnected = async (call: Call, session: string): Promise<boolean> =>
  (await call('GET', `/api/sessions/${session}`)).json?.status === 'connected';

/** The phone scans the code that `look` finds; the page may just have replaced it, and then the next one. */
export async function scanShown(phone: Phone, look: () => Promise<string | undefined>): Promise<void> {
  const scanned = async (): Promise<boolean> => {
    const code = await look();
    if (code === undefined || !phone.sees(code)) return false;
    phone.scan(code);
    return true;
  };
  await until(scanned, { what: 'a QR code to be scanned', within: PATIENCE });
}

export const codeOf = async (call: Call, session = 'shop'): Promise<string | undefined> =>
  (await call('GET', `/api/sessions/${session}/qr`)).json?.code;

/** A new session, linked to a new phone. */
export async function linkedPhone(call: Call, whatsapp: WhatsAppWeb, session: string, number = '5511999990000'): Promise<Phone> {
  const phone = whatsapp.phone(number, session);
  await call('POST', '/api/sessions', { name: session, engine: 'wppconnect' });
  await scanShown(phone, () => codeOf(call, session));
  await until(() => isConnected(call, session), { what: `${session} to be connected`, within: PATIENCE });
  return phone;
}
