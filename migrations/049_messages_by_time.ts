import type { Knex } from 'knex';

export async function up(sql: Knex): Promise<void> {
  // All that is counted by the hour or day; new rows come at its end.
  await sql.raw('CREATE INDEX messages_by_time ON messages (session_id, created_at, direction)');
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX messages_by_time');
}
