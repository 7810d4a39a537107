import type { Knex } from 'knex';

/** Sends keep their order within a chat, no longer within their session. See src/messages/lane/heads-store.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.alterTable('messages', (t) => {
    /** How often in a row WhatsApp has given the same answer, `error`. */
    t.integer('repeats').notNullable().defaultTo(0);
  });
  await sql.raw('DROP INDEX messages_queue');
  await sql.raw(`CREATE INDEX messages_queue ON messages (session_id, chat_id, priority DESC, ordinal) WHERE status = 'queued'`);
  await sql.raw(`CREATE INDEX messages_sending ON messages (session_id) WHERE status = 'sending'`);

  /** One row for each chat in which messages are queued: which of them leaves it next. */
  await sql.schema.createTable('send_heads', (t) => {
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    t.text('chat_id').notNullable();
    /** Of the message. */
    t.integer('priority').notNullable();
    t.bigInteger('ordinal').notNullable();
    /** The cause of its own that it waits for; empty while it is free to leave. */
    t.text('waits').notNullable().defaultTo('');
    /** When it is free again by itself. */
    t.bigInteger('due_at');
    t.primary(['session_id', 'chat_id']);
  });
  await sql.raw('CREATE INDEX send_heads_order ON send_heads (session_id, waits, priority DESC, ordinal)');
  await sql.raw('CREATE INDEX send_heads_due ON send_heads (session_id, due_at) WHERE due_at IS NOT NULL');
  await sql.raw(
    `INSERT INTO send_heads (session_id, chat_id, priority, ordinal, waits, due_at)
     SELECT session_id, chat_id, priority, ordinal, CASE WHEN not_before IS NULL THEN '' ELSE 'retry' END, not_before
     FROM (SELECT m.*, row_number() OVER (PARTITION BY session_id, chat_id ORDER BY priority DESC, ordinal) AS place
           FROM messages m WHERE status = 'queued') AS placed WHERE place = 1`,
  );

  /** A session whose sends go badly, from the first of them until one is sent. */
  await sql.schema.createTable('send_holds', (t) => {
    t.text('session_id').primary().references('whatsapp_instances.id').onDelete('CASCADE');
    /** What all of its messages wait for, and until when; empty while nothing holds all of them. */
    t.text('waits').notNullable();
    t.bigInteger('until');
    /** How often in a row it was held for this. */
    t.integer('times').notNullable();
    /** 1 when the tenant was told. */
    t.integer('told').notNullable();
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('send_holds');
  await sql.schema.dropTable('send_heads');
  await sql.raw('DROP INDEX messages_sending');
  await sql.raw('DROP INDEX messages_queue');
  await sql.raw(`CREATE INDEX messages_queue ON messages (session_id, priority DESC, ordinal) WHERE status = 'queued'`);
  await sql.schema.alterTable('messages', (t) => t.dropColumn('repeats'));
}
