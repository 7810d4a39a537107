import type { Knex } from 'knex';

/** What the linked account is, and what WhatsApp lets it do; see src/sessions/engine.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    /** `personal` or `business`; null until it is known. */
    t.text('account_kind');
    /** Until when it may begin no new chats; null where it may, or where that is over. */
    t.bigInteger('new_chats_until');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    t.dropColumns('account_kind', 'new_chats_until');
  });
}
