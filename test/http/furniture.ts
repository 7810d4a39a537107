/** A tenant with every kind of thing that one can own, whose name is in all of it: where it is read, that is known. */
import type { ExecutionContext } from 'ava';
import { newId } from '../../src/core/ids.ts';
import { type Answer, type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { databaseOf } from '../helpers/hub-database.ts';
import { startReceiver } from '../helpers/receiver.ts';

type Row = Answer['json'];
const yaml = { 'content-type': 'application/yaml' };

/** Starts at the word and asks for a name, so that a run waits. */
export const flowOf = (name: string, word: string): string =>
  `flow: ${name}\nversion: 1\nstart:\n  - says: [${word}]\n  - api: true\nsteps:\n  - ask: Who is it for ${name}?\n    save: who\n  - end\n`;

/** `word`: what starts its flow. `contact`: the number of whom it talks with. */
export async function furnish(
  t: ExecutionContext,
  hub: Hub,
  name: string,
  { word = name, contact = '5511988887777' }: { word?: string; contact?: string } = {},
) {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const tenant = await hub.tenant(`tenant of ${name}`);
  const { call } = tenant;
  const made = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Row> => {
    const { status, json, text } = await call('POST', `/api/${path}`, body, headers);
    t.true(status < 300, `${path}: ${text}`);
    return json;
  };

  const endpoint = await made('webhooks', {
    url: `${receiver.url}?${name}`,
    events: ['message.*'],
    description: `where ${name} hears`,
    headers: { authorization: { secret: `Bearer ${name}` } },
  });
  const put = await call('PUT', `/api/flows/${name}`, flowOf(name, word), yaml);
  t.is(put.status, 200, put.text);
  t.is((await call('PUT', `/api/flow-secrets/${name}`, { value: `secret of ${name}` })).status, 204);
  const session = await linkedSandbox(call, name);
  const phone = `sessions/${name}/sandbox`;
  await made(`${phone}/receive`, {
    from: contact,
    type: 'document',
    media: { base64: Buffer.from(`inbound file of ${name}`).toString('base64'), mimetype: 'text/plain', filename: `${name}.txt` },
  });
  const inbound = await made(`${phone}/receive`, { from: contact, name: `contact of ${name}`, text: word });
  const run = await until(async () => (await call('GET', '/api/runs')).json.data[0]?.id, { what: 'a run' });
  const delivery = await until(async () => (await call('GET', `/api/webhooks/${endpoint.id}/deliveries`)).json.data.at(-1)?.id, {
    what: 'a delivery',
  });
  const idempotencyKey = `order-of-${name}`;
  const send = { to: contact, type: 'text', text: `by ${name}`, reference: `reference of ${name}` };
  const { id: message } = await made(`sessions/${name}/messages`, send, { 'idempotency-key': idempotencyKey });
  const { engineId } = await until(
    async () => {
      const { json } = await call('GET', `/api/messages/${message}`);
      return json.status === 'sent' && json;
    },
    { what: 'a send' },
  );
  const { id: group } = await made(`sessions/${name}/groups`, { subject: `group of ${name}`, participants: [contact] });
  const { id: media } = await made('media', `file,of,${name}`, { 'content-type': 'text/csv' });
  const { id: replay } = await made(`webhooks/${endpoint.id}/replay`, { since: '2026-01-01T00:00:00Z' });
  const event = (await call('GET', '/api/events?types=message.*&limit=1')).json.data[0].id;
  const key = (await hub.admin('GET', `/api/tenants/${tenant.id}/keys`)).json.data[0].id;
  // The question of the flow is typed for a moment before it goes out, and each delivery takes its own.
  const isSettled = async (): Promise<boolean> => {
    const sent = (await call('GET', `/api/sessions/${name}/messages?direction=outbound&status=sent`)).json.data;
    return sent.length === 2 && (await call('GET', `/api/webhooks/${endpoint.id}/deliveries?status=pending`)).json.data.length === 0;
  };
  await until(isSettled, { what: 'what was begun to end' });
  const quarantine = await setAside(hub, { tenant: tenant.id, session, raw: `set aside by ${name}` });
  const ids = { tenant: tenant.id, session, webhook: endpoint.id, delivery, run, message, media, event, key, replay, group, quarantine };
  const whatsAppIds = [engineId, inbound.engineId];
  return { ...tenant, name, contact, idempotencyKey, secret: endpoint.secret as string, ids, whatsAppIds };
}
export type Furnished = Awaited<ReturnType<typeof furnish>>;

/** As if the hub could not have stored it: nothing that one can send to a hub is so. */
export async function setAside(hub: Hub, { tenant, session, raw }: { tenant: string; session: string; raw: string }): Promise<string> {
  const sql = databaseOf(hub);
  const id = newId('qrt', Date.now());
  const what = { stage: 'storing', kind: 'message', engine_id: null, follower: null, event_id: null, error: 'no room', version: '0.0.0' };
  try {
    await sql('quarantine').insert({
      ...{ id, tenant_id: tenant, session_id: session, fingerprint: id, at: 1, tried_at: 1, attempts: 1, ...what },
      ...{ raw: JSON.stringify({ text: raw }), size: 10 },
    });
  } finally {
    await sql.destroy();
  }
  return id;
}

/** Everything that the database of a hub, which may be running, holds of a tenant. */
export async function rowsOf(hub: Hub, tenantId: string): Promise<Record<string, Row[]>> {
  const sql = databaseOf(hub);
  try {
    const rows: Record<string, Row[]> = { tenants: await sql('tenants').where({ id: tenantId }) };
    const tables = hub.databaseUrl ? sql('pg_tables').where({ schemaname: 'public' }) : sql('sqlite_master').where({ type: 'table' });
    for (const { name } of await tables.select({ name: hub.databaseUrl ? 'tablename' : 'name' })) {
      if (await sql.schema.hasColumn(name, 'tenant_id')) rows[name] = await sql(name).where({ tenant_id: tenantId });
    }
    // Written down a while after the tenant itself has used them.
    for (const key of rows.api_keys ?? []) delete key.last_used_at;
    // Postgres gives them as they lie there, which each write changes.
    for (const table of Object.values(rows)) table.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    return rows;
  } finally {
    await sql.destroy();
  }
}

/** What an answer tells of a tenant: its things by id, and its name, which is in all that it wrote. */
export function toldOf({ name, ids, whatsAppIds, contact, secret, key }: Furnished, text: string): string[] {
  return [name, ...Object.values(ids), ...whatsAppIds, contact, secret, key].filter((word) => text.includes(word));
}

/** What is in the things of a tenant and in none of their ids and names. */
export function writtenBy({ name, secret, key }: Furnished): string[] {
  const written = [
    'by',
    'contact of',
    'reference of',
    'group of',
    'secret of',
    'inbound file of',
    'tenant of',
    'where',
    'for',
    'Bearer',
    'set aside by',
  ];
  return [...written.map((word) => `${word} ${name}`), `file,of,${name}`, secret, key];
}
