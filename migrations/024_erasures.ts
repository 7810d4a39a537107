import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('events', (t) => {
    /** The chat that it is about, where its data does not say. */
    t.text('subject');
  });
  /** People whose data is to go; see src/erasure. */
  await sql.schema.createTable('erasures', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    /** JSON: the names of the person and how far it has come; null once all is gone, which nothing tells of whom it was. */
    t.text('work');
    /** JSON: how many things of each kind went, and how many are still owed. */
    t.text('erased').notNullable();
    t.text('owed').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('finished_at');
    t.index(['session_id', 'finished_at']);
    t.index(['tenant_id', 'id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('erasures');
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE events DROP COLUMN subject');
}
