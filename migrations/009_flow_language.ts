import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_runs', (t) => {
    /** When it goes on by itself; null while only an answer helps. */
    t.bigInteger('wakes_at');
    t.index(['session_id', 'chat_id', 'id']);
  });
  await sql.schema.alterTable('flow_chats', (t) => {
    /** JSON list of the chat's tags. */
    t.text('tags').notNullable().defaultTo('[]');
    /** JSON: what flows remember of the contact. */
    t.text('remembered').notNullable().defaultTo('{}');
    /** JSON: when each flow that has "again_after" began here last. */
    t.text('starts').notNullable().defaultTo('{}');
    /** JSON list of [digest, time]: texts that flows sent in the last minutes. */
    t.text('sent').notNullable().defaultTo('[]');
  });
  /** One row a tenant that has, or had, flows: what all of them together ask for, and a number that every change moves on. */
  await sql.schema.createTable('flow_catalogs', (t) => {
    t.text('tenant_id').primary().references('tenants.id').onDelete('CASCADE');
    t.integer('version').notNullable();
    /** 1 where some flow answers in groups. */
    t.integer('in_groups').notNullable();
    /** JSON list of the types of events that start flows. */
    t.text('events').notNullable();
  });
  /** Values that the steps "http" may use, sealed. */
  await sql.schema.createTable('flow_secrets', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('name').notNullable();
    t.text('sealed').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.primary(['tenant_id', 'name']);
  });
  /** When the flows that start by the clock were looked at last. */
  await sql.schema.createTable('flow_schedules', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('flow').notNullable();
    t.bigInteger('looked_at').notNullable();
    t.primary(['tenant_id', 'flow']);
  });
  await sql.schema.alterTable('flow_handoffs', (t) => {
    /** What the flow says to the person. */
    t.text('note');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_handoffs', (t) => t.dropColumn('note'));
  await sql.schema.dropTable('flow_schedules');
  await sql.schema.dropTable('flow_secrets');
  await sql.schema.dropTable('flow_catalogs');
  await sql.schema.alterTable('flow_chats', (t) => t.dropColumns('tags', 'remembered', 'starts', 'sent'));
  await sql.schema.alterTable('flow_runs', (t) => {
    t.dropIndex(['session_id', 'chat_id', 'id']);
    t.dropColumn('wakes_at');
  });
}
