import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('api_keys', (t) => {
    /** Of the last request with it, to the minute; null: none since this is noted. */
    t.bigInteger('last_used_at');
  });
}

export async function down(sql: Knex): Promise<void> {
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE api_keys DROP COLUMN last_used_at');
}
