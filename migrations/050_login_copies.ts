import type { Knex } from 'knex';

/** Sealed copies of logins, where they lie in the database (`sessions.profiles: database`); see src/sessions/login/copy-table-store.ts. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('login_copies', (t) => {
    t.text('session_id').notNullable().references('whatsapp_instances.id').onDelete('CASCADE');
    /** Its time, and later than that of the copy before. */
    t.bigInteger('copied_at').notNullable();
    /** The owner of the session that made it; 0 on a hub that has its database to itself. */
    t.bigInteger('generation').notNullable();
    /** Of the key that it is sealed with. */
    t.text('key_id').notNullable();
    /** Bytes of all pieces. Null while it is being written, or removed. 0: from then on there was no login any more. */
    t.bigInteger('size');
    t.primary(['session_id', 'copied_at']);
  });
  await sql.schema.createTable('login_copy_pieces', (t) => {
    t.text('session_id').notNullable();
    t.bigInteger('copied_at').notNullable();
    t.integer('number').notNullable();
    t.binary('bytes').notNullable();
    t.primary(['session_id', 'copied_at', 'number']);
    t.foreign(['session_id', 'copied_at']).references(['session_id', 'copied_at']).inTable('login_copies').onDelete('CASCADE');
  });
  // What is sealed cannot be compressed: Postgres need not try.
  if (sql.client.config.client === 'pg') await sql.raw('ALTER TABLE login_copy_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL');
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('login_copy_pieces');
  await sql.schema.dropTable('login_copies');
}
