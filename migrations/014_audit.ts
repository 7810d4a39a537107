import type { Knex } from 'knex';

/** Who changed what, and with which result. It outlives what it is about, so that nothing here refers to another table. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('audit_entries', (t) => {
    /** Sorts by time. */
    t.text('id').primary();
    /** Null for what concerns the hub itself. */
    t.text('tenant_id');
    t.bigInteger('at').notNullable();
    t.text('actor').notNullable();
    t.text('key_id');
    t.text('actor_name');
    t.text('action').notNullable();
    t.text('resource_type');
    t.text('resource_id');
    t.text('address');
    t.integer('status').notNullable();
    t.text('code');
    t.index(['tenant_id', 'id']);
    // What a tenant filters by is found without a walk through all the rest.
    t.index(['tenant_id', 'action', 'id']);
    t.index(['tenant_id', 'key_id', 'id']);
    t.index(['tenant_id', 'resource_id', 'id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('audit_entries');
}
