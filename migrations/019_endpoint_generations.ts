import type { Knex } from 'knex';

/** What a try comes to is booked on its endpoint and its delivery only as they were when it began; see src/webhooks/delivery/dispatcher.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('webhook_endpoints', (t) => {
    /** Raised by whatever lets it begin anew (another URL, other headers, enabled) and by what ends it. */
    t.integer('generation').notNullable().defaultTo(0);
    /** The last failure that was booked: what lies long before it says nothing of now. */
    t.bigInteger('failed_at');
  });
  await sql.schema.alterTable('webhook_deliveries', (t) => {
    /** How often it was started afresh by a retry or a replay. */
    t.integer('restarts').notNullable().defaultTo(0);
  });
  // 0: due without a time. What was never tried waits for no clock.
  await sql('webhook_deliveries').whereNotNull('due_at').where({ failures: 0 }).update({ due_at: 0 });
  // What an endpoint that is up again is tried with first; few rows, only those that have failed.
  await sql.raw(
    'CREATE INDEX webhook_deliveries_backed_off ON webhook_deliveries (endpoint_id, ordinal) WHERE due_at IS NOT NULL AND failures > 0',
  );
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX webhook_deliveries_backed_off');
  // Not by knex, which on SQLite makes the table anew, and takes with the old one all that refers to it.
  await sql.raw('ALTER TABLE webhook_deliveries DROP COLUMN restarts');
  for (const column of ['generation', 'failed_at']) await sql.raw(`ALTER TABLE webhook_endpoints DROP COLUMN ${column}`);
}
