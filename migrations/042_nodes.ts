import type { Knex } from 'knex';

/**
 * The nodes of a cluster; see src/db/node-tenure.ts. On a hub that has its database to itself these tables stay empty. From here on
 * migrations expand first: a node of the version before goes on working on what this one leaves.
 */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('nodes', (t) => {
    /** Of one start of a node. Each commit of it holds this row, so that nothing is written by one whose row is gone. */
    t.text('id').primary();
    /** Where other nodes reach it. */
    t.text('url').notNullable();
    t.text('version').notNullable();
    t.text('role').notNullable();
    /** By the clock of the database, as all instants here. */
    t.bigInteger('started_at').notNullable();
  });
  // Apart from the rows above, which commits hold while this is written.
  await sql.schema.createTable('node_beats', (t) => {
    t.text('node_id').primary().references('nodes.id').onDelete('CASCADE');
    t.bigInteger('seen_at').notNullable();
    /** 1: it hands over what it has, and takes nothing more. */
    t.integer('draining').notNullable().defaultTo(0);
    t.bigInteger('memory_bytes').notNullable();
    t.integer('sessions').notNullable();
    /** JSON: for each follower of the ledger that it runs, how many events that one is behind. */
    t.text('followers').notNullable();
  });
  await sql.schema.createTable('leases', (t) => {
    /** What one node at a time does. */
    t.text('name').primary();
    /** Null: nobody has it. Of a node that is gone nobody has it either. */
    t.text('node_id').references('nodes.id').onDelete('SET NULL').index();
    /** Moves with each taking. */
    t.bigInteger('generation').notNullable();
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('leases');
  await sql.schema.dropTable('node_beats');
  await sql.schema.dropTable('nodes');
}
