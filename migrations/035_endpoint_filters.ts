import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('webhook_endpoints', (t) => {
    /** JSON: of which chats and people the endpoint hears; null for all. */
    t.text('filter');
  });
  await sql.schema.alterTable('webhook_attempts', (t) => {
    /** The value of `webhook-signature`; null where it is not kept (any more). */
    t.text('signature');
  });
}

export async function down(sql: Knex): Promise<void> {
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE webhook_attempts DROP COLUMN signature');
  await sql.raw('ALTER TABLE webhook_endpoints DROP COLUMN filter');
}
