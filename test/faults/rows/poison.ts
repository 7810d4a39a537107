/** What cannot be read, stored or reacted to is set aside, and stops nobody. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import knex from 'knex';
import { knexConfig } from '../../../src/db/open.ts';
import { type Call, linkedSandbox, until } from '../../helpers/hub.ts';
import { findChromium } from '../../helpers/requirements.ts';
import type { Phone } from '../../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../../whatsapp-web/server.ts';
import { everyPage, type Row } from '../clients.ts';
import type { FaultRow, Stage } from '../stage.ts';
import type { World } from '../world.ts';
import { browserEnv, isConnected, linkedPhone } from '../wppconnect.ts';

/** How soon (ms) what comes behind it is in. */
const WITHIN = 20_000;
const FRIEND = '5511888887777@c.us';

export const poison: FaultRow = {
  what: 'An event that no reaction can take, a line that no phone wrote: flows of other tenants and other messages go on',
  count: { of: 'times', usual: 1 },
  async run(stage) {
    const world = await stage.world({ sessions: 1 });
    const other = await world.hub.tenant();
    await linkedSandbox(other.call, 'other');
    const flow = 'flow: echo\nversion: 1\ntyping: false\nstart: [{ anything: true }]\nsteps:\n  - say: "re {{ message.text }}"\n  - end\n';
    await other.call('PUT', '/api/flows/echo', flow, { 'content-type': 'application/yaml' });
    world.load();
    await until(() => world.heard.length > 2);
    let slowest = 0;
    for (let nth = 0; nth < stage.count; nth++) {
      await poisonLedger(world);
      const began = performance.now();
      await other.call('POST', '/api/sessions/other/sandbox/receive', { from: '5521988887777', text: `after ${nth}` });
      const answered = async () =>
        (await everyPage(other.call, '/api/sessions/other/sandbox/outbox')).some(({ text }) => text === `re after ${nth}`);
      const came = await until(answered, { within: WITHIN }).catch(() => false);
      slowest = came ? Math.max(slowest, performance.now() - began) : Number.POSITIVE_INFINITY;
    }
    stage.must(slowest < WITHIN, `an event that nobody can react to: another tenant's flow does not answer within ${WITHIN / 1_000} s`);
    stage.figure("an event that nobody can react to: another tenant's flow answers within", `${Math.round(slowest)} ms`, `< ${WITHIN} ms`);
    await poisonPhone(stage, world);
    // The event that was put there has no place in the order of its session.
    stage.none(
      'poisoned',
      (await world.settled(30_000)).filter((what) => !/custom|evt_poison/.test(what)),
    );
    await aside(stage, world.call, 1);
  },
};

/** As a hub of another version might have written it: a message without a chat. */
async function poisonLedger(world: World): Promise<void> {
  const sql = knex(knexConfig(world.location, { min: 0, max: 1 }));
  try {
    const event = await sql('events').where({ type: 'message.received', tenant_id: world.tenant.id }).first();
    const { position: _, ...rest } = event;
    // Before all others of its session: those have taken their numbers.
    const { least } = (await sql('events').where({ session_id: event.session_id }).min({ least: 'seq' }).first()) as { least: number };
    const id = `evt_poison${Math.random().toString(36).slice(2)}`;
    await sql('events').insert({ ...rest, id, seq: Math.min(least, 0) - 1, at: Date.now(), data: '{"text":"x"}' });
  } finally {
    await sql.destroy();
  }
}

/** Lines in the file of a sandbox phone that are no messages; what lies behind them comes in. */
async function poisonPhone(stage: Stage, world: World): Promise<void> {
  const session = world.sessions[0] as string;
  const sql = knex(knexConfig(world.location, { min: 0, max: 1 }));
  const row = await sql('whatsapp_instances').where({ name: session, tenant_id: world.tenant.id }).first('profile');
  await sql.destroy();
  await world.hub.end('SIGKILL');
  const lines = ['{"message":null}', '{"message":{"engineId":"false_x@c.us_POISON"}}', '[]', '{"notice":{"kind":"nonsense"},"key":"x"}'];
  appendFileSync(join(world.hub.directory, 'tokens', row.profile, 'inbox.jsonl'), `${lines.join('\n')}\n`);
  await world.restart();
  const before = world.heard.length;
  const goesOn = await until(() => world.heard.length > before + 2, { within: WITHIN }).catch(() => false);
  stage.must(goesOn, 'lines that are no messages in the file of a phone: nothing comes in any more');
}

/** What was set aside can be seen. */
async function aside(stage: Stage, call: Call, least: number): Promise<void> {
  const { status, json } = await call('GET', '/api/quarantine');
  stage.must(
    status === 200 && json.data.length >= least,
    `GET /api/quarantine: ${status}, ${json?.data?.length ?? 0} of at least ${least} set aside`,
  );
  stage.figure('set aside', status === 200 ? json.data.length : `GET /api/quarantine answers ${status}`, `≥ ${least}`);
}

/** What WhatsApp gives and the hub cannot read or store. Each returns the id of what it sent. */
const POISONS: Record<string, (phone: Phone) => void> = {
  'a poll with a null': (phone) =>
    void phone.receive({ from: FRIEND, type: 'poll_creation', fields: { pollName: '?', pollOptions: [null] } }),
  'mentions that are no list': (phone) => void phone.receive({ from: FRIEND, text: 'x', fields: { mentionedJidList: {} } }),
  'a time that is none': (phone) => void phone.receive({ from: FRIEND, text: 'x', fields: { t: 9e15 } }),
  'a reaction to a NUL': (phone) => phone.hear({ kind: 'reaction', target: `false_${FRIEND}_NO\0PE`, by: FRIEND, emoji: '👍' }),
};

export const poisonedPhone: FaultRow = {
  what: 'WhatsApp gives what cannot be read or stored (real wppconnect): live and among what was missed; the others come in',
  count: { of: 'times', usual: 1 },
  needs: [findChromium],
  async run(stage) {
    const whatsapp = await startWhatsAppWeb();
    stage.teardown(() => whatsapp.close());
    const world = await stage.world({ sessions: 1, env: browserEnv(whatsapp) });
    const { call } = world;
    const phone = await linkedPhone(call, whatsapp, 'shop');
    const arrives = async (ids: readonly string[], what: string): Promise<void> => {
      const left = async (): Promise<string[]> => {
        const rows: Row[] = await everyPage(call, '/api/sessions/shop/messages?direction=inbound');
        return ids.filter((id) => !rows.some(({ engineId }) => engineId === id));
      };
      const all = await until(async () => (await left()).length === 0, { within: WITHIN, every: 500 }).catch(() => false);
      const missing = all ? [] : await left();
      stage.figure(
        `${what}: came in behind it`,
        `${ids.length - missing.length} of ${ids.length}`,
        `${ids.length} within ${WITHIN / 1_000} s`,
      );
      stage.must(missing.length === 0, `${what}: ${missing.length} of ${ids.length} behind it did not come in within ${WITHIN / 1_000} s`);
    };
    for (let nth = 0; nth < stage.count; nth++) {
      for (const [what, give] of Object.entries(POISONS)) {
        give(phone);
        await arrives(
          [1, 2].map((good) => phone.receive({ from: FRIEND, text: `live ${good}` })),
          `${what}, live`,
        );
      }
      await call('POST', '/api/sessions/shop/disconnect');
      await until(async () => !(await isConnected(call, 'shop')), { what: 'the session to be disconnected' });
      const missed = [phone.receive({ from: FRIEND, text: 'missed 1' })];
      for (const give of Object.values(POISONS)) give(phone);
      missed.push(...[2, 3, 4].map((good) => phone.receive({ from: FRIEND, text: `missed ${good}` })));
      await call('POST', '/api/sessions/shop/connect');
      await until(() => isConnected(call, 'shop'), { what: 'the session to be connected', within: 120_000 });
      await arrives(missed, 'all of them, missed');
    }
    await aside(stage, call, 1);
  },
};
