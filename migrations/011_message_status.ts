import type { Knex } from 'knex';

/** For the list of what did not simply leave: few rows among many, which must not be looked for among all. See src/messages/message/store.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.raw(
    `CREATE INDEX messages_rare ON messages (session_id, status, ordinal) WHERE status IN ('scheduled', 'failed', 'expired', 'canceled', 'unknown')`,
  );
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX messages_rare');
}
