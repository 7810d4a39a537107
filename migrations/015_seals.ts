import type { Knex } from 'knex';

/** Seals of the first form told nothing of where they belong. Whoever holds the key next seals them anew, once. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('seals', (t) => {
    /** One row: 1 while something may be sealed in the first form, 0 from then on, when none is opened any more. */
    t.integer('without_place').notNullable();
  });
  await sql('seals').insert({ without_place: 1 });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('seals');
}
