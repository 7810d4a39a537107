import type { Knex } from 'knex';

/** Contacts who want nothing more of a tenant's flows; see src/flows/runtime/opt-outs.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('flow_opt_outs', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** Any name of the contact; looked up by all that are known. */
    t.text('chat_id').notNullable();
    t.bigInteger('since').notNullable();
    /** `flow` or `api`. */
    t.text('by').notNullable();
    /** The one that was told; null where the API was. */
    t.text('flow');
    t.primary(['tenant_id', 'chat_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('flow_opt_outs');
}
