import type { Knex } from 'knex';

/** Which usernames led to a hidden number, so that what is kept of a person is found by either; see src/messages/addresses. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('addresses', (t) => {
    t.index(['tenant_id', 'chat_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('addresses', (t) => {
    t.dropIndex(['tenant_id', 'chat_id']);
  });
}
