/** The flows over the real inbox and outbox: what stands between a message coming in and its reply waiting to be sent. */
import test from 'ava';
import type { InboundMessage } from '../../src/core/message.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { Flows } from '../../src/flows/flows.ts';
import { FlowRuntime } from '../../src/flows/runtime/runtime.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { AddressBook } from '../../src/messages/addresses/address-book.ts';
import { Inbox } from '../../src/messages/inbox/inbox.ts';
import { Outbox } from '../../src/messages/sends/outbox.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { mediaLibrary } from '../helpers/media.ts';
import { testRuntime } from '../helpers/runtime.ts';
import { addressesOf, flowOf, seed, testLibrary } from './helpers.ts';

const CHAT = '5511999990000@c.us';

function inbound(engineId: string, text: string): InboundMessage {
  const from = { id: CHAT, lid: null, phone: '5511999990000', name: 'Ana Souza' };
  return { engineId, fromMe: false, type: 'text', chat: { id: CHAT, kind: 'private' }, from, to: 'me', text, timestamp: Date.now() };
}

for (const dialect of await stores()) {
  test(`${dialect}: the replies to a message that came in twice are queued once, with typing, and are in the trace`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const runtime = testRuntime();
    const ledger = new Ledger(db, runtime);
    const lanes = new LocalDispatcher(db, runtime);
    const session = await seed(db);
    const sessions = {
      engineOf: () => null,
      isConnected: async () => false,
      ref: async () => session,
      configured: async () => ({ ...session, config: {}, newChatsUntil: null }),
    };
    const { media, dispose: disposeMedia } = mediaLibrary(db, { ledger, lanes, sessions }, runtime);
    const addresses = new AddressBook(db, runtime);
    const outbox = new Outbox(db, { ledger, lanes, sessions, media, addresses }, runtime);
    const inbox = new Inbox(db, { ledger, media, addresses, sessions: { touchInbound: async () => undefined } }, runtime);
    const library = testLibrary();
    const ports = {
      ledger,
      lanes,
      library,
      addresses: addressesOf(addresses),
      sessions: { ref: async () => session, engineOf: () => null },
    };
    const flows = new Flows(db, ports, runtime);
    const egress = { request: async () => ({ error: 'connect', detail: 'nobody is there' }) };
    const settingsOf = async () => ({ typing: true, phonePause: 0 });
    new FlowRuntime(db, { ...ports, outbox, egress, settingsOf, secrets: { reveal: async () => ({}) } }, runtime);
    await lanes.start();
    ledger.start();
    t.teardown(async () => {
      await ledger.stop();
      await lanes.stop();
      await disposeMedia();
    });
    await flows.put(session.tenantId, 'test', flowOf('- say: "Hi {{ contact.first_name }}"\n- ask: Name?\n  save: name\n  typing: false'));
    for (const message of [inbound('A1', 'hi'), inbound('A1', 'hi')]) await inbox.receive(session, message);
    await ledger.drain();
    await lanes.drain();

    const { data: queued } = await outbox.list(session.tenantId, session.id, { direction: 'outbound', limit: 10 });
    t.deepEqual(
      queued.reverse().map(({ to, text, status }) => ({ to, text, status })),
      [
        { to: CHAT, text: 'Hi Ana', status: 'queued' },
        { to: CHAT, text: 'Name?', status: 'queued' },
      ],
    );
    const [run] = (await flows.listRuns(session.tenantId, { limit: 10 })).data;
    const { data: received } = await outbox.list(session.tenantId, session.id, { direction: 'inbound', limit: 10 });
    t.like(run?.trace[0], { messageId: received[0]?.id, sent: queued.map(({ id }, index) => ({ step: `steps.${index}`, messageId: id })) });
  });
}
