/** What the black-box tests of the contract share: a hub of their own, and what a tenant's developer does with it. */
import type { ExecutionContext, TestFn } from 'ava';
import { type Answer, type Call, type Hub, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

export const CHAT = '5511988887777';
export const TEXT = { to: CHAT, type: 'text', text: 'hello' };
export type Row = Answer['json'];

/** A hub for all tests of a file. Whatever they send, nothing may come as a surprise to it. */
export function hubOf(test: TestFn, env: Record<string, string> = {}): () => Hub {
  let hub: Hub;
  test.before(async () => {
    hub = await startHub({ env });
  });
  test.after.always(async (t) => {
    await hub.dispose();
    t.notRegex(hub.output(), /did not foresee/);
  });
  return () => hub;
}

export async function becomes(call: Call, path: string, status: string): Promise<Row> {
  return until(
    async () => {
      const { json } = await call('GET', path);
      return json.status === status && json;
    },
    { what: `${path} to be ${status}`, within: 15_000 },
  );
}

export const eventsOf = async (call: Call, query = ''): Promise<Row[]> => (await call('GET', `/api/events?limit=1000${query}`)).json.data;

/** Everything that a list holds, page by page. */
export async function walk(call: Call, path: string, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor = ''; ; ) {
    const { status, json } = await call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`);
    if (status !== 200) throw new Error(`${path} gave ${status}: ${JSON.stringify(json)}`);
    if (json.data.length > limit) throw new Error(`${path} gave ${json.data.length} for a limit of ${limit}`);
    rows.push(...json.data);
    if (json.nextCursor === null) return rows;
    cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`;
  }
}

export async function receiver(t: ExecutionContext, ...[answer]: Parameters<typeof startReceiver>) {
  const started = await startReceiver(answer);
  t.teardown(() => started.close());
  return started;
}
