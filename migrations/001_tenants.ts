import type { Knex } from 'knex';

/** Times are milliseconds since 1970 in `bigint`; JSON is text. Both read the same on SQLite and Postgres. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('tenants', (t) => {
    t.text('id').primary();
    t.text('name').notNullable().unique();
    t.bigInteger('last_seq').notNullable().defaultTo(0);
    /** JSON: what differs for this tenant from the configuration. */
    t.text('settings').notNullable().defaultTo('{}');
    t.bigInteger('created_at').notNullable();
    t.bigInteger('updated_at').notNullable();
  });
  await sql.schema.createTable('api_keys', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('name').notNullable();
    t.text('hash').notNullable().unique();
    t.text('hint').notNullable();
    t.text('scopes').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('revoked_at');
    t.index(['tenant_id']);
  });
  await sql.schema.createTable('hub_settings', (t) => {
    t.text('name').primary();
    t.text('value').notNullable();
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('hub_settings');
  await sql.schema.dropTable('api_keys');
  await sql.schema.dropTable('tenants');
}
