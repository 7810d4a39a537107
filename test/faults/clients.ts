/** What the tests of faults share: clients that do not give up, and who looks at what is left. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import knex from 'knex';
import type { Answer, Call } from '../helpers/hub.ts';

export type Row = Answer['json'];

/** How often something is done: `npm run faults` does it in full, `npm test` a few times. */
export const rounds = (full: number, few: number): number => (process.env.HOOKLINE_TEST_FAULTS === 'full' ? full : few);

/** A client that does what the README tells it: try again, with the same key, until it has an answer. */
export async function insist(call: Call, ...request: Parameters<Call>): Promise<Answer> {
  for (;;) {
    const answer = await call(...request).catch(() => undefined);
    if (answer && answer.status < 500 && answer.status !== 409) return answer;
    await wait(200);
  }
}

export async function everyPage(call: Call, path: string): Promise<Row[]> {
  const rows = [];
  for (let cursor = ''; ; ) {
    const { json } = await call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor}`);
    rows.push(...json.data);
    if (!json.nextCursor) return rows;
    cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`;
  }
}

/** The SQLite database of a hub that has ended is whole. */
export async function isWhole(t: ExecutionContext, directory: string): Promise<void> {
  const sql = knex({ client: 'sqlite3', connection: { filename: join(directory, 'data', 'hookline.sqlite') }, useNullAsDefault: true });
  try {
    t.deepEqual(await sql.raw('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
    t.deepEqual(await sql.raw('PRAGMA foreign_key_check'), []);
  } finally {
    await sql.destroy();
  }
}
