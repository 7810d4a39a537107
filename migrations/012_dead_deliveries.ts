import type { Knex } from 'knex';

/** Those that were given up are counted without walking through all that was delivered. */
export async function up(sql: Knex): Promise<void> {
  await sql.raw(`CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id) WHERE status = 'dead'`);
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX webhook_deliveries_dead');
}
