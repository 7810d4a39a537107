import type { Knex } from 'knex';

/** Which node of a cluster handles the first request under an Idempotency-Key; null on a hub alone, and of a node of the version before. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('first_answers', (t) => {
    t.text('node_id');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('first_answers', (t) => {
    t.dropColumn('node_id');
  });
}
