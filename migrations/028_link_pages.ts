import type { Knex } from 'knex';

/** Pages that are sent to a person to link the phone of one session; see src/link-pages. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('link_pages', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('token_hash').notNullable().unique();
    /** Of what the browser holds that opened it first; null until one does. */
    t.text('browser_hash');
    /** How often the session had connected when the page was made: once more, and the page has done its work. */
    t.integer('connects_before').notNullable();
    t.text('locale');
    t.text('redirect_url');
    /** JSON: origins. */
    t.text('frame_ancestors').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('expires_at').notNullable();
    t.index(['session_id', 'id']);
    t.index(['tenant_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('link_pages');
}
