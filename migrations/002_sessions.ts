import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('whatsapp_instances', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('name').notNullable();
    t.text('engine').notNullable();
    t.text('config').notNullable().defaultTo('{}');
    /** Generated: the directory below the tokens directory that holds the login. Never made from the name. */
    t.text('profile').notNullable().unique();
    /** What was asked for (`started` or `stopped`); `status` is what is. The supervisor closes the gap. */
    t.text('desired').notNullable();
    t.text('status').notNullable();
    t.text('reason');
    t.text('phone');
    t.text('push_name');
    t.bigInteger('connected_at');
    t.bigInteger('last_inbound_at');
    t.bigInteger('next_attempt_at');
    t.integer('attempts_made').notNullable().defaultTo(0);
    t.integer('attempts_succeeded').notNullable().defaultTo(0);
    /** The last sequence number given to an event of this session. */
    t.bigInteger('last_seq').notNullable().defaultTo(0);
    t.bigInteger('created_at').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.unique(['tenant_id', 'name']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('whatsapp_instances');
}
