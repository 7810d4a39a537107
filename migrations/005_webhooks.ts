import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('webhook_endpoints', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('url').notNullable();
    t.text('description').notNullable();
    /** JSON lists: patterns of event types; ids or names of sessions, empty for all. */
    t.text('events').notNullable();
    t.text('sessions').notNullable();
    t.text('ordering').notNullable();
    /** JSON: name to a text, or to `{sealed}` for a secret one. */
    t.text('headers').notNullable();
    /** JSON list of `{sealed, expiresAt}`, newest first: all that have not expired sign. */
    t.text('secrets').notNullable();
    t.integer('rate_limit');
    /** JSON list of seconds; null for the hub's own schedule. */
    t.text('schedule');
    t.integer('timeout_seconds');
    /** JSON list of `v1` and `v1a`: what it is signed with. */
    t.text('signatures').notNullable();
    /** JSON list of `{sealed, publicKey, expiresAt}`, as `secrets`; empty without `v1a`. */
    t.text('signing_keys').notNullable();
    /** The first failure since the last success. */
    t.bigInteger('failing_since');
    /** What was owed before is owed its full time again from here: it was enabled, or got another URL. */
    t.bigInteger('resumed_at');
    /** Nothing is sent before: the endpoint answered with Retry-After. */
    t.bigInteger('paused_until');
    t.bigInteger('disabled_at');
    t.text('disabled_reason');
    t.bigInteger('created_at').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.index(['tenant_id', 'id']);
  });
  await sql.schema.createTable('webhook_deliveries', (t) => {
    t.bigIncrements('ordinal');
    t.text('id').notNullable().unique();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('endpoint_id').notNullable().references('webhook_endpoints.id').onDelete('CASCADE');
    /** The order of a lane is that of the ledger. The body is made from the event, so a delivery goes with its event. */
    t.bigInteger('event_position').notNullable().references('events.position').onDelete('CASCADE');
    /** Compared byte by byte on either store, so that all lanes of an endpoint are one range of the index. */
    t.specificType('lane', sql.client.config.client === 'pg' ? 'text COLLATE "C"' : 'text').notNullable();
    t.text('status').notNullable();
    t.integer('attempts').notNullable().defaultTo(0);
    /** Failures in a row since it was last started afresh: how far the schedule of retries has come. */
    t.integer('failures').notNullable().defaultTo(0);
    /** When the next try may be made; null for whatever is not pending. */
    t.bigInteger('due_at');
    /** A try that fails after this is the last one. */
    t.bigInteger('expires_at').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('finished_at');
    t.unique(['event_position', 'endpoint_id']);
    t.index(['endpoint_id', 'ordinal']);
  });
  // Only what is pending: the head of a lane is found at once, however much was delivered before or waits behind.
  await sql.raw('CREATE INDEX webhook_deliveries_head ON webhook_deliveries (lane, event_position) WHERE due_at IS NOT NULL');
  await sql.raw('CREATE INDEX webhook_deliveries_retry ON webhook_deliveries (lane, due_at) WHERE due_at IS NOT NULL AND failures > 0');
  await sql.schema.createTable('webhook_attempts', (t) => {
    t.bigInteger('delivery').notNullable().references('webhook_deliveries.ordinal').onDelete('CASCADE');
    t.integer('number').notNullable();
    /** Said again, so that what an endpoint answered of late is found without its deliveries. */
    t.text('endpoint_id').notNullable();
    t.bigInteger('started_at').notNullable();
    t.integer('latency').notNullable();
    t.integer('status');
    t.text('error_class');
    t.text('error');
    t.text('response_headers');
    t.text('response_body');
    /** JSON list: what became of the actions in the answer; null when it asked for none. */
    t.text('actions');
    t.primary(['delivery', 'number']);
    t.index(['endpoint_id', 'started_at']);
  });
  await sql.schema.createTable('webhook_replays', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('endpoint_id').notNullable().references('webhook_endpoints.id').onDelete('CASCADE');
    /** As it was asked for; `types` is a JSON list of patterns. */
    t.bigInteger('since').notNullable();
    t.bigInteger('until').notNullable();
    t.text('types').notNullable();
    t.text('selection').notNullable();
    /** How far in the ledger it has come, and how far it goes. */
    t.bigInteger('position').notNullable();
    t.bigInteger('last_position').notNullable();
    t.integer('total').notNullable();
    t.integer('seen').notNullable().defaultTo(0);
    t.integer('queued').notNullable().defaultTo(0);
    t.bigInteger('created_at').notNullable();
    t.bigInteger('finished_at');
    t.index(['endpoint_id', 'id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('webhook_replays');
  await sql.schema.dropTable('webhook_attempts');
  await sql.schema.dropTable('webhook_deliveries');
  await sql.schema.dropTable('webhook_endpoints');
}
