import type { Knex } from 'knex';

/** Browsers that have shown a key on the dashboard; each lasts no longer than its key. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('sign_ins', (t) => {
    /** Of what the browser holds. */
    t.text('hash').primary();
    t.text('key_id').notNullable().references('api_keys.id').onDelete('CASCADE');
    t.bigInteger('expires_at').notNullable();
    t.index(['key_id', 'expires_at']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('sign_ins');
}
