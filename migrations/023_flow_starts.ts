import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_schedules', (t) => {
    /** JSON: what began by the clock and is not asked for in every chat yet; see src/flows/runtime/schedules.ts. */
    t.text('round');
  });
  /** Starts that the API was promised in the last day. */
  await sql.schema.createTable('flow_starts', (t) => {
    /** Of the event that asks for it. */
    t.bigInteger('position').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    t.text('flow').notNullable();
    /** The caller's Idempotency-Key, and a hash of what was asked under it. */
    t.text('idempotency_key');
    t.text('fingerprint').notNullable();
    t.bigInteger('at').notNullable();
    t.unique(['tenant_id', 'idempotency_key']);
    t.index(['session_id', 'chat_id', 'position']);
    t.index(['tenant_id', 'at']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('flow_starts');
  await sql.raw('ALTER TABLE flow_schedules DROP COLUMN round');
}
