import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('api_keys', (t) => {
    /** The one session that the key is for; null: all of its tenant. */
    t.text('session_id').index();
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX api_keys_session_id_index');
  // Not by knex; see 035.
  await sql.raw('ALTER TABLE api_keys DROP COLUMN session_id');
}
