import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('messages', (t) => {
    /** The order of acceptance: sends leave a session in this order. */
    t.bigIncrements('ordinal');
    t.text('id').notNullable().unique();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('direction').notNullable();
    t.text('type').notNullable();
    t.text('status').notNullable();
    t.text('chat_id').notNullable();
    /** WhatsApp's id: of an inbound message as it came, of an outbound one reserved before it is handed over. */
    t.text('engine_id');
    /** What the message says, as JSON; its shape depends on `type`. */
    t.text('content').notNullable();
    /** What happened to it since, as JSON: edits, reactions, votes, when it was deleted. */
    t.text('aftermath');
    /** JSON list of `{status, at, error?}`, oldest first. */
    t.text('history').notNullable();
    /** JSON `{code, message}`: why the last try did not send it. */
    t.text('error');
    t.text('reference');
    t.integer('priority').notNullable().defaultTo(0);
    t.integer('attempts').notNullable().defaultTo(0);
    /** One key, one message: `api:…` is a caller's Idempotency-Key, `bulk:…` one of a whole list with the place in it, `hub:…` the key of a flow's or webhook's own send. */
    t.text('idempotency_key');
    /** Hash of what was asked under the key; another one is a mistake of the caller. */
    t.text('fingerprint');
    t.bigInteger('send_at');
    t.bigInteger('expires_at');
    /** After a try that failed: the next one is not before this. */
    t.bigInteger('not_before');
    /** When the row itself needs its lane, at the head of it or not; see messages/status.ts. */
    t.bigInteger('wakes_at');
    /** When it was last handed over under pacing, and with what for the next one; see messages/pacing.ts. */
    t.bigInteger('paced_at');
    t.text('pace');
    /** When it was written, as the message says. */
    t.bigInteger('at').notNullable();
    t.bigInteger('created_at').notNullable();
    t.unique(['session_id', 'engine_id']);
    t.unique(['tenant_id', 'idempotency_key']);
    t.index(['session_id', 'ordinal']);
    t.index(['session_id', 'chat_id', 'ordinal']);
    // None of the tenant alone: SQLite would take it for the list of a session and walk through all the others.
  });
  // Each is small, or is walked from its end: what a send costs does not depend on how many wait.
  await sql.raw(`CREATE INDEX messages_queue ON messages (session_id, priority DESC, ordinal) WHERE status = 'queued'`);
  await sql.raw('CREATE INDEX messages_waking ON messages (session_id, wakes_at) WHERE wakes_at IS NOT NULL');
  await sql.raw(`CREATE INDEX messages_unknown ON messages (session_id) WHERE status = 'unknown'`);
  await sql.raw(`CREATE INDEX messages_held ON messages (session_id) WHERE not_before IS NOT NULL`);
  await sql.raw('CREATE INDEX messages_paced ON messages (session_id, paced_at) WHERE paced_at IS NOT NULL');
  await sql.raw('CREATE INDEX messages_paced_chat ON messages (session_id, chat_id, paced_at) WHERE paced_at IS NOT NULL');
  await sql.raw('CREATE INDEX messages_reference ON messages (session_id, reference, ordinal) WHERE reference IS NOT NULL');

  /** How far a message of a group has come with each of its people. */
  await sql.schema.createTable('message_receipts', (t) => {
    t.text('message_id').notNullable().references('messages.id').onDelete('CASCADE');
    t.text('participant').notNullable();
    t.text('status').notNullable();
    t.bigInteger('at').notNullable();
    t.primary(['message_id', 'participant']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('message_receipts');
  await sql.schema.dropTable('messages');
}
