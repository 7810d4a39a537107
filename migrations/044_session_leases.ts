import type { Knex } from 'knex';

/** Which node of a cluster runs a session; see src/cluster/session-owners.ts. On a hub that has its database to itself this stays empty. */
export async function up(sql: Knex): Promise<void> {
  await sql.schema.createTable('session_leases', (t) => {
    t.text('session_id').primary().references('whatsapp_instances.id').onDelete('CASCADE');
    /** Null: nobody runs it. Of a node that is gone nobody does either. */
    t.text('node_id').references('nodes.id').onDelete('SET NULL').index();
    /** Moves with each owner. What an owner writes of the session counts only while it stands here. */
    t.bigInteger('generation').notNullable();
    /** The node that its owner is asked to hand it over to. */
    t.text('wanted_by');
  });
  await sql.schema.alterTable('node_beats', (t) => {
    /** Bytes of memory that the node could still give to sessions; null: it takes none. */
    t.bigInteger('room_bytes');
  });
}

export async function down(sql: Knex): Promise<void> {
  await sql.schema.alterTable('node_beats', (t) => {
    t.dropColumn('room_bytes');
  });
  await sql.schema.dropTable('session_leases');
}
