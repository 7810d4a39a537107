import type { Knex } from 'knex';

/** The third part of `true|false_<chat>_<id>[_<author>]`, by which clients of other products name a message. SQLite knows no `split_part`. */
function keyOf(dialect: string): string {
  if (dialect === 'pg') return "split_part(engine_id, '_', 3)";
  const behind = (text: string): string => `substr(${text}, instr(${text}, '_') + 1)`;
  const rest = behind(behind('engine_id'));
  return `substr(${rest}, 1, instr(${rest} || '_', '_') - 1)`;
}

export async function up(sql: Knex): Promise<void> {
  await sql.raw(`CREATE INDEX messages_by_key ON messages (session_id, (${keyOf(sql.client.config.client)}))`);
}

export async function down(sql: Knex): Promise<void> {
  await sql.raw('DROP INDEX messages_by_key');
}
