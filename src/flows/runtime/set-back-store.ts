import type { Database } from '../../db/open.ts';
import { type SetBack, setBackInstants } from '../../db/set-back.ts';
import type { RunState } from '../turn/state.ts';
import { LATE } from './schedules.ts';

/** Runs that wait for a while, and chats that are a person's for one. */
export async function setBackFlows(db: Database, back: SetBack): Promise<void> {
  const { now, by, since } = back;
  const waiting = { table: 'flow_runs', key: 'id', order: ['session_id', 'chat_id'], column: 'wakes_at', where: `status = 'waiting'` };
  const before = `(updated_at < ${since} OR updated_at > ${now})`;
  await setBackInstants(db, { ...waiting, where: `${waiting.where} AND ${before}` }, back, async ({ sql }, ids) => {
    const runs: { id: string; state: string; dueAt: number }[] = await sql('flow_runs')
      .whereIn('id', ids)
      .whereNotNull('wakes_at')
      .select({ id: 'id', state: 'state', dueAt: 'wakes_at' });
    for (const { id, state, dueAt } of runs) {
      const { wait, ...rest }: RunState = JSON.parse(state);
      if (wait)
        await sql('flow_runs')
          .where({ id })
          .update({ state: JSON.stringify({ ...rest, wait: { ...wait, dueAt } }) });
    }
  });
  await db.write(async ({ sql }) => {
    const ahead = sql('flow_handoffs').where('until', '>', now);
    // So far ahead it was never that time.
    await sql('flow_schedules')
      .where('looked_at', '>', now + LATE)
      .update({ looked_at: now });
    await ahead.update({ until: sql.raw('?? - ?', ['until', by]), since: sql.raw('?? - ?', ['since', by]) });
  });
}
