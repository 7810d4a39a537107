import type { Knex } from 'knex';

/** Which process a node is, so that another one on its machine can tell that it has ended; null where nobody can, and of a node of the version before. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('nodes', (t) => {
    t.text('process');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('nodes', (t) => {
    t.dropColumn('process');
  });
}
