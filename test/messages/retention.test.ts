import test from 'ava';
import { newId } from '../../src/core/ids.ts';
import { RunRetention } from '../../src/flows/runtime/retention.ts';
import { MessageRetention } from '../../src/messages/retention/retention.ts';
import { seed } from '../flows/helpers.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { mediaLibrary } from '../helpers/media.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

const DAY = 24 * 3_600_000;

for (const dialect of await stores()) {
  test(`${dialect}: texts, runs and names go after the tenant's time, batch by batch; what waits and what others have stays`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const library = mediaLibrary(db, {} as never, runtime);
    t.teardown(library.dispose);
    const { media } = library;
    const [short, long] = [await seed(db), await seed(db, { name: 'other' })];
    const born = clock.now();
    const message = (of: typeof short, index: number, more: object = {}) => ({
      ...{ id: newId('msg', born), tenant_id: of.tenantId, session_id: of.id, chat_id: `${index}@c.us`, created_at: born, at: born },
      ...{ direction: 'inbound', type: 'text', status: 'received', content: '{"text":"words"}', history: '[]', ...more },
    });
    const run = (of: typeof short, more: object = {}) => ({
      ...{ id: newId('run', born), tenant_id: of.tenantId, session_id: of.id, chat_id: '1@c.us', flow: 'a', revision: 1, status: 'ended' },
      ...{ state: '{}', trace: '[]', started_at: born, updated_at: born, ...more },
    });
    await db.write(async ({ sql }) => {
      for (const owner of [short, long]) {
        for (let at = 0; at < 450; at += 50)
          await sql('messages').insert(Array.from({ length: 50 }, (_, index) => message(owner, at + index)));
        await sql('flow_runs').insert([
          run(owner),
          run(owner, { status: 'waiting', chat_id: '2@c.us' }),
          run(owner, { status: 'waiting', chat_id: '3@c.us', wakes_at: born + 900 * DAY }),
          run(owner, { updated_at: born + 6 * DAY }),
        ]);
        await sql('identities').insert([
          { tenant_id: owner.tenantId, lid: '1@lid', phone: '1', seen_at: born },
          { tenant_id: owner.tenantId, lid: '999@lid', phone: '999', seen_at: born },
        ]);
        await sql('addresses').insert({
          tenant_id: owner.tenantId,
          address: '5@c.us',
          chat_id: null,
          checked_at: born,
          expires_at: born + 1,
        });
      }
      const scheduled = message(short, 999, { direction: 'outbound', status: 'scheduled' });
      await sql('messages').insert([scheduled, message(short, 888, { created_at: born + 6 * DAY })]);
      await sql('message_receipts').insert({ message_id: scheduled.id, participant: 'x', status: 'sent', at: born });
    });
    async function* keep() {
      yield { tenantId: short.tenantId, keep: { messages: 5 * DAY } };
      yield { tenantId: long.tenantId, keep: { messages: 50 * DAY } };
    }
    let pauses = 0;
    const pause = async (): Promise<void> => void pauses++;
    const prune = async (): Promise<void> => {
      await new MessageRetention(db, { media, runtime, keep }).prune(pause);
      await new RunRetention(db, keep, runtime).prune(pause);
    };
    const count = async (table: string, of: typeof short): Promise<number> =>
      Number((await db.sql(table).where({ tenant_id: of.tenantId }).count('* as n').first())?.n);
    await prune();
    t.is(await count('messages', short), 452, 'nothing is old');
    t.is(await count('addresses', short), 1);
    clock.advance(7 * DAY);
    await prune();
    t.is(await count('messages', short), 2, 'what waits, and what is young');
    t.is(await count('flow_runs', short), 2, 'what goes on by itself, and what moved of late');
    t.deepEqual(await db.sql('identities').where({ tenant_id: short.tenantId }).pluck('lid'), ['999@lid'], 'a message is to them yet');
    t.deepEqual([await count('messages', long), await count('flow_runs', long), await count('identities', long)], [450, 4, 2]);
    t.is(await count('addresses', long), 0, 'no answer holds any more');
    t.true(pauses >= 2, 'others could write meanwhile');
  });
}
