import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('media', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** Null for an upload that no message has taken up. */
    t.text('session_id').references('whatsapp_instances.id').onDelete('CASCADE');
    /** Written in the same transaction as the message, before or after it. */
    t.text('message_id');
    t.text('direction').notNullable();
    t.text('status').notNullable();
    /** Of the bytes, in hex: names the file on disk, which is there and whole before the row is `ready`. */
    t.text('sha256');
    t.bigInteger('size');
    t.text('mimetype').notNullable();
    t.text('filename');
    /** Where the bytes of a send are to be fetched from. */
    t.text('url');
    t.integer('attempts').notNullable().defaultTo(0);
    /** When the next try to fetch the bytes of a received message is due; null for whatever is not to be fetched. */
    t.bigInteger('due_at');
    /** JSON `{code, message}`: why the bytes are not here. */
    t.text('error');
    t.bigInteger('created_at').notNullable();
    t.index(['tenant_id', 'sha256', 'size']);
    t.index(['tenant_id', 'created_at']);
    t.index(['message_id']);
  });
  await sql.raw('CREATE INDEX media_due ON media (session_id, due_at) WHERE due_at IS NOT NULL');
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('media');
}
