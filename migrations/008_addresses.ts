import type { Knex } from 'knex';

/**
 * Both belong to the tenant: who is on WhatsApp, and which hidden number is whose, is the same for all its sessions. They
 * are not shared between tenants, for what was asked before tells whom somebody writes to.
 */
export async function up(sql: Knex): Promise<void> {
  /** What WhatsApp answered when it was asked about an address. */
  await sql.schema.createTable('addresses', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** As it was asked for. */
    t.text('address').notNullable();
    /** Under which one the account is written to; null: there is none. */
    t.text('chat_id');
    t.bigInteger('checked_at').notNullable();
    t.bigInteger('expires_at').notNullable();
    t.primary(['tenant_id', 'address']);
    t.index(['tenant_id', 'expires_at']);
  });
  /** Hidden number ↔ phone number, one to one; what was seen last stands. */
  await sql.schema.createTable('identities', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('lid').notNullable();
    t.text('phone').notNullable();
    /** When the two were first seen together. */
    t.bigInteger('seen_at').notNullable();
    t.primary(['tenant_id', 'lid']);
    t.unique(['tenant_id', 'phone']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('identities');
  await sql.schema.dropTable('addresses');
}
