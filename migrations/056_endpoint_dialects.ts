import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('webhook_endpoints', (t) => {
    /** In whose words it is told of events; see src/core/dialects.ts. */
    t.text('dialect').notNullable().defaultTo('hookline');
    /** JSON: how, in the terms of that dialect; its secrets sealed. */
    t.text('dialect_options').notNullable().defaultTo('{}');
    /** JSON: the key, sealed, that receivers are given to call back with; null: none. */
    t.text('callback_key');
  });
}

export async function down(sql: Knex): Promise<void> {
  // Not by knex; see 035.
  for (const column of ['callback_key', 'dialect_options', 'dialect']) await sql.raw(`ALTER TABLE webhook_endpoints DROP COLUMN ${column}`);
}
