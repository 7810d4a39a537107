import type { Knex } from 'knex';

/** What lets a browser answer one challenge of WhatsApp to the passkey of an account; see src/link-pages/passkey-tokens.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('passkey_tokens', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('token_hash').notNullable().unique();
    /** Of the challenge that it is for. */
    t.text('challenge_hash').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('expires_at').notNullable();
    t.index(['session_id', 'id']);
    t.index(['tenant_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('passkey_tokens');
}
