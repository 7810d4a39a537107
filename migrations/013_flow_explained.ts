import type { Knex } from 'knex';

/** What explains later why a message started a flow, or none. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_chats', (t) => {
    /** The message by which the flows came to know the chat; null where it was none, and of chats that they knew before. */
    t.text('first_message');
    /** JSON list of [message id, why]: the last messages that no flow was asked about. */
    t.text('passed').notNullable().defaultTo('[]');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_chats', (t) => t.dropColumns('first_message', 'passed'));
}
