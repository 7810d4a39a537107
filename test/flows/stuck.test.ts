/** A turn that fails whenever it is taken, at nobody knows what, does not hold its chat for ever. */
import test from 'ava';
import { WhyNoReply } from '../../src/flows/runtime/why-no-reply.ts';
import { toChatId } from '../../src/messages/recipients.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { addressesOf, flowOf, Hall, seed, testLibrary } from './helpers.ts';

for (const dialect of await stores()) {
  test(`${dialect}: such a turn costs the chat its run, or else the message, and what comes after it is answered`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    const clock = new FakeClock();
    const hall = await Hall.open(db, { clock });
    t.teardown(async () => {
      await hall.stop();
      await dispose();
    });
    const session = await seed(db);
    await hall.flows.put(session.tenantId, 'asks', flowOf('- ask: who?\n  save: who\n- say: broken', { name: 'asks', says: '[ask]' }));
    await hall.flows.put(session.tenantId, 'breaks', flowOf('- say: broken', { name: 'breaks', says: '[break]' }));
    await hall.flows.put(session.tenantId, 'works', flowOf('- say: fine', { name: 'works', says: '[work]' }));
    hall.outbox.refusals.set('broken', new TypeError('boom'));
    const later = async (): Promise<void> => {
      for (let tries = 0; tries < 4; tries++) {
        clock.advance(60_000);
        await hall.settle();
      }
    };

    await hall.receive(session, 'ask');
    await hall.receive(session, 'Ana');
    await later();
    const [failed] = await hall.events(session.tenantId, 'flow.failed');
    t.is(failed?.data.error.code, 'turn-failed');
    t.notRegex(failed?.data.error.message, /boom/);

    const passed = await hall.receive(session, 'break');
    await hall.receive(session, 'work');
    await later();
    t.deepEqual(await hall.texts(), ['who?', 'fine']);
    const explanations = new WhyNoReply(db, {
      ...{ messages: { get: async () => passed }, library: testLibrary() },
      ...{ addresses: addressesOf(hall.addressBook), log: hall.runtime.log },
    });
    const { notes } = await explanations.explain(session, [toChatId('5511999990000')], passed.id);
    t.true(
      notes.some((note) => note.includes('The hub failed at this turn')),
      notes.join(),
    );
    const said = hall.runtime.log.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line));
    t.true(said.some((line) => line.includes('boom')));
  });

  test(`${dialect}: one that fails twice is taken`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    const clock = new FakeClock();
    const hall = await Hall.open(db, { clock });
    t.teardown(async () => {
      await hall.stop();
      await dispose();
    });
    const session = await seed(db);
    await hall.flows.put(session.tenantId, 'test', flowOf('- say: broken'));
    hall.outbox.refusals.set('broken', new TypeError('boom'));
    await hall.receive(session, 'hi');
    hall.outbox.refusals.clear();
    clock.advance(60_000);
    await hall.settle();
    t.deepEqual(await hall.texts(), ['broken']);
  });
}
