import type { Knex } from 'knex';

/** How a session has fared; see src/sessions/supervision/record.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    /** From the launch (or the scan) to the connection, the last time (ms). */
    t.bigInteger('connect_ms');
    /** Connected in all, without the present connection (ms). */
    t.bigInteger('up_ms').notNullable().defaultTo(0);
    /** JSON: how often the engine had to start again, by cause. */
    t.text('restarts').notNullable().defaultTo('{}');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('whatsapp_instances', (t) => {
    t.dropColumns('connect_ms', 'up_ms', 'restarts');
  });
}
