import type { Knex } from 'knex';

/** Each node says itself after how long without a word it is dead; those of the version before say nothing, and it is 30 s. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('node_beats', (t) => {
    t.bigInteger('lease_ms').notNullable().defaultTo(30_000);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('node_beats', (t) => {
    t.dropColumn('lease_ms');
  });
}
