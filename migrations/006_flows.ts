import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('flows', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('name').notNullable();
    /** The number of the revision that new runs begin on. */
    t.integer('revision').notNullable();
    /** `file` or `api`: neither writes over the other's flows. */
    t.text('origin').notNullable();
    /** What errors call the text: `flows/booking.yml`. */
    t.text('path').notNullable();
    t.bigInteger('created_at').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.primary(['tenant_id', 'name']);
  });
  /** Kept when the flow is removed: runs go on, and are explained, on the revision they began on. */
  await sql.schema.createTable('flow_revisions', (t) => {
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('flow').notNullable();
    t.integer('revision').notNullable();
    t.text('source').notNullable();
    /** SHA-256 of `source`, in hex. */
    t.text('digest').notNullable();
    t.bigInteger('created_at').notNullable();
    t.primary(['tenant_id', 'flow', 'revision']);
  });
  await sql.schema.createTable('flow_runs', (t) => {
    t.text('id').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    t.text('flow').notNullable();
    t.integer('revision').notNullable();
    /** `waiting`, `ended` or `failed`. */
    t.text('status').notNullable();
    /** JSON: where it waits and what was answered. */
    t.text('state').notNullable();
    /** JSON list of turns, oldest first: inbound id, steps, outbound ids. */
    t.text('trace').notNullable();
    /** JSON `{code, message}` of a run that failed. */
    t.text('error');
    t.bigInteger('started_at').notNullable();
    t.bigInteger('updated_at').notNullable();
    t.index(['tenant_id', 'id']);
  });
  await sql.raw(`CREATE UNIQUE INDEX flow_runs_one_waiting ON flow_runs (session_id, chat_id) WHERE status = 'waiting'`);
  /** Inbound messages whose turn has not been taken; the ledger's position is their order. */
  await sql.schema.createTable('flow_inbox', (t) => {
    t.bigInteger('position').primary();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    /** JSON: what the turn needs of the message. */
    t.text('message').notNullable();
    t.index(['session_id', 'chat_id', 'position']);
  });
  /** What the flows know of a chat beyond its runs. */
  await sql.schema.createTable('flow_chats', (t) => {
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    /** The ledger's position of the last turn: what is not behind it was answered before. */
    t.bigInteger('position').notNullable();
    t.primary(['session_id', 'chat_id']);
  });
  /** Chats that a person has taken over. */
  await sql.schema.createTable('flow_handoffs', (t) => {
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    t.text('tenant_id').notNullable().references('tenants.id').onDelete('CASCADE');
    t.bigInteger('since').notNullable();
    /** Null until somebody resumes. */
    t.bigInteger('until');
    t.text('by').notNullable();
    t.primary(['session_id', 'chat_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('flow_handoffs');
  await sql.schema.dropTable('flow_chats');
  await sql.schema.dropTable('flow_inbox');
  await sql.schema.dropTable('flow_runs');
  await sql.schema.dropTable('flow_revisions');
  await sql.schema.dropTable('flows');
}
