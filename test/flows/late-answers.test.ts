/** An answer to a request counts for the run, the request and the try that it was asked for, and for nothing else. */
import test from 'ava';
import { stores, testDatabase } from '../helpers/database.ts';
import { flowOf, Hall, seed } from './helpers.ts';

for (const dialect of await stores()) {
  for (const what of ['run', 'request', 'attempt'] as const) {
    test(`${dialect}: an answer to another ${what} is not taken, and it is asked again`, async (t) => {
      const { db, dispose } = await testDatabase(dialect);
      const hall = await Hall.open(db);
      t.teardown(async () => {
        await hall.stop();
        await dispose();
      });
      const session = await seed(db);
      const source = flowOf('- http: GET https://example.org/plan\n  save: found\n- say: "{{ found.plan }}"\n');
      await hall.flows.put(session.tenantId, 'test', source);
      let asked = 0;
      hall.wayOut = {
        request: async () => {
          if (++asked > 1) return { status: 200, headers: {}, body: Buffer.from('{"plan":"new"}') };
          // Meanwhile the chat has come to wait for something else.
          await db.write(async ({ sql }) => {
            const { id, state } = await sql('flow_runs').first('id', 'state');
            const { wait, ...rest } = JSON.parse(state);
            if (what === 'run')
              await sql('flow_runs')
                .where({ id })
                .update({ id: `${id.slice(0, -4)}zzzz` });
            else {
              const other = { ...rest, wait: { ...wait, [what]: wait[what] + 1 } };
              await sql('flow_runs')
                .where({ id })
                .update({ state: JSON.stringify(other) });
            }
          });
          return { status: 200, headers: {}, body: Buffer.from('{"plan":"old"}') };
        },
      };
      await hall.receive(session, 'hi');
      t.is(asked, 2);
      t.deepEqual(await hall.texts(), ['new']);
    });
  }
}
