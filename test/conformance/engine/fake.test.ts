/** The engine that tests of supervision stand on keeps to the same text as the real ones, where it does anything at all. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { PasskeyOptions } from '../../../src/sessions/passkey.ts';
import { FakeEngine, inbound, PICTURE } from '../../sessions/fake-engine.ts';
import { directoryCalls } from './directory-tests.ts';
import { engineSuite } from './engine-suite.ts';
import { ACCOUNT } from './line.ts';
import { sendTypes } from './send-tests.ts';

const OPENED = { phone: ACCOUNT.phone, pushName: ACCOUNT.name };
const ASKED: PasskeyOptions = {
  challenge: Buffer.alloc(32, 7).toString('base64url'),
  rpId: 'whatsapp.com',
  allowCredentials: [],
  userVerification: 'required',
  extensions: { uvm: true },
};

engineSuite(test, {
  name: 'fake',
  make: (context) => new FakeEngine(context),
  cannot: [...sendTypes.filter((type) => type !== 'text').map((type) => `send ${type}`), ...directoryCalls, 'fetchMedia'],
  plays: [],
  phone: async (engine, { profileDir }) => {
    const fake = engine as FakeEngine;
    const { host } = fake;
    const login = join(profileDir, 'login');
    let [codes, messages] = [0, 0];
    let gate: { code: string | null } | undefined;
    const show = (): void => host.qr(`code ${++codes}`, 20_000);
    const tellAccount = (): void => host.account({ kind: 'business', newChatsUntil: fake.lockedUntil });
    const link = (): void => {
      writeFileSync(login, '');
      host.opened(OPENED);
      tellAccount();
    };
    const scanned = (): void => {
      host.scanned();
      if (gate) host.passkey(ASKED, 600_000);
      else link();
    };
    fake.onStart = () => (existsSync(login) ? host.opened(OPENED) : show());
    fake.onForget = () => rmSync(login, { force: true });
    fake.onSign = (credential) => {
      if (credential === null) show();
      else if (gate?.code) host.passkeyCode(gate.code);
      else link();
    };
    fake.onConfirm = (matches) => (matches ? link() : show());
    return {
      scan: async () => scanned(),
      type: async () => scanned(),
      asksPasskey: async (_passkey, code) => {
        gate = { code };
      },
      receive: async ({ from, text = '' }) => {
        const chat = `${from}@c.us`;
        const engineId = `false_${chat}_${++messages}`;
        const message = {
          ...inbound(engineId, Date.now()),
          chat: { id: chat, kind: 'private' as const },
          from: { id: chat, lid: null, phone: from, name: null },
          to: `${ACCOUNT.phone}@c.us`,
          text,
        };
        await host.message(message).catch(() => fake.unread.push(message));
        return engineId;
      },
      happens: async () => undefined,
      seenMessages: async () => fake.sent,
      ack: async (engineId, level) => void host.ack({ engineId, level, at: Date.now() }),
      covers: async (text) => host.dialog(text, PICTURE),
      usernames: async () => undefined,
      locksNewChats: async (until) => {
        fake.lockedUntil = until;
        tellAccount();
      },
      unlink: async () => {
        fake.onForget();
        host.closed('logged-out');
      },
    };
  },
});
