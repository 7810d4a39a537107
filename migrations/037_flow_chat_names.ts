import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_chats', (t) => {
    /** JSON list: other names of the chat under which was looked already. One that is told anew may bring what flows keep under it. */
    t.text('names').notNullable().defaultTo('[]');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('flow_chats', (t) => t.dropColumns('names'));
}
