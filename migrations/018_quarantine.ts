import type { Knex } from 'knex';

/** What could not be mapped, stored or reacted to, set aside whole; and up to where a session is caught up with its phone. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('quarantine', (t) => {
    /** Sorts by time. */
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('id').inTable('tenants').onDelete('CASCADE');
    /** Null for what concerns the tenant as a whole. */
    t.text('session_id').references('id').inTable('whatsapp_instances').onDelete('CASCADE');
    /** The same for the same thing: it is set aside once. */
    t.text('fingerprint').notNullable().unique();
    t.bigInteger('at').notNullable();
    t.text('stage').notNullable();
    t.text('kind').notNullable();
    /** WhatsApp's id of the message that it is, or is about, where it has one. */
    t.text('engine_id');
    /** Who could not react, and to which event. */
    t.text('follower');
    t.text('event_id');
    /** Bytes of all of it. */
    t.integer('size').notNullable();
    t.text('error').notNullable();
    t.integer('attempts').notNullable();
    /** Of the hub that tried it last, and when. */
    t.text('version').notNullable();
    t.bigInteger('tried_at').notNullable();
    /** JSON as it came, or the first part of it; of an event nothing, it is in the ledger. Last, for it may be long. */
    t.text('raw').notNullable();
    t.index(['tenant_id', 'id']);
    t.index(['session_id']);
    t.index(['version', 'id']);
  });
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    /** WhatsApp's time (ms) up to which all that the phone got is in the hub. Null: it was never connected. */
    t.bigInteger('caught_up_to');
  });
  await sql('whatsapp_instances').update({ caught_up_to: sql.raw('COALESCE(last_inbound_at, connected_at)') });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('quarantine');
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    t.dropColumns('caught_up_to');
  });
}
