import test from 'ava';
import type { MessageId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/core/runtime.ts';
import { type SandboxEngine, sandboxEngine } from '../../../src/sessions/engines/sandbox/engine.ts';
import { SandboxPhone } from '../../../src/sessions/engines/sandbox/phone.ts';
import { engineSuite } from './engine-suite.ts';
import { EVERYTHING } from './inbound-tests.ts';

engineSuite(test, {
  name: 'sandbox',
  make: sandboxEngine,
  cannot: [],
  plays: EVERYTHING,
  phone: async (engine) => {
    const hub = { engineIdOf: async (id: MessageId) => id, settled: async () => undefined };
    const phone = new SandboxPhone(engine as SandboxEngine, systemClock, hub);
    return {
      scan: (account) => phone.scan(account),
      type: (_code, { name }) => phone.scan({ name }),
      asksPasskey: async (_passkey, code) => phone.faults({ passkey: { askNext: 1, ...(code !== null && { code }) } }),
      receive: async (message) => (await phone.receive(message)).engineId,
      happens: (what) => phone.happens(what),
      covers: (text) => phone.happens({ kind: 'dialog', text }),
      seenMessages: async () => (await phone.outbox({ limit: 1_000 })).data,
      ack: (engineId, level) => phone.ack({ messageId: engineId, ack: level }),
      usernames: async (usernames) => phone.faults({ exists: { usernames } }),
      locksNewChats: async (until) => phone.faults(until === null ? {} : { account: { newChatsUntil: until } }),
      unlink: () => phone.disconnect({ reason: 'loggedOut' }),
    };
  },
});
