import type { Knex } from 'knex';

/**
 * Up to when events of a tenant were removed: a reader that wants to go on from one of that time is not told that there is none,
 * but goes on with what is here. What was removed before is not known, so until now it may have been any.
 */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('tenants', (t) => {
    t.bigInteger('events_pruned_to');
  });
  await sql('tenants').update({ events_pruned_to: Date.now() });
}

export async function down(sql: Knex): Promise<void> {
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE tenants DROP COLUMN events_pruned_to');
}
