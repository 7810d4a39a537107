import type { Knex } from 'knex';

/**
 * What the nodes of a cluster count together; see src/cluster/shared-counts.ts. On a hub that has its database to itself these tables stay
 * empty, and on a node of the version before it counts for itself. Nothing in them is worth a write to the log of Postgres: it is of a minute,
 * or of a node that lives.
 */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('minute_counts', (t) => {
    /** What is counted, and of whom. */
    t.text('name').primary();
    t.bigInteger('used').notNullable();
    /** By the clock of the database. */
    t.bigInteger('ends_at').notNullable();
  });
  await sql.schema.createTable('open_streams', (t) => {
    t.text('node_id').references('nodes.id').onDelete('CASCADE');
    t.text('tenant_id').notNullable();
    t.integer('streams').notNullable();
    t.primary(['node_id', 'tenant_id']);
    t.index(['tenant_id']);
  });
  if (sql.client.config.client !== 'pg') return;
  for (const table of ['minute_counts', 'open_streams']) await sql.schema.raw(`ALTER TABLE ${table} SET UNLOGGED`);
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('open_streams');
  await sql.schema.dropTable('minute_counts');
}
