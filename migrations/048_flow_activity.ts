import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_runs', (t) => {
    /** How many messages it has sent; its trace goes back only so far, and is long to read. Those of before are not counted. */
    t.integer('answers').notNullable().defaultTo(0);
    // All that is added up for the list of flows.
    t.index(['tenant_id', 'started_at', 'flow', 'answers'], 'flow_runs_activity');
  });
  // They are few, and whoever looks for them goes through no others.
  await sql.raw(`CREATE INDEX flow_runs_failed ON flow_runs (tenant_id, id) WHERE status = 'failed'`);
  /** Tests of flows that are no files: the text of a `*.test.yml`. They go with their flow. */
  await sql.schema.createTable('flow_tests', (t) => {
    t.text('tenant_id').notNullable();
    t.text('flow').notNullable();
    t.text('source').notNullable();
    /** Moves on with each text. */
    t.integer('revision').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.primary(['tenant_id', 'flow']);
    t.foreign(['tenant_id', 'flow']).references(['tenant_id', 'name']).inTable('flows').onDelete('CASCADE');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('flow_tests');
  await sql.raw('DROP INDEX flow_runs_failed');
  await sql.raw('DROP INDEX flow_runs_activity');
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE flow_runs DROP COLUMN answers');
}
