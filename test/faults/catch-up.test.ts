/**
 * What came while a session was away comes in whole and in its order: whatever cannot be read lies among it, whatever comes
 * live meanwhile, and however often the hub is killed in the middle. With the real engine against the stand-in for WhatsApp
 * Web, and with the sandbox.
 */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import knex from 'knex';
import { type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';
import { everyPage, rounds } from './clients.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;
const UNREAD = rounds(600, 80);
const CHATS = rounds(20, 4);
const KILLED_AFTER = rounds(42, 7);
const HOUR = 3_600_000;

const numberOf = (chat: number): string => `55119888800${String(chat).padStart(2, '0')}`;

/** Of every message that is in: its chat and its text, in the order of the ledger. */
async function received(call: Call): Promise<{ chat: string; text: string }[]> {
  const events = await everyPage(call, '/api/events?types=message.received');
  return events.map(({ data }) => ({ chat: data.chat.id, text: data.text }));
}

/** Each once, and each chat in its order. */
function inOrder(t: ExecutionContext, all: { chat: string; text: string }[], expected: Map<string, string[]>): void {
  for (const [chat, texts] of expected) {
    t.deepEqual(
      all.filter((one) => one.chat === chat).map(({ text }) => text),
      texts,
      chat,
    );
  }
}

const seen = (call: Call, count: number): Promise<boolean> =>
  until(async () => (await received(call)).length >= count, { what: `${count} messages`, within: 120_000, every: 400 });

const status = (call: Call, wanted: string): Promise<boolean> =>
  until(async () => (await call('GET', '/api/sessions/shop')).json.status === wanted, {
    what: `the session to be ${wanted}`,
    within: 120_000,
  });

/** As if the session had last been caught up at this time: the stand-in's clock cannot be turned back. */
async function setMark({ directory }: Hub, at: number): Promise<void> {
  const filename = join(directory, 'data', 'hookline.sqlite');
  const sql = knex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true });
  await sql('whatsapp_instances').update({ caught_up_to: at, last_inbound_at: at });
  await sql.destroy();
}

inChromium('what a phone got meanwhile comes in whole and in its order, past what cannot be read and over a kill', async (t) => {
  t.timeout(600_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  let hub = await startHub({
    onFile: true,
    env: {
      HOOKLINE_CHROMIUM: chromium as string,
      HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(','),
    },
  });
  t.teardown(() => hub.dispose());
  const { call, key } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  await until(async () => (await call('GET', '/api/sessions/shop/qr')).status === 200, { what: 'a code', within: 120_000 });
  const phone: Phone = whatsapp.phone('5511999990000', 'Shop');
  phone.scan((await call('GET', '/api/sessions/shop/qr')).json.code);
  await status(call, 'connected');

  // Poison among what was missed, and live ones from the first moment on.
  const chat = `${numberOf(0)}@c.us`;
  const say = (text: string, more: object = {}): string => phone.receive({ from: chat, text, ...more });
  await call('POST', '/api/sessions/shop/disconnect');
  await status(call, 'stopped');
  const texts: string[] = [];
  const next = (): void => {
    const text = `text ${texts.length}`;
    texts.push(text);
    say(text);
  };
  for (let n = 0; n < 10; n++) next();
  const poll = say('', { type: 'poll_creation', fields: { pollName: 'When?', pollOptions: [null] } });
  for (let n = 0; n < 20; n++) next();
  await call('POST', '/api/sessions/shop/connect');
  await status(call, 'connected');
  for (let n = 0; n < 20; n++) next();
  await seen(call, texts.length);
  inOrder(t, await received(call), new Map([[chat, texts]]));
  const { data } = (await call('GET', '/api/quarantine')).json;
  t.like(data[0], { stage: 'mapping', kind: 'message', engineId: poll });
  t.is(data.length, 1);
  const [{ data: told }] = (await call('GET', '/api/events?types=quarantine.added')).json.data;
  t.is(told.id, data[0].id);
  t.regex((await call('GET', `/api/quarantine/${told.id}`)).json.raw, /"pollOptions":\[null\]/);

  // Poison that comes live: what a database or a calendar refuses is made sound, what cannot be read is set aside.
  phone.hear({ kind: 'reaction', target: `false_${chat}_NO\0PE`, by: chat, emoji: '👍' });
  say('with a NUL in its id', { id: `false_${chat}_NU\0L` });
  say('at half a second', { fields: { t: Date.now() / 1000 } });
  say('at no time', { fields: { t: 9e15 } });
  say('', { type: 'list', fields: { list: { sections: [{ rows: {} }] } } });
  texts.push('with a NUL in its id', 'at half a second', 'at no time');
  next();
  await seen(call, texts.length);
  inOrder(t, await received(call), new Map([[chat, texts]]));
  t.is((await call('GET', '/api/quarantine')).json.data.length, 2);

  // WhatsApp Web loads itself anew, and people go on writing.
  phone.reloadPage();
  for (let n = 0; n < 30; n++) {
    next();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await seen(call, texts.length);
  inOrder(t, await received(call), new Map([[chat, texts]]));

  // Killed in the middle of a catch-up.
  await hub.end('SIGKILL');
  const start = Date.now() - 2 * HOUR;
  await setMark(hub, start);
  const missed = new Map<string, string[]>();
  for (let n = 0; n < UNREAD; n++) {
    const from = `${numberOf(1 + (n % CHATS))}@c.us`;
    const text = `missed ${n}`;
    missed.set(from, [...(missed.get(from) ?? []), text]);
    phone.receive({ from, text, fields: { t: Math.floor((start + HOUR) / 1000) + n } });
  }
  hub = await hub.again();
  const again = hub.as(key);
  await seen(again, texts.length + KILLED_AFTER);
  await hub.end('SIGKILL');
  hub = await hub.again();
  const last = hub.as(key);
  await seen(last, texts.length + UNREAD);
  inOrder(t, await received(last), missed);
  t.is((await received(last)).length, texts.length + UNREAD, 'none of them twice');
});

test.serial('what a sandbox phone got meanwhile comes in whole and in its order, past what is no message and over a kill', async (t) => {
  t.timeout(600_000);
  let hub = await startHub();
  t.teardown(() => hub.dispose());
  const { call, key } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/disconnect');
  const expected = new Map<string, string[]>();
  let said = 0;
  const say = async (by: Call): Promise<void> => {
    const from = numberOf(said % CHATS);
    const text = `text ${said++}`;
    const chat = `${from}@c.us`;
    expected.set(chat, [...(expected.get(chat) ?? []), text]);
    const { status: answered, text: answer } = await by('POST', '/api/sessions/shop/sandbox/receive', { from, text });
    t.is(answered, 200, answer);
  };
  for (let n = 0; n < UNREAD; n++) await say(call);
  await call('POST', '/api/sessions/shop/connect');
  const killed = until(async () => (await received(call)).length >= KILLED_AFTER, { what: 'some of them', every: 5 });
  await killed;
  await hub.end('SIGKILL');
  hub = await hub.again();
  const next = hub.as(key);
  // Live ones while what waits is offered: none of them may pass it.
  for (let n = 0; n < 20; n++) await say(next);
  await seen(next, UNREAD + 20);
  inOrder(t, await received(next), expected);
  t.is((await received(next)).length, UNREAD + 20);
});
