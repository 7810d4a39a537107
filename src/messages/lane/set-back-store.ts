import type { Knex } from 'knex';
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { type SetBack, setBackInstants } from '../../db/set-back.ts';
import type { Tx } from '../../db/tx.ts';
import type { Pace } from './pacing.ts';

interface Paced {
  id: string;
  pacedAt: Milliseconds;
  pace: string;
}

/** Sessions that are looked through together. */
const AT_ONCE = 20;

/** Sends that wait for another try or for WhatsApp's word, and files of received messages. Not a time that somebody asked for. */
export async function setBackMessages(db: Database, back: SetBack): Promise<void> {
  await setBackInstants(db, { table: 'media', key: 'id', order: ['session_id', 'due_at', 'id'], column: 'due_at' }, back);
  await inEachSession(db, async ({ sql }, id) => {
    const { by, now } = back;
    await rowsOf(
      sql,
      'UPDATE messages SET not_before = not_before - ? WHERE session_id = ? AND not_before IS NOT NULL AND not_before > ?',
      [by, id, now],
    );
    await rowsOf(
      sql,
      `UPDATE messages SET wakes_at = wakes_at - ? WHERE session_id = ? AND wakes_at IS NOT NULL AND wakes_at > ?
       AND status IN ('sending', 'unknown', 'sent')`,
      [by, id, now],
    );
    await rowsOf(sql, 'UPDATE send_heads SET due_at = due_at - ? WHERE session_id = ? AND due_at IS NOT NULL AND due_at > ?', [
      by,
      id,
      now,
    ]);
    await rowsOf(sql, 'UPDATE send_holds SET until = until - ? WHERE session_id = ? AND until IS NOT NULL AND until > ?', [by, id, now]);
    await setBackPaces(sql, id, back);
  });
}

/** The pace at which the session sends. The order in which its messages left stays: the next one goes by the last. */
async function setBackPaces(sql: Knex, id: SessionId, { now, by }: SetBack): Promise<void> {
  const paced = 'FROM messages WHERE session_id = ? AND paced_at IS NOT NULL AND paced_at';
  const ahead = await rowsOf<Paced>(sql, `SELECT id, paced_at AS "pacedAt", pace ${paced} > ? ORDER BY paced_at`, [id, now]);
  if (ahead.length === 0) return;
  const [before] = await rowsOf<{ last: Milliseconds | null }>(sql, `SELECT max(paced_at) AS last ${paced} <= ?`, [id, now]);
  let last = before?.last ?? 0;
  for (const row of ahead) {
    last = Math.max(row.pacedAt - by, last + 1);
    const pace = JSON.stringify(earlier(JSON.parse(row.pace), by, last));
    await rowsOf(sql, 'UPDATE messages SET paced_at = ?, pace = ? WHERE id = ?', [last, pace, row.id]);
  }
}

const earlier = ({ bucket, chatBucket, gap, warmUp }: Pace, by: Milliseconds, at: Milliseconds): Pace => ({
  at,
  bucket: bucket - by,
  chatBucket: chatBucket - by,
  gap: gap - by,
  warmUp: warmUp && { ...warmUp, since: warmUp.since - by },
});

async function inEachSession(db: Database, work: (tx: Tx, id: SessionId) => Promise<void>): Promise<void> {
  let after = '';
  for (;;) {
    const page: { id: SessionId; tenantId: TenantId }[] = await db
      .sql('whatsapp_instances')
      .where('id', '>', after)
      .orderBy('id')
      .limit(AT_ONCE)
      .select({ id: 'id', tenantId: 'tenant_id' });
    const last = page.at(-1);
    if (!last) return;
    after = last.id;
    await Promise.all(page.map(({ id, tenantId }) => db.write((tx) => work(tx, id), { for: tenantId })));
  }
}
