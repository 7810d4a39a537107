import type { Knex } from 'knex';

/** What was answered to requests with an Idempotency-Key that make something; see src/first-answers. Sends keep their key themselves. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('first_answers', (t) => {
    /** Whose key it is: a tenant's id; empty for the operator's own. */
    t.text('owner').notNullable();
    t.text('key').notNullable();
    t.text('tenant_id').references('tenants.id').onDelete('CASCADE');
    /** Of what was asked. */
    t.text('fingerprint').notNullable();
    /** Sealed: it may show a secret. Null until it is given. */
    t.text('answer');
    t.bigInteger('created_at').notNullable();
    t.primary(['owner', 'key']);
    t.index(['created_at']);
    t.index(['tenant_id']);
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.dropTable('first_answers');
}
