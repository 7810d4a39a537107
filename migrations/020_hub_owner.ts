import type { Knex } from 'knex';

/**
 * Which hub the database is of. On Postgres each commit of a hub holds this row, so that nothing is written by one that
 * another has taken the place of.
 */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('hub_owner', (t) => {
    /** One row. */
    t.integer('id').primary();
    /** A new one for each start of a hub; empty where none has been. */
    t.text('token').notNullable();
    /** Moves when nothing else is written, to see whether it can be. */
    t.bigInteger('beats').notNullable();
  });
  await sql('hub_owner').insert({ id: 1, token: '', beats: 0 });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('hub_owner');
}
