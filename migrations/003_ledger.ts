import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('events', (t) => {
    t.bigIncrements('position');
    t.text('id').notNullable().unique();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** No foreign key: what a session did stays in the ledger, and is still owed to endpoints, after it was deleted. */
    t.text('session_id');
    t.text('session_name');
    t.bigInteger('seq').notNullable();
    t.text('type').notNullable();
    t.bigInteger('at').notNullable();
    t.text('data').notNullable();
    t.index(['tenant_id', 'position']);
    t.index(['session_id', 'position']);
  });
  await sql.schema.createTable('ledger_cursors', (t) => {
    t.text('name').primary();
    t.bigInteger('position').notNullable();
  });
  await sql.schema.createTable('lanes', (t) => {
    t.text('key').primary();
    t.text('kind').notNullable();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** Who may write for this lane; an owner that reads another token here has lost it. */
    t.text('token').notNullable();
    /** When the head of the lane is due; null when nothing waits. */
    t.bigInteger('due_at').index();
    /** 1 when the head has failed before: the lane then runs among the retries. */
    t.integer('retry').notNullable().defaultTo(0);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('lanes');
  await sql.schema.dropTable('ledger_cursors');
  await sql.schema.dropTable('events');
}
